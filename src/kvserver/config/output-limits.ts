import { type Directive, readMemory } from './directive.ts';

/** Bytes of replies that a client may leave unread; 0 stands for no limit. */
export interface OutputLimit {
  readonly hard: number;
  /** May be exceeded for `seconds` without a break. */
  readonly soft: number;
  readonly seconds: number;
}

const CLASSES = ['normal', 'replica', 'pubsub'] as const;
export type ClientClass = (typeof CLASSES)[number];
export type OutputLimits = Readonly<Record<ClientClass, OutputLimit>>;

const MB = 1024 ** 2;
const INITIAL: OutputLimits = {
  // Other servers set no limit here; one client that never reads must not take all the memory.
  normal: { hard: 256 * MB, soft: 0, seconds: 0 },
  replica: { hard: 256 * MB, soft: 64 * MB, seconds: 60 },
  pubsub: { hard: 32 * MB, soft: 8 * MB, seconds: 60 },
};

/** "normal 256mb 0 0 pubsub 32mb 8mb 60": a class that is not named keeps its limits. */
export function outputLimits(): Directive<OutputLimits> {
  return {
    initial: INITIAL,
    mutable: true,
    many: true,
    read(given) {
      const words = given.flatMap((word) => word.split(/\s+/)).filter((word) => word !== '');
      if (words.length === 0 || words.length % 4 !== 0)
        return { reason: 'Wrong number of arguments in buffer limit configuration.' };
      const limits: Partial<Record<ClientClass, OutputLimit>> = {};
      for (let i = 0; i < words.length; i += 4) {
        const name = words[i]!.toLowerCase().replace(/^slave$/, 'replica');
        const known = CLASSES.find((one) => one === name);
        const [hard, soft] = [readMemory(words[i + 1]!), readMemory(words[i + 2]!)];
        if (!known) return { reason: 'Invalid client class specified in buffer limit configuration.' };
        if (hard === undefined || soft === undefined || !/^\d{1,10}$/.test(words[i + 3]!)) {
          return { reason: 'Error in hard, soft or soft_seconds setting in buffer limit configuration.' };
        }
        limits[known] = { hard, soft, seconds: Number(words[i + 3]) };
      }
      // The other classes come from the value in force; see `merge`.
      return { value: limits as OutputLimits };
    },
    merge: (before, given) => ({ ...before, ...given }),
    print: (value) =>
      CLASSES.map((name) => {
        const { hard, soft, seconds } = value[name];
        return `${name === 'replica' ? 'slave' : name} ${hard} ${soft} ${seconds}`;
      }).join(' '),
  };
}

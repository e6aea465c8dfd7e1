import type { PubSub } from './pubsub.ts';

/** Classes of events, by the letter that stands for them in the directive notify-keyspace-events. */
const CLASS = {
  g: 1,
  $: 2,
  l: 4,
  s: 8,
  h: 16,
  z: 32,
  x: 64,
  e: 128,
  t: 256,
  d: 512,
  n: 1024,
  m: 2048,
} as const;
type ClassLetter = keyof typeof CLASS;
/** What "A" stands for: all but new keys and misses, which are many. */
const ALL = 'g$lshzxetd';
/** Channels named for the key (K) and for the event (E). */
const KEYSPACE = 4096;
const KEYEVENT = 8192;

/** Every event there is, with its class. */
const EVENTS = {
  append: '$',
  copy_to: 'g',
  del: 'g',
  evicted: 'e',
  expire: 'g',
  expired: 'x',
  hdel: 'h',
  hincrby: 'h',
  hincrbyfloat: 'h',
  hset: 'h',
  incrby: '$',
  incrbyfloat: '$',
  keymiss: 'm',
  linsert: 'l',
  lpop: 'l',
  lpush: 'l',
  lrem: 'l',
  lset: 'l',
  ltrim: 'l',
  move_from: 'g',
  move_to: 'g',
  new: 'n',
  persist: 'g',
  rename_from: 'g',
  rename_to: 'g',
  restore: 'g',
  rpop: 'l',
  rpush: 'l',
  sadd: 's',
  sdiffstore: 's',
  set: '$',
  setbit: '$',
  setrange: '$',
  sinterstore: 's',
  sortstore: 'l',
  spop: 's',
  srem: 's',
  sunionstore: 's',
  zadd: 'z',
  zdiffstore: 'z',
  zincr: 'z',
  zinterstore: 'z',
  zpopmax: 'z',
  zpopmin: 'z',
  zrangestore: 'z',
  zrem: 'z',
  zremrangebylex: 'z',
  zremrangebyrank: 'z',
  zremrangebyscore: 'z',
  zunionstore: 'z',
} as const satisfies Readonly<Record<string, ClassLetter>>;
export type KeyEvent = keyof typeof EVENTS;

const BITS = new Map<string, number>(Object.entries(EVENTS).map(([event, letter]) => [event, CLASS[letter]]));

/** The flags behind "KEA" and the like, one letter a class. @returns undefined for a letter that means nothing */
export function readClasses(letters: string): number | undefined {
  let flags = 0;
  for (const letter of letters) {
    if (letter === 'A') for (const one of ALL) flags |= CLASS[one as ClassLetter];
    else if (letter === 'K') flags |= KEYSPACE;
    else if (letter === 'E') flags |= KEYEVENT;
    else if (Object.hasOwn(CLASS, letter)) flags |= CLASS[letter as ClassLetter];
    else return undefined;
  }
  return flags;
}

/** The other way round, in the order in which CONFIG GET shows them. */
export function printClasses(flags: number): string {
  const has = (letter: string) => (flags & CLASS[letter as ClassLetter]) !== 0;
  const all = [...ALL].every(has);
  const named = all ? 'A' : [...ALL].filter(has).join('');
  return `${named}${has('n') ? 'n' : ''}${flags & KEYSPACE ? 'K' : ''}${flags & KEYEVENT ? 'E' : ''}${has('m') ? 'm' : ''}`;
}

/**
 * Tells subscribers what happens to keys: `__keyspace@<db>__:<key>` gets the event, `__keyevent@<db>__:<event>`
 * the key. Off unless the directive notify-keyspace-events names classes and at least one kind of channel.
 * Source: the documentation of keyspace notifications.
 */
export class Notifications {
  private readonly pubsub: PubSub;
  private flags = 0;
  /** Costs the change of a key one test while it is off. */
  active = false;

  constructor(pubsub: PubSub) {
    this.pubsub = pubsub;
  }

  /** @param flags as `readClasses` gives them */
  configure(flags: number): void {
    this.flags = flags;
    this.active = (flags & (KEYSPACE | KEYEVENT)) !== 0;
  }

  send(event: KeyEvent, key: string, dbId: number): void {
    if ((this.flags & BITS.get(event)!) === 0) return;
    if (this.flags & KEYSPACE) this.pubsub.publish(`__keyspace@${dbId}__:${key}`, event);
    if (this.flags & KEYEVENT) this.pubsub.publish(`__keyevent@${dbId}__:${event}`, key);
  }
}

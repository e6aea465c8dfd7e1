/** Numbers from 0 up to but not including 1, the same ones for the same seed (mulberry32, public domain). */
export function randomOf(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

/** What a client knows while it is at work. */
export interface Knowledge {
  readonly random: () => number;
  readonly names: Map<string, unknown>;
}

const HOLE = /\{(?:(any|text) (\d+)|(\w+))\}/g;
/** A word that is one list, to be spread: "{...page}". */
const SPREAD = /^\{\.\.\.(\w+)\}$/;

/** Fills the holes of a command's words. @throws Error for a name that no step has kept */
export function fillWords(words: readonly string[], knowledge: Knowledge): string[] {
  return words.flatMap((word) => {
    const list = SPREAD.exec(word)?.[1];
    if (list === undefined) return [fillWord(word, knowledge)];
    const value = knowledge.names.get(list);
    return Array.isArray(value) ? value.map(String) : [];
  });
}

export function fillWord(word: string, { random, names }: Knowledge): string {
  if (!word.includes('{')) return word;
  return word.replace(HOLE, (_, what: string | undefined, number: string, name: string) => {
    if (what === 'any') return String(Math.floor(random() * Number(number)));
    if (what === 'text') return textOf(Number(number), random);
    if (!names.has(name)) throw new Error(`"{${name}}" is not known; no step has kept it`);
    return String(names.get(name) ?? '');
  });
}

/** Text that does not compress to nothing, cheaply: one random word over and over. */
function textOf(bytes: number, random: () => number): string {
  const word = Math.floor(random() * 2 ** 48).toString(36);
  return word.repeat(Math.ceil(bytes / word.length)).slice(0, bytes);
}

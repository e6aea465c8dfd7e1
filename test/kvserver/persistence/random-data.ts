/** Numbers that look random and are the same for the same seed (mulberry32). @returns 0 ≤ x < 1 */
export function randomNumbers(seed: number): () => number {
  let state = seed | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

export type Request = readonly string[];

/** Sizes around the limits between encodings, the empty and the long. */
const LENGTHS = [0, 1, 2, 11, 12, 20, 21, 63, 64, 65, 127, 128, 300, 5000];
const COUNTS = [1, 2, 5, 127, 128, 129, 511, 513];
const EDGES = [
  '0',
  '-1',
  '127',
  '128',
  '-128',
  '-129',
  '32767',
  '32768',
  '-32769',
  '2147483647',
  '2147483648',
];
const MORE_EDGES = [
  '-2147483649',
  '9223372036854775807',
  '-9223372036854775808',
  '9223372036854775808',
  '007',
  '-0',
];
const SCORES = [
  '0',
  '-1',
  '1.5',
  'inf',
  '-inf',
  '1e300',
  '-2.5e-7',
  '3.0000000000000004',
  '9007199254740993',
];

/**
 * Commands that make `count` keys of every type, in several databases, some with an expiry a year from now.
 * @param first keys are numbered from here on
 */
export function* randomKeys(seed: number, count: number, first = 0): Generator<Request> {
  const random = randomNumbers(seed);
  const pick = <T>(from: readonly T[]): T => from[Math.floor(random() * from.length)]!;
  const int = (below: number) => Math.floor(random() * below);
  const integer = () =>
    random() < 0.5 ? pick(EDGES) : random() < 0.3 ? pick(MORE_EDGES) : String(int(2 ** 32) - 2 ** 31);
  const bytes = (length: number) => String.fromCharCode(...Array.from({ length }, () => int(256)));
  const repeated = (length: number) =>
    'abc def '
      .slice(0, 1 + int(8))
      .repeat(length)
      .slice(0, length);
  const text = () => {
    const kind = random();
    if (kind < 0.35) return integer();
    return kind < 0.7 ? bytes(pick(LENGTHS)) : repeated(pick(LENGTHS));
  };
  // Mostly small collections: the large ones would take most of the time.
  const size = () => (random() < 0.9 ? 1 + int(12) : pick(COUNTS));
  const short = () => (random() < 0.4 ? integer() : bytes(int(40)));
  const many = (make: () => string[]) => Array.from({ length: size() }, make).flat();
  const makers: readonly ((key: string) => string[])[] = [
    (key) => ['SET', key, text()],
    (key) => ['RPUSH', key, ...many(() => [random() < 0.02 ? repeated(9000) : short()])],
    (key) => ['SADD', key, ...many(() => [short()])],
    (key) => ['SADD', key, ...many(() => [String(int(2 ** pick([8, 15, 31, 40])))])],
    (key) => ['HSET', key, ...many(() => [short(), text()])],
    (key) => ['ZADD', key, ...many(() => [random() < 0.4 ? pick(SCORES) : String(random() * 1000), short()])],
  ];
  const inAYear = Date.now() + 365 * 86_400_000;
  let db = -1;
  for (let i = 0; i < count; i++) {
    if (i % Math.ceil(count / 3) === 0) {
      db = [0, 3, 15][Math.floor((i * 3) / count)] ?? 0;
      yield ['SELECT', String(db)];
    }
    const key = `${random() < 0.1 ? bytes(int(30)) : 'key:'}${first + i}`;
    yield makers[i % makers.length]!(key);
    if (random() < 0.2) yield ['PEXPIREAT', key, String(inAYear + int(1e9))];
  }
}

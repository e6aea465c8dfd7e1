/** Deterministic chance: a linear congruential generator, the constants of Numerical Recipes. */
export class Chance {
  private state: number;

  constructor(seed: number) {
    this.state = seed >>> 0;
    // Neighbouring seeds begin alike.
    for (let warm = 0; warm < 4; warm++) this.below(2);
  }

  /** A whole number from 0 to limit - 1. */
  below(limit: number): number {
    this.state = (Math.imul(this.state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((this.state / 2 ** 32) * limit);
  }

  pick<T>(from: readonly T[]): T {
    return from[this.below(from.length)]!;
  }
}

type Mutation = (bytes: Buffer, chance: Chance, others: readonly Buffer[]) => Buffer;

const NUMBERS = [
  '0',
  '-1',
  '00',
  '1e309',
  '4294967296',
  '9'.repeat(20),
  '9'.repeat(400),
  '0x',
  'NaN',
  '1,5',
  '',
];
const ODD = [
  '\0',
  '\x1b[31m',
  '\x07',
  '\r',
  '\r\n',
  '\u2028',
  '\ufeff',
  '\x7f',
  '\xff',
  '"',
  '\\',
  '<',
  ')',
  ' = ',
];

/** What happens to saved output: it is cut, pasted together, damaged, or is of another tool. */
const MUTATIONS: readonly Mutation[] = [
  function cutEnd(bytes, chance) {
    return bytes.subarray(0, chance.below(bytes.length + 1));
  },
  function cutBeginning(bytes, chance) {
    return bytes.subarray(chance.below(bytes.length + 1));
  },
  function removePart(bytes, chance) {
    const [from, to] = span(bytes, chance);
    return Buffer.concat([bytes.subarray(0, from), bytes.subarray(to)]);
  },
  function repeatPart(bytes, chance) {
    const [from, to] = span(bytes, chance);
    const part = bytes.subarray(from, to);
    const times = 1 + chance.below(part.length < 100 ? 500 : 3);
    return Buffer.concat([bytes.subarray(0, to), ...Array<Buffer>(times).fill(part), bytes.subarray(to)]);
  },
  function flipBits(bytes, chance) {
    const flipped = Buffer.from(bytes);
    for (let times = 1 + chance.below(8); times > 0 && flipped.length > 0; times--) {
      flipped[chance.below(flipped.length)]! ^= 1 << chance.below(8);
    }
    return flipped;
  },
  function insertOdd(bytes, chance) {
    const at = chance.below(bytes.length + 1);
    const odd = Buffer.from(chance.pick(ODD).repeat(1 + chance.below(3)), 'latin1');
    return Buffer.concat([bytes.subarray(0, at), odd, bytes.subarray(at)]);
  },
  function swapLines(bytes, chance) {
    const lines = bytes.toString('latin1').split('\n');
    const [a, b] = [chance.below(lines.length), chance.below(lines.length)];
    [lines[a], lines[b]] = [lines[b]!, lines[a]!];
    return Buffer.from(lines.join('\n'), 'latin1');
  },
  function dropLines(bytes, chance) {
    const one = 2 + chance.below(6);
    const lines = bytes.toString('latin1').split('\n');
    return Buffer.from(lines.filter(() => chance.below(one) > 0).join('\n'), 'latin1');
  },
  function joinLines(bytes, chance) {
    const one = 2 + chance.below(10);
    return Buffer.from(
      bytes.toString('latin1').replaceAll('\n', () => (chance.below(one) > 0 ? '\n' : ' ')),
      'latin1',
    );
  },
  function strangeNumber(bytes, chance) {
    const text = bytes.toString('latin1');
    const numbers = [...text.matchAll(/\d+/g)];
    if (numbers.length === 0) return bytes;
    const { index, 0: digits } = chance.pick(numbers);
    return Buffer.from(
      `${text.slice(0, index)}${chance.pick(NUMBERS)}${text.slice(index + digits.length)}`,
      'latin1',
    );
  },
  function splice(bytes, chance, others) {
    const other = chance.pick(others);
    const [from, to] = span(other, chance);
    const at = chance.below(bytes.length + 1);
    return Buffer.concat([bytes.subarray(0, at), other.subarray(from, to), bytes.subarray(at)]);
  },
  function anotherTool(_bytes, chance, others) {
    return chance.pick(others);
  },
  function longLine(bytes, chance) {
    const at = chance.below(bytes.length + 1);
    const letter = chance.pick([' ', 'a', '(', '"', '\\', '9', '[', '<']);
    return Buffer.concat([
      bytes.subarray(0, at),
      Buffer.alloc(1 + chance.below(100_000), letter),
      bytes.subarray(at),
    ]);
  },
];

/** Damages the bytes one to three times. @param others outputs of other tools */
export function mutate(bytes: Buffer, chance: Chance, others: readonly Buffer[]): Buffer {
  let mutated = bytes;
  for (let times = 1 + chance.below(3); times > 0; times--)
    mutated = chance.pick(MUTATIONS)(mutated, chance, others);
  return mutated.subarray(0, MAX_BYTES);
}

const MAX_BYTES = 1024 * 1024;

function span(bytes: Buffer, chance: Chance): [from: number, to: number] {
  const from = chance.below(bytes.length + 1);
  return [from, from + chance.below(bytes.length - from + 1)];
}

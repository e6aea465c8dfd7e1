import { CommandError } from '../command-error.ts';
import { array, bulk, integer, map } from '../resp/reply.ts';
import { typeOf } from '../store/values.ts';
import { integerArg } from './arguments.ts';
import type { CommandSpec } from './spec.ts';

/** Bytes of one cell of the table of lengths. */
const CELL = 4;

/** A run of equal bytes in both strings; places are inclusive. */
interface Match {
  readonly a: readonly [number, number];
  readonly b: readonly [number, number];
  readonly length: number;
}

/**
 * The longest common subsequence by the table of lengths of all prefixes, and the way back through it.
 * O(N × M) time and memory. Source: Wagner and Fischer, The String-to-String Correction Problem, 1974.
 * @returns the subsequence, and its runs from the last to the first
 */
function longestCommonSubsequence(a: string, b: string): { text: string; matches: Match[] } {
  const width = b.length + 1;
  const lengths = new Uint32Array((a.length + 1) * width);
  for (let i = 1; i <= a.length; i++) {
    for (let j = 1; j <= b.length; j++) {
      const at = i * width + j;
      lengths[at] =
        a.charCodeAt(i - 1) === b.charCodeAt(j - 1)
          ? lengths[at - width - 1]! + 1
          : Math.max(lengths[at - width]!, lengths[at - 1]!);
    }
  }
  const bytes: string[] = [];
  const matches: Match[] = [];
  let run = 0;
  let i = a.length;
  let j = b.length;
  const endRun = () => {
    if (run > 0) matches.push({ a: [i, i + run - 1], b: [j, j + run - 1], length: run });
    run = 0;
  };
  while (i > 0 && j > 0) {
    if (a[i - 1] === b[j - 1]) {
      i--;
      j--;
      run++;
      bytes.push(a[i]!);
    } else {
      endRun();
      if (lengths[(i - 1) * width + j]! > lengths[i * width + j - 1]!) i--;
      else j--;
    }
  }
  endRun();
  return { text: bytes.reverse().join(''), matches };
}

function encodeMatch(match: Match, withLength: boolean): string {
  const ranges = [match.a, match.b].map(([from, to]) => array([integer(from), integer(to)]));
  return array(withLength ? [...ranges, integer(match.length)] : ranges);
}

const lcs: CommandSpec = {
  name: 'lcs',
  arity: -3,
  flags: ['readonly'],
  keys: { first: 1, last: 2, step: 1 },
  group: 'string',
  since: '7.0.0',
  summary: 'Finds the longest common subsequence of two strings.',
  complexity: 'O(N × M), the lengths of the strings',
  run({ db, resp, server }, args) {
    const [a = '', b = ''] = [args[1]!, args[2]!].map((key) => {
      const value = db.read(key);
      if (value !== undefined && typeOf(value) !== 'string') {
        throw new CommandError('ERR The specified keys must contain string values');
      }
      return value as string | undefined;
    });
    let onlyLength = false;
    let indexes = false;
    let withLength = false;
    let shortest = 0;
    for (let i = 3; i < args.length; i++) {
      const word = args[i]!.toLowerCase();
      if (word === 'idx') indexes = true;
      else if (word === 'len') onlyLength = true;
      else if (word === 'withmatchlen') withLength = true;
      else if (word === 'minmatchlen' && i + 1 < args.length) shortest = integerArg(args[++i]!);
      else throw CommandError.syntax();
    }
    if (indexes && onlyLength) {
      throw new CommandError('ERR If you want both the length and indexes, please just use IDX.');
    }
    if ((a.length + 1) * (b.length + 1) * CELL > server.config.values['proto-max-bulk-len']) {
      throw new CommandError('ERR Insufficient memory, transient memory for LCS exceeds proto-max-bulk-len');
    }
    const { text, matches } = longestCommonSubsequence(a, b);
    if (onlyLength) return integer(text.length);
    if (!indexes) return bulk(text);
    const shown = matches.filter((match) => match.length >= shortest);
    return map(resp, [
      bulk('matches'),
      array(shown.map((match) => encodeMatch(match, withLength))),
      bulk('len'),
      integer(text.length),
    ]);
  },
};

/** Cost: `complexity` of each. Source: the command reference of Redis 7, page LCS. */
export const LCS_COMMANDS: readonly CommandSpec[] = [lcs];

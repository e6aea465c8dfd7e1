import type { BlockCount } from './strace-tally.ts';

/**
 * Which blocks of a long log are read in detail. An even sample shows what the process usually does; blocks that stand
 * out show what it does for a while only: where syncs took longest, where other work did, and where a thread was
 * silent longest between two calls, busy with itself. The choice depends on nothing but the log.
 */

/** A block that was chosen, and a copy of its lines, or of the first of them. */
export interface Stretch extends BlockCount {
  readonly index: number;
  readonly bytes: Buffer;
}

/** As many blocks make the even sample at most, each with its first bytes: rebuilding all calls takes most of the time. */
const EVEN = 4;
const EVEN_BYTES = 128 * 1024;
const WORST = ['syncUs', 'workUs', 'silenceUs'] as const;
/** A block stands out by so many times the mean. A lesser one would only bend the shares of the even sample. */
const STANDS_OUT = 4;

export class StretchSampler {
  private even: Stretch[] = [];
  private step = 1;
  private readonly worst = new Map<(typeof WORST)[number], Stretch>();
  private readonly sums = { syncUs: 0, workUs: 0, silenceUs: 0 };
  private index = 0;

  /** Called for each block in order. @param lines of the block @returns whether the block was chosen, its lines copied */
  offer(block: BlockCount, lines: Buffer): boolean {
    const index = this.index++;
    if (block.calls === 0) return false;
    const isEven = index % this.step === 0;
    if (isEven) {
      this.even.push(firstOf({ ...block, index, bytes: lines }));
      if (this.even.length > EVEN) {
        this.step *= 2;
        this.even = this.even.filter((each) => each.index % this.step === 0);
      }
    }
    let stretch: Stretch | undefined;
    for (const measure of WORST) {
      this.sums[measure] += block[measure];
      if (block[measure] <= (this.worst.get(measure)?.[measure] ?? 0)) continue;
      stretch ??= { ...block, index, bytes: Buffer.from(lines) };
      this.worst.set(measure, stretch);
    }
    return isEven || stretch !== undefined;
  }

  /** The chosen blocks in the order of the log. */
  chosen(): Stretch[] {
    const outstanding = [...this.worst].filter(
      ([measure, stretch]) => stretch[measure] * this.index >= STANDS_OUT * this.sums[measure],
    );
    const all = [...this.even, ...outstanding.map(([, stretch]) => stretch)];
    const unique = new Map(all.map((stretch) => [stretch.index, stretch]));
    return [...unique.values()].sort((a, b) => a.index - b.index);
  }
}

/** A copy of the first lines of a stretch, EVEN_BYTES at most; of the first line, if that is longer. */
function firstOf(stretch: Stretch): Stretch {
  const { bytes } = stretch;
  if (bytes.length <= EVEN_BYTES) return { ...stretch, bytes: Buffer.from(bytes) };
  const last = bytes.lastIndexOf(LINE_FEED, EVEN_BYTES - 1);
  const end = last < 0 ? bytes.indexOf(LINE_FEED, EVEN_BYTES) : last;
  let lines = 0;
  for (let at = -1; at < end; at = bytes.indexOf(LINE_FEED, at + 1)) lines++;
  return { ...stretch, lines, bytes: Buffer.from(bytes.subarray(0, end + 1)) };
}

const LINE_FEED = 10;

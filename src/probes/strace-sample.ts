import type { BlockCount } from './strace-tally.ts';

/**
 * Which blocks of a long log are read in detail. An even sample shows what the process usually does; blocks that stand
 * out show what it does for a while only: where syncs took longest, where other work did, and where a thread was
 * silent longest between two calls, busy with itself. The choice depends on nothing but the log.
 */

/** A block that was chosen, and a copy of its lines. */
export interface Stretch extends BlockCount {
  readonly index: number;
  readonly bytes: Buffer;
}

/** As many blocks make the even sample at most. */
const EVEN = 4;
const WORST = ['syncUs', 'workUs', 'silenceUs'] as const;
/** A block stands out by so many times the mean. A lesser one would only bend the shares of the even sample. */
const STANDS_OUT = 4;

export class StretchSampler {
  private even: Stretch[] = [];
  private step = 1;
  private readonly worst = new Map<(typeof WORST)[number], Stretch>();
  private readonly sums = { syncUs: 0, workUs: 0, silenceUs: 0 };
  private index = 0;

  /** Called for each block in order. @param copy makes a copy of its lines */
  offer(block: BlockCount, copy: () => Buffer): void {
    const index = this.index++;
    if (block.calls === 0) return;
    let stretch: Stretch | undefined;
    const chosen = () => {
      stretch ??= { ...block, index, bytes: copy() };
      return stretch;
    };
    if (index % this.step === 0) {
      this.even.push(chosen());
      if (this.even.length > EVEN) {
        this.step *= 2;
        this.even = this.even.filter((each) => each.index % this.step === 0);
      }
    }
    for (const measure of WORST) {
      this.sums[measure] += block[measure];
      if (block[measure] > (this.worst.get(measure)?.[measure] ?? 0)) this.worst.set(measure, chosen());
    }
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

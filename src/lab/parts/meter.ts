import type { PartNews } from '../../core/lab-part.ts';

/** How often a part tells what it did. */
const NEWS_MS = 100;
/** Turns that are told one by one in each line; more would cost more than they say. */
const SAMPLES = 50;

/** Milliseconds of CLOCK_MONOTONIC, which is the same for every process of the machine. */
export function machineMs(): number {
  return Number(process.hrtime.bigint()) / 1e6;
}

/** Counts turns, and tells of them now and then. */
export class Meter {
  private turns = 0;
  private errors = 0;
  private error: string | undefined;
  private samples: (readonly [number, number, number])[] = [];
  private readonly timer: NodeJS.Timeout;

  constructor(private readonly tell: (news: PartNews) => void) {
    this.timer = setInterval(() => this.flush(), NEWS_MS);
  }

  turn(startMs: number, tookMs: number, commands: number): void {
    this.turns++;
    if (this.samples.length < SAMPLES) this.samples.push([round(startMs), round(tookMs), commands]);
  }

  failed(error: unknown): void {
    this.errors++;
    this.error = error instanceof Error ? error.message : String(error);
  }

  end(): void {
    clearInterval(this.timer);
    this.flush();
  }

  private flush(): void {
    const { turns, errors, error, samples } = this;
    if (turns === 0 && errors === 0) return;
    this.tell({ turns, errors, ...(error === undefined ? {} : { error }), samples });
    this.turns = 0;
    this.errors = 0;
    this.error = undefined;
    this.samples = [];
  }
}

const round = (ms: number): number => Math.round(ms * 1000) / 1000;

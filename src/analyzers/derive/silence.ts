import type { RespValue } from './resp-reader.ts';

const MODES = ['ON', 'OFF', 'SKIP'] as const;

/** What a client said with CLIENT REPLY: which commands are not answered. Source: the command reference of Redis. */
export class Silence {
  private left = 0;

  /** Whether this command, the next on its connection, is not answered. */
  covers(name: string, args: readonly RespValue[]): boolean {
    const [what, how] = args;
    // Whether it was CLIENT REPLY cannot be told of a request that was cut.
    if (name === 'CLIENT' && (!what || what.cut)) return true;
    if (name === 'CLIENT' && what?.text?.toUpperCase() === 'REPLY') {
      if (!how) return true;
      // Their lengths differ, so that one of which only the beginning was seen is known too.
      const mode = how.cut ? MODES.find(({ length }) => length === how.length) : how.text?.toUpperCase();
      if (mode === 'ON') this.left = 0;
      else if (mode === 'OFF') this.left = Number.POSITIVE_INFINITY;
      // It and the next.
      else if (mode === 'SKIP') this.left = Math.max(this.left, 2);
    }
    if (this.left <= 0) return false;
    this.left--;
    return true;
  }

  /** Requests were not seen: the one that SKIP spoke of was among them. */
  lose(): void {
    if (Number.isFinite(this.left)) this.left = 0;
  }
}

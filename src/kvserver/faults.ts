import type { Server } from './server.ts';

/** Where Atomics.wait waits: nobody ever wakes it, so it sleeps without burning the CPU. */
const NOBODY = new Int32Array(new SharedArrayBuffer(4));

/** Lets the whole process wait, as a slow command does. @param ms may have a fraction */
export function sleepNow(ms: number): void {
  if (ms > 0) Atomics.wait(NOBODY, 0, 0, ms);
}

/**
 * Misconfigurations on demand, for lessons: each is a directive, off at the start, and shows in INFO faults.
 *
 * - `fault-slow-command "get 50"`: this command takes so many milliseconds longer, and everybody waits.
 * - `fault-rewrite-interval 500`: the append-only file is rewritten again and again, so many milliseconds apart.
 * - `fault-mass-expiry 30`: whatever expiry a key is given is put off to the next full so many seconds, so that
 *   keys expire together.
 * - `fault-output-buffer 4kb`: a client that leaves more replies unread is cut off.
 */
export class Faults {
  /** Full name of the command and the milliseconds it takes longer. */
  slowCommand: { readonly name: string; readonly ms: number } | undefined;
  /** Milliseconds; 0 for none, as of the following. */
  rewriteInterval = 0;
  expiryGridMs = 0;
  /** Bytes. */
  outputBuffer = 0;
  private lastRewrite = 0;
  private readonly server: Server;

  constructor(server: Server) {
    this.server = server;
    this.configure();
  }

  /** After a directive has changed. */
  configure(): void {
    const { values } = this.server.config;
    const [name, ms] = values['fault-slow-command'];
    this.slowCommand = name === undefined ? undefined : { name: name.toLowerCase(), ms: Number(ms) };
    this.rewriteInterval = values['fault-rewrite-interval'];
    this.expiryGridMs = values['fault-mass-expiry'] * 1000;
    this.outputBuffer = values['fault-output-buffer'];
  }

  /** The moment at which a key really expires. @param atMs epoch milliseconds */
  expiryMoment(atMs: number): number {
    const grid = this.expiryGridMs;
    return grid === 0 ? atMs : Math.ceil(atMs / grid) * grid;
  }

  /** Called by the background work. @returns true when a rewrite is due */
  rewriteDue(): boolean {
    if (this.rewriteInterval === 0) return false;
    const now = this.server.clock.monotonic();
    if (now - this.lastRewrite < this.rewriteInterval) return false;
    this.lastRewrite = now;
    return true;
  }

  /** How many are on. */
  get active(): number {
    const { slowCommand, rewriteInterval, expiryGridMs, outputBuffer } = this;
    return [slowCommand, rewriteInterval, expiryGridMs, outputBuffer].filter(Boolean).length;
  }
}

/** The words of `fault-slow-command`: none, or a command and milliseconds. @returns why they are not */
export function checkSlowCommand(words: readonly string[]): string | undefined {
  const fits = words.length === 0 || (words.length === 2 && /^\d{1,6}(\.\d+)?$/.test(words[1]!));
  return fits ? undefined : 'argument must be a command and milliseconds, as in "get 50"';
}

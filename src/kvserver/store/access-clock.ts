/** What the counter of a new key begins with, so that it is not the first to go. */
const INITIAL_FREQUENCY = 5;
const MAX_FREQUENCY = 255;
const MINUTES = 0xffff;

/**
 * When, or how often, a key was used: one number beside each key. Under the LRU policies and without a limit it
 * is the second of the last use; under LFU 16 bits of minutes and an 8-bit counter that grows with the logarithm
 * of the uses and shrinks with time.
 * Source: the documentation of key eviction, "the new LFU mode".
 */
export class AccessClock {
  /** True under an LFU policy. */
  lfu = false;
  /** Epoch seconds. */
  seconds = 0;
  /** The directive lfu-log-factor: the higher, the more uses it takes to raise a counter. */
  logFactor = 10;
  /** The directive lfu-decay-time: minutes after which a counter loses one; 0 never. */
  decayMinutes = 1;

  /** The stamp of a key that has just been made. */
  first(): number {
    return this.lfu ? this.pack(INITIAL_FREQUENCY) : this.seconds;
  }

  /** The stamp after a use. */
  used(stamp: number): number {
    return this.lfu ? this.pack(this.raised(this.frequency(stamp))) : this.seconds;
  }

  idleSeconds(stamp: number): number {
    return Math.max(0, this.seconds - stamp);
  }

  /** The counter of a stamp, with what time has taken from it. 0 … 255. */
  frequency(stamp: number): number {
    const counter = stamp & MAX_FREQUENCY;
    if (this.decayMinutes === 0) return counter;
    const since = (this.minutes - (stamp >>> 8)) & MINUTES;
    return Math.max(0, counter - Math.floor(since / this.decayMinutes));
  }

  /** A stamp that says so, for a key that is restored. */
  withIdle(seconds: number): number {
    return Math.max(0, this.seconds - seconds);
  }
  withFrequency(frequency: number): number {
    return this.pack(frequency);
  }

  private get minutes(): number {
    return Math.floor(this.seconds / 60) & MINUTES;
  }

  private pack(counter: number): number {
    return (this.minutes << 8) | counter;
  }

  /** Raised by one with a probability that falls with the counter. */
  private raised(counter: number): number {
    if (counter >= MAX_FREQUENCY) return counter;
    const above = Math.max(0, counter - INITIAL_FREQUENCY);
    return Math.random() < 1 / (above * this.logFactor + 1) ? counter + 1 : counter;
  }
}

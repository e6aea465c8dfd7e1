/** The two clocks a server needs. Injected, so that tests can hold time still. */
export interface Clock {
  /** Epoch milliseconds. */
  now(): number;
  /** Milliseconds with a fraction, from some moment on, never going back. */
  monotonic(): number;
}

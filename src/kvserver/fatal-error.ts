/** The server cannot start or go on; the message is for a person. */
export class FatalError extends Error {
  override readonly name = 'FatalError';
  /** "usage": what was given is wrong (a port in use, a bad directive); "failure": anything else. */
  readonly kind: 'usage' | 'failure';
  constructor(message: string, kind: 'usage' | 'failure' = 'failure', options?: ErrorOptions) {
    super(message, options);
    this.kind = kind;
  }
}

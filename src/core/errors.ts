/** Exit codes that scripts rely on. */
export const EXIT = { ok: 0, failure: 1, usage: 2, found: 3, inconclusive: 4 } as const;
export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

/**
 * An error that a user is meant to read: one line that says what failed, on what, and what to try.
 * Everything else that is thrown is a defect of perfcase.
 */
export class UserError extends Error {
  override readonly name = 'UserError';
  readonly exitCode: ExitCode;
  constructor(message: string, exitCode: ExitCode = EXIT.usage, options?: ErrorOptions) {
    super(message, options);
    this.exitCode = exitCode;
  }
}

/** What is read is not in RDB format, or damaged, or holds what this server has not. */
export class RdbError extends Error {
  override readonly name = 'RdbError';
}

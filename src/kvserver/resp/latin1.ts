/**
 * Bytes as text, one character a byte. Node's own slice, without the checks of `toString` around it: it is called
 * for every argument.
 */
export function latin1(buffer: Buffer, start: number, end: number): string {
  return (buffer as Buffer & { latin1Slice(start: number, end: number): string }).latin1Slice(start, end);
}

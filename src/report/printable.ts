/**
 * Text without control characters: names of files and processes must not reach the terminal as commands to it, nor
 * turn around the direction in which a line is read.
 */
export function printable(text: string): string {
  return text.replace(/[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]/g, '·');
}

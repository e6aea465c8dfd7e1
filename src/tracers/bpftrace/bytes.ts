/**
 * What bpftrace's `buf` prints with %r: printable ASCII as it is, every other byte as \x0d. A backslash is printed as it
 * is too (until 0.23 at least), so the text "\x0d" may be one byte or four. How many bytes it stands for is known, which
 * tells them apart; where it does not, the bytes before the first doubt are given.
 *
 * @param text one character a byte (latin1)
 * @param length how many bytes were shown
 */
export function readBytes(text: string, length: number): Buffer {
  const plain = text.length === length ? bytesOf(text) : decode(text, isUnprintable);
  if (plain.length === length) return plain;
  const whole = decode(text, () => true);
  if (whole.length === length) return whole;
  const doubt = text.indexOf('\\x');
  return bytesOf(doubt < 0 ? text : text.slice(0, doubt)).subarray(0, length);
}

const ESCAPE = /\\x([0-9a-fA-F]{2})/g;

function decode(text: string, isEscaped: (code: number) => boolean): Buffer {
  if (!text.includes('\\x')) return bytesOf(text);
  return bytesOf(
    text.replace(ESCAPE, (written, digits: string) => {
      const code = Number.parseInt(digits, 16);
      return isEscaped(code) ? String.fromCharCode(code) : written;
    }),
  );
}

const isUnprintable = (code: number): boolean => code < 0x20 || code > 0x7e;
const bytesOf = (text: string): Buffer => Buffer.from(text, 'latin1');

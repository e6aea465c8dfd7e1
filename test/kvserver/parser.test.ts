import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { RequestParser } from '../../src/kvserver/resp/parser.ts';
import { encode } from './raw-client.ts';

const LIMITS = { maxBulkLength: 512 * 1024 ** 2, authenticated: true };
type Limits = Parameters<RequestParser['next']>[0];

/** Feeds pieces through one reused buffer, as a socket with a shared read buffer would. */
function parse(pieces: readonly Buffer[], limits: Limits = LIMITS): { requests: string[][]; error?: string } {
  const parser = new RequestParser();
  const shared = Buffer.alloc(Math.max(1, ...pieces.map((piece) => piece.length)));
  const requests: string[][] = [];
  try {
    for (const piece of pieces) {
      shared.fill(0x2a);
      piece.copy(shared);
      parser.feed(shared, piece.length);
      for (let next = parser.next(limits); next; next = parser.next(limits)) requests.push(next);
      parser.keep();
    }
  } catch (error) {
    return { requests, error: (error as Error).message };
  }
  return { requests };
}

const whole = (text: string) => [Buffer.from(text, 'latin1')];
const bytewise = (text: string) => [...Buffer.from(text, 'latin1')].map((byte) => Buffer.of(byte));

/** Cuts a text at the given places (taken modulo its length). */
function cut(text: string, places: readonly number[]): Buffer[] {
  const at = [...new Set(places.map((place) => place % (text.length + 1)))].sort((a, b) => a - b);
  return [0, ...at].map((from, i) => Buffer.from(text.slice(from, at[i] ?? text.length), 'latin1'));
}

const bytes = fc.string({
  unit: fc.integer({ min: 0, max: 255 }).map((c) => String.fromCharCode(c)),
  maxLength: 200,
});
const request = fc.array(bytes, { minLength: 1, maxLength: 12 });

describe('requests', () => {
  it('come out as they went in, whole, byte by byte and cut anywhere', () => {
    fc.assert(
      fc.property(
        fc.array(request, { maxLength: 6 }),
        fc.array(fc.nat(), { maxLength: 10 }),
        (sent, places) => {
          const text = sent.map(encode).join('');
          for (const pieces of [whole(text), bytewise(text), cut(text, places)]) {
            expect(parse(pieces)).toEqual({ requests: sent });
          }
        },
      ),
    );
  });

  it('are the same for any bytes at all, however they are cut, and the parser never hangs', () => {
    const noise = fc.string({
      unit: fc.constantFrom('*', '$', '1', '2', '-', '0', '\r', '\n', '"', "'", 'a', ' ', '\\', 'x'),
      maxLength: 60,
    });
    fc.assert(
      fc.property(noise, fc.array(fc.nat(), { maxLength: 6 }), (text, places) => {
        const expected = parse(whole(text));
        expect(parse(bytewise(text))).toEqual(expected);
        expect(parse(cut(text, places))).toEqual(expected);
      }),
      { numRuns: 1000 },
    );
  });

  it('that are large grow the buffer and survive', () => {
    const big = 'x'.repeat(3_000_000);
    const text = encode(['SET', 'k', big]) + encode(['GET', 'k']);
    const pieces: Buffer[] = [];
    for (let at = 0; at < text.length; at += 65_536)
      pieces.push(Buffer.from(text.slice(at, at + 65_536), 'latin1'));
    expect(parse(pieces).requests).toEqual([
      ['SET', 'k', big],
      ['GET', 'k'],
    ]);
  });

  it('without words are skipped', () => {
    expect(parse(whole('*0\r\n*-1\r\n\r\n   \r\nPING\r\n')).requests).toEqual([['PING']]);
  });
});

describe('inline commands', () => {
  it.each([
    ['PING\r\n', ['PING']],
    ['PING\n', ['PING']],
    ['  set   k  v \r\n', ['set', 'k', 'v']],
    ['set "a b" \'c d\'\r\n', ['set', 'a b', 'c d']],
    ['set k "\\x41\\n\\"\\\\"\r\n', ['set', 'k', 'A\n"\\']],
    ["set k 'it\\'s'\r\n", ['set', 'k', "it's"]],
    ['set k ""\r\n', ['set', 'k', '']],
  ])('%j', (text, words) => {
    expect(parse(whole(text)).requests).toEqual([words]);
    expect(parse(bytewise(text)).requests).toEqual([words]);
  });
});

describe('broken protocol', () => {
  it.each([
    ['*x\r\n', 'invalid multibulk length'],
    ['*99999999999\r\n', 'invalid multibulk length'],
    ['*+1\r\n', 'invalid multibulk length'],
    ['*1\r\n:3\r\n', "expected '$', got ':'"],
    ['*1\r\n$x\r\n', 'invalid bulk length'],
    ['*1\r\n$-1\r\n', 'invalid bulk length'],
    ['*1\r\n$536870913\r\n', 'invalid bulk length'],
    ['*1\r\n$010\r\n', 'invalid bulk length'],
    ['set "a\r\n', 'unbalanced quotes in request'],
    ['set "a"b\r\n', 'unbalanced quotes in request'],
    [`*${'1'.repeat(70_000)}`, 'too big mbulk count string'],
    [`*1\r\n$${'1'.repeat(70_000)}`, 'too big bulk count string'],
    ['a'.repeat(70_000), 'too big inline request'],
  ])('%#', (text, message) => {
    expect(parse(whole(text)).error).toBe(`Protocol error: ${message}`);
  });

  it('strangers may not send much', () => {
    const limits = { ...LIMITS, authenticated: false };
    expect(parse(whole('*11\r\n'), limits).error).toContain('unauthenticated multibulk length');
    expect(parse(whole('*1\r\n$16385\r\n'), limits).error).toContain('unauthenticated bulk length');
    expect(parse(whole('*10\r\n$16384\r\n'), limits)).toEqual({ requests: [] });
  });
});

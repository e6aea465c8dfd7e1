import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type NbdBackend, NbdSession } from '../../src/lab/nbd-session.ts';

const SIZE = 4096;
const REQUEST = { read: 0, write: 1, disconnect: 2, trim: 4 } as const;

function disk(): NbdBackend & { readonly data: Buffer } {
  const data = Buffer.alloc(SIZE);
  return {
    data,
    sizeBytes: SIZE,
    read: (offset, length) => Buffer.from(data.subarray(offset, offset + length)),
    write: (offset, bytes) => void bytes.copy(data, offset),
  };
}

function clientFlags(flags: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(flags);
  return bytes;
}

function option(number: number, data: Buffer = Buffer.alloc(0)): Buffer {
  const header = Buffer.alloc(16);
  header.write('IHAVEOPT');
  header.writeUInt32BE(number, 8);
  header.writeUInt32BE(data.length, 12);
  return Buffer.concat([header, data]);
}

/** NBD_OPT_GO for the export without a name, no information asked for. */
const GO = option(7, Buffer.alloc(6));
const COOKIE = Buffer.from('cookie!!');

function request(type: number, offset: number, length: number, data: Buffer = Buffer.alloc(0)): Buffer {
  const header = Buffer.alloc(28);
  header.writeUInt32BE(0x25609513, 0);
  header.writeUInt16BE(type, 6);
  COOKIE.copy(header, 8);
  header.writeBigUInt64BE(BigInt(offset), 16);
  header.writeUInt32BE(length, 24);
  return Buffer.concat([header, data]);
}

function reply(error = 0, data: Buffer = Buffer.alloc(0)): Buffer {
  const header = Buffer.alloc(16);
  header.writeUInt32BE(0x67446698, 0);
  header.writeUInt32BE(error, 4);
  COOKIE.copy(header, 8);
  return Buffer.concat([header, data]);
}

/** What the server answers to these messages, which come in pieces of the given length. */
function converse(messages: readonly Buffer[], piece = Number.POSITIVE_INFINITY, backend = disk()) {
  const sent: Buffer[] = [];
  const session = new NbdSession(backend, (bytes) => sent.push(bytes));
  const greeting = Buffer.concat(sent.splice(0));
  const bytes = Buffer.concat(messages);
  for (let at = 0; at < bytes.length; at += piece) session.push(bytes.subarray(at, at + piece));
  return { greeting, answer: Buffer.concat(sent), backend, session };
}

/** Everything up to the first request. */
const OPENING = converse([clientFlags(3), GO]).answer;

describe('an NBD session', () => {
  it('greets as a fixed newstyle server, and tells size and flags when asked to go', () => {
    const { greeting, answer } = converse([clientFlags(3), GO]);
    expect(greeting.toString('latin1')).toBe('NBDMAGICIHAVEOPT\0\x03');
    expect(answer.subarray(12, 16).readUInt32BE()).toBe(3);
    expect(answer.readBigUInt64BE(22)).toBe(BigInt(SIZE));
    expect(answer.readUInt16BE(30)).toBe(1);
    expect(answer.subarray(-8, -4).readUInt32BE()).toBe(1);
  });

  it.each([
    [3, 10],
    [1, 134],
  ])('answers an export name to a client with flags %i by %i bytes', (flags, length) => {
    const { answer } = converse([clientFlags(flags), option(1, Buffer.from('any'))]);
    expect(answer.length).toBe(length);
    expect(answer.readBigUInt64BE(0)).toBe(BigInt(SIZE));
  });

  it('says of options that it does not know that it does not, and goes on', () => {
    const { answer } = converse([clientFlags(3), option(8), GO]);
    expect(answer.readUInt32BE(12)).toBe(0x8000_0001);
    expect(answer.subarray(20)).toEqual(OPENING);
  });

  it('reads what was written, in pieces of any size', () => {
    fc.assert(
      fc.property(
        fc.nat(SIZE - 64),
        fc.uint8Array({ minLength: 1, maxLength: 64 }),
        fc.integer({ min: 1, max: 80 }),
        (offset, bytes, piece) => {
          const data = Buffer.from(bytes);
          const { answer } = converse(
            [
              ...[clientFlags(3), GO],
              request(REQUEST.write, offset, data.length, data),
              request(REQUEST.read, offset, data.length),
            ],
            piece,
          );
          expect(answer.subarray(OPENING.length)).toEqual(Buffer.concat([reply(), reply(0, data)]));
        },
      ),
    );
  });

  it.each([
    ['beyond its end', request(REQUEST.read, SIZE - 1, 2)],
    ['of a kind that was not offered', request(REQUEST.trim, 0, 16)],
  ])('refuses a request %s', (_what, message) => {
    const { answer } = converse([clientFlags(3), GO, message]);
    expect(answer.subarray(OPENING.length)).toEqual(reply(22));
  });

  it('answers with an error when the image cannot be written', () => {
    const broken = { ...disk(), write: () => expect.unreachable() };
    const messages = [clientFlags(3), GO, request(REQUEST.write, 0, 4, Buffer.alloc(4))];
    expect(converse(messages, 9, broken).answer.subarray(OPENING.length)).toEqual(reply(5));
  });

  it.each([
    ['says goodbye', [clientFlags(3), GO, request(REQUEST.disconnect, 0, 0)]],
    ['speaks something else', [clientFlags(3), Buffer.from('GET / HTTP/1.1\r\n')]],
    ['loses the thread', [clientFlags(3), GO, Buffer.alloc(28)]],
  ])('ends with a client that %s', (_what, messages) => {
    expect(converse(messages).session.isClosed).toBe(true);
  });
});

import { describe, expect, it } from 'vitest';
import { RingBuffer } from '../../../src/tracers/bpf/ring-buffer.ts';
import { RECORD_HEADER } from '../../../src/tracers/log/record.ts';
import { framed } from '../log/memory.ts';

const PAGE = 4096;
const SIZE = 64;

/** A ring buffer of 64 bytes whose producer is the test. The kernel maps the data twice; here both halves are written. */
function fakeRing() {
  const consumerPage = new ArrayBuffer(PAGE);
  const producerPages = new ArrayBuffer(PAGE + 2 * SIZE);
  const producer = new BigUint64Array(producerPages, 0, 1);
  const consumer = new BigUint64Array(consumerPage, 0, 1);
  const data = Buffer.from(producerPages, PAGE);
  const put = (at: number, bytes: Uint8Array) => {
    for (const [index, byte] of bytes.entries()) {
      data[(at + index) % SIZE] = byte;
      data[((at + index) % SIZE) + SIZE] = byte;
    }
  };
  const write = (text: string, flags = 0) => {
    const frame = framed(Buffer.from(text), flags);
    put(Number(producer[0]), frame);
    producer[0]! += BigInt(frame.length);
  };
  return { ring: new RingBuffer(consumerPage, producerPages, SIZE, PAGE), write, put, consumer, producer };
}

function texts(target: Buffer, bytes: number): string[] {
  const found: string[] = [];
  for (let at = 0; at < bytes; ) {
    const length = target.readUInt32LE(at) & 0x3fff_ffff;
    if (!(target.readUInt32LE(at) & RECORD_HEADER.discarded)) {
      found.push(target.toString('latin1', at + 8, at + 8 + length));
    }
    at += (length + 15) & ~7;
  }
  return found;
}

describe('RingBuffer', () => {
  it('hands on whole records and moves the position', () => {
    const { ring, write, consumer } = fakeRing();
    write('first');
    write('second, longer');
    const target = Buffer.alloc(256);
    expect(ring.read(target, 0)).toEqual({ bytes: 40, records: 2 });
    expect(texts(target, 40)).toEqual(['first', 'second, longer']);
    expect(consumer[0]).toBe(40n);
    expect(ring.read(target, 40)).toEqual({ bytes: 0, records: 0 });
  });

  it('reads a record that goes round the end', () => {
    const { ring, write } = fakeRing();
    const target = Buffer.alloc(256);
    write('a'.repeat(40));
    ring.read(target, 0);
    write('b'.repeat(20));
    expect(ring.read(target, 0)).toEqual({ bytes: 32, records: 1 });
    expect(texts(target, 32)).toEqual(['b'.repeat(20)]);
  });

  it('stops at a record that is being written, and takes it when it is done', () => {
    const { ring, write, put } = fakeRing();
    const target = Buffer.alloc(256);
    write('done');
    write('busy', RECORD_HEADER.busy);
    write('later');
    expect(ring.read(target, 0).records).toBe(1);
    expect(ring.waiting).toBe(32);
    put(16, framed(Buffer.from('busy')));
    expect(ring.read(target, 0)).toEqual({ bytes: 32, records: 2 });
  });

  it('does not count what was discarded', () => {
    const { ring, write } = fakeRing();
    const target = Buffer.alloc(256);
    write('gone', RECORD_HEADER.discarded);
    write('kept');
    const { bytes, records } = ring.read(target, 0);
    expect(records).toBe(1);
    expect(texts(target, bytes)).toEqual(['kept']);
  });

  it('leaves behind what does not fit', () => {
    const { ring, write } = fakeRing();
    write('one');
    write('two');
    expect(ring.read(Buffer.alloc(24), 0)).toEqual({ bytes: 16, records: 1 });
    expect(ring.read(Buffer.alloc(24), 16)).toEqual({ bytes: 0, records: 0 });
    expect(ring.read(Buffer.alloc(24), 8)).toEqual({ bytes: 16, records: 1 });
  });
});

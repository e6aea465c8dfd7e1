import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  bulkTexts,
  commandWords,
  type RespMessage,
  RespReader,
  type RespValue,
} from '../../../src/analyzers/derive/resp-reader.ts';
import { chunks, message } from '../../support/resp-arbitraries.ts';

/** The value in the sender's words; parts that were cut are `CUT`. */
const CUT = Symbol('cut');
/** Stands behind the elements that were seen of a list that was not seen to its end. */
const MORE = Symbol('more');
function meaning(value: RespValue): unknown {
  if (value.cut && !value.items) return CUT;
  if (value.length === -1) return [value.type, null];
  if ('*~>%|'.includes(value.type)) {
    return [value.type, [...(value.items ?? []).map(meaning), ...(value.cut ? [MORE] : [])]];
  }
  return [value.type, value.text];
}

function readAll(parts: readonly { shown: string; length: number }[]) {
  const messages: RespMessage<number>[] = [];
  const reader = new RespReader<number>((each) => messages.push(each));
  for (const [index, { shown, length }] of parts.entries()) reader.push(shown, length, index);
  return { messages, reader };
}
const whole = (text: string) => ({ shown: text, length: text.length });
const valuesOf = (parts: readonly { shown: string; length: number }[]) =>
  readAll(parts).messages.map(({ value }) => value);

/** Whether what was read says nothing that the sender did not say. */
function agrees(seen: unknown, sent: unknown): boolean {
  if (seen === CUT) return true;
  if (!Array.isArray(seen) || !Array.isArray(sent)) return seen === sent;
  if (Array.isArray(seen[1]) && Array.isArray(sent[1])) {
    const [elements, meant]: unknown[][] = [seen[1].filter((each) => each !== MORE), sent[1]];
    const isWhole = !seen[1].includes(MORE);
    if (isWhole ? elements!.length !== meant!.length : elements!.length > meant!.length) return false;
    return seen[0] === sent[0] && elements!.every((each, index) => agrees(each, meant![index]));
  }
  return seen[0] === sent[0] && seen[1] === sent[1];
}

describe('a stream without holes', () => {
  it('gives the same messages however it is cut', () => {
    fc.assert(
      fc.property(
        fc.array(message, { maxLength: 5 }),
        fc.array(fc.nat(), { maxLength: 12 }),
        (sent, cuts) => {
          const text = sent.map(({ wire }) => wire).join('');
          const expected = sent.map(({ value }) => value);
          expect(valuesOf(chunks(text, cuts).map(whole)).map(meaning)).toEqual(expected);
          expect(valuesOf([...text].map(whole)).map(meaning)).toEqual(expected);
        },
      ),
      { numRuns: 150 },
    );
  });

  it('ends at a boundary and says where each message began and ended', () => {
    const { messages, reader } = readAll(['+O', 'K\r\n$3\r\nab', 'c\r\n:1\r\n'].map(whole));
    expect(messages.map(({ first, last }) => [first, last])).toEqual([
      [0, 1],
      [1, 2],
      [2, 2],
    ]);
    expect(reader.atBoundary).toBe(true);
  });

  it('attributes are no elements of what they describe', () => {
    const text = '*2\r\n|1\r\n+ttl\r\n:3600\r\n$1\r\na\r\n$1\r\nb\r\n+OK\r\n';
    expect(valuesOf([whole(text)]).map(meaning)).toEqual([
      [
        '*',
        [
          ['$', 'a'],
          ['$', 'b'],
        ],
      ],
      ['+', 'OK'],
    ]);
  });
});

describe('a stream with holes', () => {
  it('never says what was not sent: values that are not marked as cut are true', () => {
    fc.assert(
      fc.property(
        fc.array(message, { minLength: 1, maxLength: 5 }),
        fc.array(fc.nat(), { maxLength: 8 }),
        fc.array(fc.nat(60), { minLength: 1, maxLength: 4 }),
        (sent, cuts, limits) => {
          const text = sent.map(({ wire }) => wire).join('');
          const parts = chunks(text, cuts).map((part, index) => ({
            shown: part.slice(0, limits[index % limits.length]),
            length: part.length,
          }));
          const values = valuesOf(parts).map(meaning);
          expect(values.length).toBeLessThanOrEqual(sent.length);
          for (const [index, value] of values.entries()) expect(agrees(value, sent[index]!.value)).toBe(true);
        },
      ),
      { numRuns: 400 },
    );
  });

  it('bulk strings are bridged: whatever is hidden of their text, the next message is read', () => {
    fc.assert(
      fc.property(
        fc.array(fc.nat(200), { minLength: 1, maxLength: 5 }),
        fc.nat(40),
        fc.array(fc.nat(), { maxLength: 4 }),
        (sizes, visible, cuts) => {
          const words = sizes.map((size, index) => String.fromCharCode(97 + index).repeat(size));
          const last = words.at(-1)!;
          const head = `*${words.length}\r\n${words
            .slice(0, -1)
            .map((word) => `$${word.length}\r\n${word}\r\n`)
            .join('')}`;
          const body = `$${last.length}\r\n${last}\r\n`;
          const shown = `${head}${body}`.slice(
            0,
            head.length + `$${last.length}\r\n`.length + Math.min(visible, last.length),
          );
          const values = valuesOf([
            ...chunks(head, cuts).map(whole),
            { shown: shown.slice(head.length), length: body.length },
            whole('+NEXT\r\n'),
          ]);
          expect(values.at(-1)).toEqual({ type: '+', text: 'NEXT' });
          expect(values).toHaveLength(2);
          const item = values[0]!.items!.at(-1)!;
          expect(item.length).toBe(last.length);
          expect(last.startsWith(item.text!)).toBe(true);
          expect(item.cut === true).toBe(item.text!.length < last.length);
        },
      ),
      { numRuns: 150 },
    );
  });

  it('text behind a hole is not glued to the text before it', () => {
    const [value] = valuesOf([
      { shown: '$10\r\nab', length: 9 },
      { shown: 'ef', length: 2 },
      whole('ghij\r\n'),
    ]);
    expect(value).toEqual({ type: '$', length: 10, text: 'ab', cut: true });
  });

  it('where a header is hidden the place is lost, and what was read of a list is handed on', () => {
    const { messages, reader } = readAll([{ shown: '*3\r\n$1\r\na\r\n$', length: 30 }]);
    expect(messages.map(({ value }) => meaning(value))).toEqual([['*', [['$', 'a'], MORE]]]);
    expect(reader.lost).toBe(true);
    expect(reader.lostBytes).toBe(18);
    reader.push('+never\r\n', 8, 1);
    expect(messages).toHaveLength(1);
    reader.resync();
    reader.push('+OK\r\n', 5, 2);
    expect(messages.at(-1)!.value).toEqual({ type: '+', text: 'OK' });
  });
});

describe('any bytes', () => {
  it('are read without throwing, in bounded memory', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.string({ unit: fc.constantFrom(...'*$:+-~%>|=!_#,(019\r\nab') }), fc.nat(9)), {
          maxLength: 20,
        }),
        (parts) => {
          const { messages } = readAll(
            parts.map(([text, hidden]) => ({ shown: text, length: text.length + hidden })),
          );
          for (const { value } of messages) expect(value.type).toHaveLength(1);
        },
      ),
      { numRuns: 300 },
    );
  });

  it('a header without an end is given up', () => {
    const { reader } = readAll([whole(`$${'1'.repeat(100_000)}`)]);
    expect(reader.lost).toBe(true);
  });

  it('a list deeper than any reply is given up', () => {
    const { reader } = readAll([whole('*1\r\n'.repeat(100))]);
    expect(reader.lost).toBe(true);
  });
});

describe('commands', () => {
  const value = (text: string) => valuesOf([whole(text)])[0]!;
  it('are arrays of bulk strings that begin with a name', () => {
    expect(commandWords(value('*2\r\n$3\r\nGET\r\n$1\r\na\r\n'))?.map(({ text }) => text)).toEqual([
      'GET',
      'a',
    ]);
    expect(commandWords(value('*1\r\n$6\r\nuuid:1\r\n'))).toBeUndefined();
    expect(commandWords(value('*1\r\n:1\r\n'))).toBeUndefined();
    expect(commandWords(value('*0\r\n'))).toBeUndefined();
    expect(commandWords(value('+OK\r\n'))).toBeUndefined();
  });

  it('bulkTexts finds what is whole, however deep', () => {
    expect(bulkTexts(value('*2\r\n$1\r\n0\r\n*2\r\n$1\r\na\r\n$-1\r\n'))).toEqual(['0', 'a']);
  });
});

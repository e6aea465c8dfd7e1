import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { ClientsPart, Step } from '../../../src/core/lab-part.ts';
import { Connection } from '../../../src/lab/parts/connection.ts';
import { type Reply, ReplyError, ReplyReader } from '../../../src/lab/parts/reply-reader.ts';
import { type Client, playTurn } from '../../../src/lab/parts/turn.ts';
import { fillWord, fillWords, randomOf } from '../../../src/lab/parts/words.ts';
import { readYaml } from '../../../src/scenario/field.ts';
import { readPart } from '../../../src/scenario/part.ts';
import { start } from '../../kvserver/harness.ts';

describe('ReplyReader', () => {
  const BYTES = Buffer.from(
    '+OK\r\n:7\r\n$5\r\na\r\nbc\r\n$-1\r\n*2\r\n$1\r\nx\r\n*1\r\n:1\r\n*-1\r\n-ERR no\r\n*0\r\n',
  );
  const REPLIES = ['OK', 7, 'a\r\nbc', null, ['x', [1]], null, new ReplyError('ERR no'), []];

  it.each([1, 2, 3, 7, 1000])('reads replies in chunks of %i bytes', (size) => {
    const reader = new ReplyReader();
    const replies: Reply[] = [];
    for (let at = 0; at < BYTES.length; at += size)
      replies.push(...reader.push(BYTES.subarray(at, at + size)));
    expect(replies).toEqual(REPLIES);
  });

  it('says so when it is no reply', () => {
    expect(() => new ReplyReader().push(Buffer.from('HTTP/1.1 200\r\n'))).toThrow(/is no reply/);
  });
});

describe('words', () => {
  const knowledge = (names: Record<string, unknown> = {}) => ({
    random: randomOf(1),
    names: new Map(Object.entries(names)),
  });

  it('are filled with what is known', () => {
    expect(fillWords(['SET', '{key}:{turn}', 'plain'], knowledge({ key: 'a', turn: 3 }))).toEqual([
      'SET',
      'a:3',
      'plain',
    ]);
    expect(fillWords(['MGET', '{...page}'], knowledge({ page: ['a', 'b'] }))).toEqual(['MGET', 'a', 'b']);
    expect(() => fillWord('{key}', knowledge())).toThrow('"{key}" is not known');
  });

  it('numbers and texts come from the seed', () => {
    const draw = () => {
      const same = knowledge();
      return [fillWord('{any 1000}', same), fillWord('{text 40}', same)];
    };
    expect(draw()).toEqual(draw());
    const [number, text] = draw();
    expect(Number(number)).toBeLessThan(1000);
    expect(text).toHaveLength(40);
  });
});

describe('playTurn', () => {
  let connection: Connection;
  let opened = 0;
  let client: Client;
  beforeEach(async () => {
    connection = await Connection.open({ host: '127.0.0.1', port: (await start()).port });
    client = {
      ...{ random: randomOf(1), names: new Map<string, unknown>(), commands: 0 },
      connection: async () => {
        opened++;
        return connection;
      },
      disconnect: () => connection.close(),
    };
  });
  afterEach(() => connection.close());

  const stepsOf = (yaml: string): readonly Step[] =>
    (readYaml(`do:\n${yaml}`, 'x.yaml', (root) => readPart(root, 'x'))!.spec as ClientsPart).steps;

  it('walks the keys, looks at each, and writes what it found', async () => {
    await connection.askAll(
      Array.from({ length: 30 }, (_, n) => ['SET', `k:${n}`, n % 3 === 0 ? 'good' : 'bad']),
    );
    await playTurn(
      stepsOf(`
  - scan: "k:*"
    as: page
    do:
      - each: page
        as: key
        do:
          - {ask: [GET, "{key}"], as: value}
          - when: value
            is: good
            do: [[SADD, found, "{key}"]]
  - {ask: [SMEMBERS, found], as: all}
  - [DEL, found]
`),
      client,
    );
    expect(client.names.get('all')).toHaveLength(10);
    expect(await connection.ask(['EXISTS', 'found'])).toBe(0);
    expect(opened).toBe(client.commands);
  });

  it('fills a cache on a miss only', async () => {
    const steps = stepsOf(`
  - {ask: [GET, a], as: hit}
  - unless: hit
    do: [[SET, a, b]]
  - repeat: 2
    do:
      - pipeline: [[INCR, n], [INCR, m]]
        times: 3
`);
    await playTurn(steps, client);
    await playTurn(steps, client);
    expect(client.commands).toBe(2 * 13 + 1);
    expect(await connection.ask(['GET', 'n'])).toBe('12');
  });

  it('an error reply ends the turn', async () => {
    await expect(playTurn(stepsOf('  - [NOSUCH]\n'), client)).rejects.toThrow(/unknown command/);
  });
});

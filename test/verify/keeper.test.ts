import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { keep } from '../../src/verify/keeper.ts';
import type { Answer, Message, Order } from '../../src/verify/messages.ts';
import { readStates, stateFileFor } from '../../src/verify/state-file.ts';
import { eventually } from '../support/processes.ts';

let dir: string;
let stateFile: string;
beforeEach(async () => {
  dir = mkdtempSync(join(tmpdir(), 'perfcase-test-'));
  stateFile = await stateFileFor(join(dir, 'state'), process.pid, 1);
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

/** A keeper, as the one who starts it sees it. */
class Kept {
  readonly input = new PassThrough();
  readonly answers: Answer[] = [];
  readonly abort = new AbortController();
  readonly ended = keep(this.input, (answer) => this.answers.push(answer), this.abort.signal);

  async ask(message: Message): Promise<Answer> {
    const before = this.answers.length;
    this.input.write(`${JSON.stringify(message)}\n`);
    expect(await eventually(() => this.answers.length > before, 5000)).toBe(true);
    return this.answers.at(-1)!;
  }
}

const target = { pid: process.pid, comm: 'node' };
const commands = (revert = ['rm', join(dir, 'on')]): Order => ({
  ...{ target, stateFile },
  change: { kind: 'commands', steps: [{ apply: ['touch', join(dir, 'on')], revert }] },
});
const isOn = () => existsSync(join(dir, 'on'));
const notes = () => readdirSync(join(dir, 'state', 'verify'));

async function applied(order: Order, forMs = 60_000): Promise<Kept> {
  const kept = new Kept();
  expect((await kept.ask({ kind: 'hold', order })).kind).toBe('held');
  expect(await kept.ask({ kind: 'apply', forMs })).toEqual({ kind: 'applied' });
  expect(isOn()).toBe(true);
  expect(readStates(join(dir, 'state'))[0]!.state.applied).toBe(true);
  return kept;
}

describe('the watchdog', () => {
  it('undoes and goes when whoever asked is gone', async () => {
    const kept = await applied(commands());
    kept.input.end();
    await kept.ended;
    expect(isOn()).toBe(false);
    expect(notes()).toEqual([]);
  });

  it('when it is told to end itself', async () => {
    const kept = await applied(commands());
    kept.abort.abort('SIGTERM');
    await kept.ended;
    expect(isOn()).toBe(false);
  });

  it('when nothing is heard of whoever asked, who may have been stopped', async () => {
    const kept = await applied(commands(), 500);
    await kept.ended;
    expect(isOn()).toBe(false);
    expect(notes()).toEqual([]);
  });

  it('undoes once, when it was asked to', async () => {
    const kept = await applied(commands());
    expect(await kept.ask({ kind: 'restore' })).toEqual({ kind: 'restored' });
    expect(isOn()).toBe(false);
    expect(readStates(join(dir, 'state'))[0]!.state.applied).toBe(false);
    kept.input.end();
    await kept.ended;
    expect(notes()).toEqual([]);
  });

  it('leaves the fix when it is told to', async () => {
    const kept = await applied(commands());
    expect(await kept.ask({ kind: 'keep' })).toEqual({ kind: 'kept' });
    await kept.ended;
    expect(isOn()).toBe(true);
    expect(notes()).toEqual([]);
  });

  it('leaves its note when it cannot undo', async () => {
    const kept = await applied(commands(['false']));
    kept.input.end();
    await kept.ended;
    expect(notes()).toHaveLength(1);
  });

  it('changes nothing when its note cannot be written', async () => {
    const kept = new Kept();
    const order = { ...commands(), stateFile: join(dir, 'nowhere', 'note.json') };
    expect(await kept.ask({ kind: 'hold', order })).toMatchObject({
      kind: 'refused',
      reason: expect.stringContaining('could not be put back after a crash'),
    });
    kept.input.end();
    await kept.ended;
    expect(isOn()).toBe(false);
  });

  it('its note holds no password', async () => {
    const kept = await applied({ ...commands(), server: { port: 1, password: 'correct-horse' } });
    const text = readFileSync(join(dir, 'state', 'verify', notes()[0]!), 'utf8');
    expect(text).toContain('"port": 1');
    expect(text).not.toContain('correct-horse');
    kept.input.end();
    await kept.ended;
  });

  it('waits for a server that is away while it has to undo', async () => {
    let value = 'everysec';
    const server = createServer((socket) => {
      socket.on('data', (data) => {
        const text = String(data);
        const set = /SET\r\n\$\d+\r\nappendfsync\r\n\$\d+\r\n(\w+)/i.exec(text)?.[1];
        if (set !== undefined) value = set;
        const pair = (name: string, of: string) =>
          `*2\r\n$${name.length}\r\n${name}\r\n$${of.length}\r\n${of}\r\n`;
        if (set !== undefined) socket.write('+OK\r\n');
        else if (/INFO/i.test(text)) socket.write('$10\r\nrun_id:abc\r\n');
        else socket.write(/\ndir\r/.test(text) ? pair('dir', '/data') : pair('appendfsync', value));
      });
    });
    await new Promise<void>((ready) => server.listen(0, '127.0.0.1', ready));
    const { port } = server.address() as { port: number };
    await new Promise((closed) => server.close(closed));
    const kept = new Kept();
    const order: Order = {
      ...{ target, stateFile, server: { host: '127.0.0.1', port } },
      change: { kind: 'config', settings: [{ directive: 'appendfsync', value: 'everysec' }] },
      before: { old: { appendfsync: 'always' }, identity: { runId: 'older', dir: '/data' } },
    };
    expect((await kept.ask({ kind: 'hold', order })).kind).toBe('held');
    kept.input.end();
    await new Promise((later) => setTimeout(later, 300));
    await new Promise<void>((ready) => server.listen(port, '127.0.0.1', ready));
    await kept.ended;
    server.close();
    expect(value).toBe('always');
    expect(notes()).toEqual([]);
  });
});

import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { execa } from 'execa';
import { afterEach, beforeEach, expect, it } from 'vitest';
import {
  createNetns,
  destroyNetnsWhere,
  destroyStaleNetns,
  type NetworkNamespace,
} from '../../src/lab/netns.ts';
import { startDetached } from '../../src/runners/detached.ts';
import { runLocal } from '../../src/runners/local.ts';
import { tracesOf } from '../support/lab-traces.ts';
import { describeNeeds } from '../support/requirements.ts';

let state: string;
let netns: NetworkNamespace;

/** Listens on the loopback's port 47123 and answers "inside". */
const SERVER = "require('node:net').createServer((s) => s.end('inside')).listen(47123, '127.0.0.1')";
const CLIENT =
  "require('node:net').connect(47123, '127.0.0.1').on('data', (text) => console.log(String(text)))";
const node = (script: string) => ({ file: process.execPath, args: ['-e', script], timeoutMs: 5000 });

describeNeeds(['netns', 'root', 'nsenter', 'ip'], 'a network namespace of the lab', () => {
  beforeEach(async () => {
    state = mkdtempSync(join(tmpdir(), 'pctest-'));
    netns = await createNetns({ stateDir: state });
  });
  afterEach(async () => {
    await destroyNetnsWhere(state, () => true);
    rmSync(state, { recursive: true, force: true });
    expect(tracesOf(state)).toEqual([]);
  });

  it('has a loopback interface that is up, and nothing else', async () => {
    const { stdout } = await runLocal(netns.command({ file: 'ip', args: ['-o', 'link'], timeoutMs: 5000 }));
    expect(stdout.trim().split('\n')).toEqual([expect.stringMatching(/^1: lo: <LOOPBACK,UP,LOWER_UP>/)]);
    const link = await runLocal(
      netns.command({ file: 'readlink', args: ['/proc/self/ns/net'], timeoutMs: 5000 }),
    );
    expect(link.stdout).toBe(`net:[${netns.inode}]\n`);
  });

  it('keeps a server inside: reached from inside, not from outside, ended with the namespace', async () => {
    const server = startDetached(netns.command(node(SERVER)));
    let answer = '';
    for (let tries = 0; answer === '' && tries < 50; tries++) {
      answer = (await runLocal(netns.command(node(CLIENT)))).stdout;
      if (answer === '') await sleep(50);
    }
    expect(answer).toBe('inside\n');
    const outside = await new Promise((resolve) => {
      connect(47123, '127.0.0.1')
        .on('connect', () => resolve('connected'))
        .on('error', (error: NodeJS.ErrnoException) => resolve(error.code));
    });
    expect(outside).toBe('ECONNREFUSED');
    await netns.destroy();
    expect(await server.ended).toContain('SIGTERM');
    expect(existsSync(join(state, 'netns'))).toBe(false);
  });

  it('is the only thing that is different: mounts are the machine’s, so disks can still be unmounted', async () => {
    const mounts = { file: 'readlink', args: ['/proc/self/ns/mnt'], timeoutMs: 5000 };
    expect((await runLocal(netns.command(mounts))).stdout).toBe((await runLocal(mounts)).stdout);
  });

  it('stays while its maker runs, and is stale afterwards', async () => {
    expect(await destroyStaleNetns(state)).toEqual([]);
    const script =
      "const { createNetns } = await import('./src/lab/netns.ts'); await createNetns(); process.kill(process.pid, 'SIGKILL')";
    const maker = await execa(process.execPath, ['--import', 'tsx', '--input-type=module', '-e', script], {
      env: { PERFCASE_STATE_DIR: state },
      reject: false,
    });
    expect(maker.signal, maker.stderr).toBe('SIGKILL');
    expect(readdirSync(join(state, 'netns'))).toHaveLength(2);
    const removed = await destroyStaleNetns(state);
    expect(removed).toEqual([expect.stringMatching(/^perfcase-\d+-\d+-1$/)]);
    expect(readdirSync(join(state, 'netns'))).toEqual([netns.name]);
  });

  it('can be destroyed twice', async () => {
    await netns.destroy();
    await netns.destroy();
    expect(tracesOf(state).filter((trace) => trace !== state)).toEqual([]);
  });
});

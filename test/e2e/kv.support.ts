import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach } from 'vitest';
import { DIST } from '../support/scene.ts';

const CLI = join(DIST, 'perfcase.js');
const cleanups: (() => Promise<unknown>)[] = [];

afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

export interface Finished {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A running perfcase command; it is ended after the test, by its pid. */
export class Cli {
  readonly child: ChildProcess;
  stdout = '';
  stderr = '';
  readonly finished: Promise<Finished>;

  constructor(args: readonly string[]) {
    this.child = spawn(process.execPath, [CLI, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
    this.child.stdout!.on('data', (chunk: Buffer) => {
      this.stdout += chunk.toString();
    });
    this.child.stderr!.on('data', (chunk: Buffer) => {
      this.stderr += chunk.toString();
    });
    this.finished = new Promise((settle) => {
      this.child.once('close', (code, signal) =>
        settle({ code, signal, stdout: this.stdout, stderr: this.stderr }),
      );
    });
    cleanups.push(async () => {
      if (this.child.exitCode === null && this.child.signalCode === null) this.child.kill('SIGKILL');
      await this.finished;
    });
  }

  /** Waits for the ready line. @returns the port in it */
  async ready(): Promise<number> {
    let over = false;
    void this.finished.then(() => {
      over = true;
    });
    for (;;) {
      const match = /ready on \S+:(\d+) \(pid (\d+)\)\n/.exec(this.stdout);
      if (match) return Number(match[1]);
      if (over) throw new Error(`ended before it was ready: ${this.stderr}`);
      await new Promise((settle) => setTimeout(settle, 10));
    }
  }

  kill(signal: NodeJS.Signals): Promise<Finished> {
    this.child.kill(signal);
    return this.finished;
  }
}

export async function scratch(): Promise<string> {
  const dir = await mkdtemp(join(tmpdir(), 'perfcase-e2e-'));
  cleanups.push(() => rm(dir, { recursive: true, force: true }));
  return dir;
}

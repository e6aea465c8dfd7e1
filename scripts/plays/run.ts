import { spawn } from 'node:child_process';
import { resolve } from 'node:path';

const CLI = resolve('dist/perfcase.js');

export interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs the built perfcase to its end; SIGTERM when it takes longer than `limitMs`, or when `signal` aborts. */
export function runPerfcase(
  args: readonly string[],
  { limitMs, signal }: { readonly limitMs: number; readonly signal: AbortSignal },
): Promise<Ended> {
  return new Promise((settle, fail) => {
    const child = spawn(process.execPath, [CLI, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
    let [stdout, stderr] = ['', ''];
    child.stdout.on('data', (chunk: Buffer) => {
      stdout += chunk.toString('utf8');
    });
    child.stderr.on('data', (chunk: Buffer) => {
      stderr += chunk.toString('utf8');
    });
    const end = () => child.kill('SIGTERM');
    const timer = setTimeout(end, limitMs);
    signal.addEventListener('abort', end, { once: true });
    child.once('error', fail);
    child.once('close', (code) => {
      clearTimeout(timer);
      signal.removeEventListener('abort', end);
      settle({ code, stdout, stderr });
    });
  });
}

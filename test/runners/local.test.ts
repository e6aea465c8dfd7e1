import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { CommandSpec } from '../../src/core/capture.ts';
import { dyingWithUs, guarded } from '../../src/runners/guarded.ts';
import { runLocal } from '../../src/runners/local.ts';

let folder: string;
const spec = (file: string, args: string[] = [], timeoutMs = 5000): CommandSpec => ({
  file,
  args,
  timeoutMs,
});

/** A tiny program in a folder of our own. */
async function program(name: string, body: string): Promise<string> {
  const path = join(folder, name);
  await writeFile(path, `#!/bin/sh\n${body}\n`);
  await chmod(path, 0o755);
  return path;
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'perfcase-test-'));
});
afterAll(async () => {
  await rm(folder, { recursive: true, force: true });
});

describe('runLocal', () => {
  it('keeps what was printed word for word, in the C locale', async () => {
    const outcome = await runLocal(
      spec(await program('hello', 'echo "$LC_ALL"; printf "no newline"; echo oops >&2')),
    );
    expect(outcome).toMatchObject({
      status: 'captured',
      stdout: 'C\nno newline',
      stderr: 'oops\n',
      exitCode: 0,
    });
    expect(outcome).not.toHaveProperty('reason');
  });

  it('passes arguments without a shell', async () => {
    const outcome = await runLocal(spec('printf', ['%s', '$(id); `id` "x" *']));
    expect(outcome.stdout).toBe('$(id); `id` "x" *');
  });

  it('says which package brings a tool that is missing', async () => {
    const outcome = await runLocal({ ...spec('perfcase-no-such-tool'), debianPackage: 'some-package' });
    expect(outcome.status).toBe('missing-tool');
    expect(outcome.reason).toBe(
      'perfcase-no-such-tool is not installed; apt-get install some-package brings it',
    );
  });

  it('keeps what a failing tool printed, and its last words', async () => {
    const outcome = await runLocal(
      spec(await program('fail', 'echo half; echo first >&2; echo "bad thing" >&2; exit 3')),
    );
    expect(outcome).toMatchObject({ status: 'failed', stdout: 'half\n', exitCode: 3 });
    expect(outcome.reason).toMatch(/failed: bad thing$/);
  });

  it('knows a refusal from other failures', async () => {
    const path = await program('refused', 'echo "attach: Operation not permitted" >&2; exit 1');
    const outcome = await runLocal({ ...spec(path), privilege: 'root' });
    expect(outcome.status).toBe('denied');
    expect(outcome.reason).toMatch(/it needs root$/);
  });

  it('ends a tool that does not end by itself', async () => {
    const outcome = await runLocal(spec('sleep', ['60'], 200));
    expect(outcome.status).toBe('timed-out');
  });

  it('ends the tool when it is interrupted', async () => {
    const abort = new AbortController();
    const running = runLocal(spec('sleep', ['60'], 60_000), abort.signal);
    setTimeout(() => abort.abort('SIGINT'), 100);
    expect((await running).status).toBe('cancelled');
  });
});

describe('guarded', () => {
  it('runs the same command, and messages name the tool itself', async () => {
    const outcome = await runLocal(guarded(spec('printf', ['%s', 'hi'])));
    expect(outcome).toMatchObject({ status: 'captured', stdout: 'hi' });
    const failing = await runLocal(guarded(spec(await program('broken', 'exit 9'))));
    expect(failing.reason).toBe(`${join(folder, 'broken')} failed`);
  });

  it('leaves a tool that is not installed as it is', () => {
    const missing = spec('perfcase-no-such-tool');
    expect(guarded(missing)).toBe(missing);
    expect(dyingWithUs(missing)).toBe(missing);
  });

  it('leaves the command as it is where the guards are not installed', () => {
    const plain = spec('/bin/true');
    expect(guarded(plain, '')).toBe(plain);
  });
});

import { describe, expect, it } from 'vitest';
import type { CaptureOutcome, CommandSpec } from '../../src/core/capture.ts';
import { containerSpec, ENGINES, findContainer, runningContainers } from '../../src/probes/containers.ts';
import { PROBES, probeInside } from '../../src/probes/index.ts';
import { lsofSockets } from '../../src/probes/lsof.ts';
import { inNetns, innerCommand } from '../../src/probes/nsenter.ts';
import { serverCapture, serverSpec } from '../../src/probes/redis.ts';
import { topProbe } from '../../src/probes/top.ts';

describe.each([...PROBES.entries()])('%s', (name, probe) => {
  it('is registered by its name, with a line that says what it is for', () => {
    expect(probe.name).toBe(name);
    expect(probe.summary.length).toBeGreaterThan(20);
    expect(probe.summary).not.toMatch(/\n|\.$/);
  });

  it('is a program with arguments, never a shell, and with a time limit', () => {
    const spec = probe.command({ pid: 9085, port: 6379, durationMs: 3000 });
    expect(spec.file).not.toMatch(/\s|sh$/);
    expect(spec.timeoutMs).toBeGreaterThanOrEqual(3000);
    for (const word of spec.args) expect(typeof word).toBe('string');
  });

  it('takes arguments as they are', () => {
    const spec = probe.command({ args: ['--flag', 'a b; c'] });
    expect(spec.args.slice(-2)).toEqual(['--flag', 'a b; c']);
  });
});

describe('windows', () => {
  it('are whole seconds for sysstat, and one frame more for top', () => {
    expect(PROBES.get('iostat')!.command({ durationMs: 2600 }).args.slice(-2)).toEqual(['1', '3']);
    expect(PROBES.get('pidstat')!.command({ durationMs: 100, pid: 7 }).args).toEqual([
      '-d',
      '-u',
      '-w',
      '-p',
      '7',
      '1',
      '1',
    ]);
    expect(topProbe.command({ durationMs: 2500 }).args).toEqual([
      '-b',
      '-w',
      '512',
      '-n',
      '2',
      '-d',
      '2.5',
      '-1',
    ]);
    expect(topProbe.command({ perCpu: false, pid: 7 }).args).toEqual([
      '-b',
      '-w',
      '512',
      '-n',
      '2',
      '-d',
      '1.0',
      '-p',
      '7',
    ]);
  });
});

describe('nsenter', () => {
  it('wraps a command without touching its input and environment', () => {
    const spec: CommandSpec = { ...lsofSockets(), input: 'secret', env: { A: 'b' } };
    expect(inNetns(spec, 9181)).toMatchObject({
      file: 'nsenter',
      args: ['--target', '9181', '--net', '--', 'lsof', '-nP', '+c0', '-i'],
      input: 'secret',
      env: { A: 'b' },
      timeoutMs: spec.timeoutMs,
    });
  });

  it.each([
    [
      ['--target', '1', '--net', '--', 'lsof', '-i'],
      ['lsof', '-i'],
    ],
    [
      ['-t', '1', '-n', 'lsof', '-i'],
      ['lsof', '-i'],
    ],
    [
      ['--target=1', '-n', 'top', '-b'],
      ['top', '-b'],
    ],
    [
      ['lsof', '-i'],
      ['lsof', '-i'],
    ],
    [['-t', '1', '-n'], undefined],
    [['-t', '1', '--'], undefined],
  ])('finds the tool in %j', (args, inner) => expect(innerCommand(args)).toEqual(inner));

  it("knows the inner tool's parser", () => {
    expect(probeInside(['-t', '1', '-n', '/usr/bin/lsof', '-i'])?.name).toBe('lsof');
    expect(probeInside(['-t', '1', '-n', 'ip'])).toBeUndefined();
  });
});

describe('containers', () => {
  const ID = 'ec41cb9e4dd5cb7079e1d9f72b7cee7de67278dbd3bd0956b4c0846bff211803';
  const json = `{"Id":"${ID}","Name":"/redis","State":{"Pid":9085,"Running":true},"Config":{"Image":"r"},"HostConfig":{"NetworkMode":"host"}}\n`;
  const outcome = (command: CommandSpec, rest: Partial<CaptureOutcome>): CaptureOutcome => ({
    status: 'captured',
    command,
    stdout: '',
    stderr: '',
    startedAt: 0,
    endedAt: 0,
    ...rest,
  });

  it('asks for few fields, so that no environment of a container is kept', () => {
    for (const engine of ENGINES) {
      const { file, args } = containerSpec(engine, ['redis']);
      expect(file).toBe(engine);
      expect(args.at(-1)).toBe('redis');
      expect(args.join(' ')).toMatch(/\.State\.Pid/);
      expect(args.join(' ')).not.toMatch(/Env|json \.}}/);
    }
  });

  it('looks in every engine, and says of each why it did not answer', async () => {
    const found = await findContainer('redis', async (spec) =>
      spec.file === 'podman'
        ? outcome(spec, { stdout: json })
        : outcome(spec, { status: 'missing-tool', reason: 'docker is not installed' }),
    );
    expect(found.containers).toEqual([
      expect.objectContaining({ name: 'redis', pid: 9085, engine: 'podman' }),
    ]);
    expect(found.reasons).toEqual(['docker is not installed']);
  });

  it('lists a container once when docker is podman under another name', async () => {
    const { containers } = await runningContainers(async (spec) =>
      outcome(spec, { stdout: spec.args[0] === 'ps' ? `${ID}\n` : json }),
    );
    expect(containers).toHaveLength(1);
  });

  it('is content with no container at all', async () => {
    const { containers, reasons } = await runningContainers(async (spec) => outcome(spec, {}));
    expect(containers).toEqual([]);
    expect(reasons).toEqual([]);
  });
});

describe('asking a server in another namespace', () => {
  const request = {
    timeoutMs: 2000,
    port: 6379,
    user: 'watcher',
    password: 'hunter2',
    tls: { caFile: '/ca.pem' },
  };
  const spec = serverSpec(['node', 'perfcase.js'], request, 9085);

  it('gives the password through the environment only', () => {
    expect(JSON.stringify([spec.file, ...spec.args])).not.toContain('hunter2');
    expect(spec.env).toEqual({ REDISCLI_AUTH: 'hunter2' });
    expect(spec.args.slice(0, 6)).toEqual(['--target', '9085', '--net', '--', 'node', 'perfcase.js']);
    expect(spec.args).toContain('--cacert');
  });

  it("does not pass on the caller's own password when there is none", () => {
    expect(serverSpec(['node'], { timeoutMs: 1 }).env).toEqual({ REDISCLI_AUTH: '' });
  });

  it("reads the child's own reason, else that of running it", () => {
    const base = { command: spec, stderr: '', startedAt: 0, endedAt: 0 };
    const text = '> PING\n! needs-password: 127.0.0.1:6379 wants a password\n';
    expect(serverCapture({ ...base, status: 'failed', stdout: text, reason: 'node failed' })).toEqual({
      status: 'needs-password',
      text,
      reason: '127.0.0.1:6379 wants a password',
    });
    expect(serverCapture({ ...base, status: 'denied', stdout: '', reason: 'not permitted' })).toMatchObject({
      status: 'failed',
      reason: 'not permitted',
    });
    const partial = '> PING\nPONG\n> CONFIG GET appendonly\n(error) NOPERM no\n';
    expect(serverCapture({ ...base, status: 'captured', stdout: partial })).toMatchObject({
      status: 'captured',
      refusals: ['CONFIG GET appendonly: NOPERM no'],
    });
  });
});

import { execa } from 'execa';
import { expect, it } from 'vitest';
import { formatOwner, isRunning, ourselves, parseOwner, startTicksOf } from '../../src/lab/owner.ts';
import { endProcess, processesOf } from '../../src/lab/processes.ts';

it('knows a process from a later one with the same number', () => {
  const { pid, startTicks } = ourselves();
  expect(isRunning({ pid, startTicks })).toBe(true);
  expect(isRunning({ pid, startTicks: startTicks - 1 })).toBe(false);
  expect(isRunning({ pid: 2 ** 22 + 1, startTicks })).toBe(false);
  expect(parseOwner(formatOwner({ pid, startTicks }))).toEqual({ pid, startTicks });
  expect(parseOwner('12')).toBeUndefined();
});

it('finds a process by program and path, and ends it', async () => {
  const path = `/no/such/path/${process.pid}`;
  const child = execa('tail', ['-f', '--retry', path], { reject: false, stderr: 'ignore' });
  await new Promise((resolve) => child.once('spawn', resolve));
  for (let tries = 0; processesOf(['tail'], [path]).length === 0 && tries < 1000; tries++) {
    await new Promise(setImmediate);
  }
  expect(processesOf(['head'], [path])).toEqual([]);
  expect(processesOf(['tail'], ['/no/such/path'])).toEqual([]);
  const found = processesOf(['tail'], [path]);
  expect(found.map(({ pid }) => pid)).toEqual([child.pid]);
  expect(await endProcess(found[0]!)).toBe(true);
  expect((await child).signal).toBe('SIGTERM');
  expect(startTicksOf(child.pid!)).toBeUndefined();
});

it('insists when a process does not want to end', async () => {
  const script =
    "process.on('SIGTERM', () => undefined); setInterval(() => undefined, 1000); console.log('ready')";
  const child = execa(process.execPath, ['-e', script], { reject: false });
  await new Promise((resolve) => child.stdout.once('data', resolve));
  expect(await endProcess({ pid: child.pid!, startTicks: startTicksOf(child.pid!)! })).toBe(true);
  expect((await child).signal).toBe('SIGKILL');
});

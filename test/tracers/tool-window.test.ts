import { describe, expect, it } from 'vitest';
import { type Tool, watchWith } from '../../src/tracers/tool-window.ts';
import { withTracefs } from '../../src/tracers/tracefs.ts';
import { eventually, healthOf } from '../support/processes.ts';

const WINDOW = { pids: [process.pid], durationMs: 100, signal: new AbortController().signal };

/** A tool that runs a script of Node; what it prints first makes it ready. */
function tool(script: string): Tool & { printed: () => string } {
  let printed = '';
  return {
    ...{ name: 'tool', command: { file: process.execPath, args: ['-e', script], timeoutMs: 20_000 } },
    onOutput: (chunk) => {
      printed += chunk.toString();
    },
    ...{ isReady: () => printed !== '', calls: () => printed.length, isFull: () => false },
    printed: () => printed,
  };
}

const STAYS = 'setInterval(() => undefined, 1000);';
/** Says which signal ended it. */
const POLITE = `for (const each of ['SIGINT', 'SIGTERM']) process.on(each, () => { console.log(each); process.exit(); });`;
const READY = `console.log(process.pid);`;

describe('a tool', () => {
  it('watches for the window, and is asked to end', async () => {
    const it = tool(`${STAYS} ${POLITE} ${READY}`);
    const marks: string[] = [];
    const run = await watchWith(it, {
      ...WINDOW,
      onAttached: () => marks.push('attached'),
      onWindowEnd: () => marks.push('end'),
    });
    expect(run).toMatchObject({ end: 'over', stuck: [] });
    expect(run.tracedMs).toBeGreaterThanOrEqual(99);
    expect(marks).toEqual(['attached', 'end']);
    expect(it.printed()).toMatch(/^\d+\nSIGINT\n$/);
  });

  it('that is not there, or ends at once, is told apart', async () => {
    const missing: Tool = { ...tool(''), command: { file: 'no-such-tool', args: [], timeoutMs: 1000 } };
    expect((await watchWith(missing, WINDOW)).end).toBe('not-installed');
    const run = await watchWith(tool('console.error("no such probe"); process.exit(1)'), WINDOW);
    expect(run).toMatchObject({ end: 'ended-at-once', said: 'no such probe\n' });
  });

  it.each([
    ['it has enough', { isFull: () => true }, {}],
    ['it has cost enough', {}, { isSpent: () => true }],
    ['nobody is left to watch', {}, { pids: [2 ** 22 + 1] }],
  ])('stops early when %s', async (_name, over, window) => {
    const run = await watchWith(
      { ...tool(`${STAYS} ${READY}`), ...over },
      { ...WINDOW, durationMs: 60_000, ...window },
    );
    expect(run.end).toBe('over');
    expect(run.tracedMs).toBeLessThan(30_000);
  });

  it('stops when it is interrupted, attached or not', async () => {
    const stop = new AbortController();
    const run = watchWith(tool(`${STAYS} ${READY}`), {
      ...{ ...WINDOW, durationMs: 60_000, signal: stop.signal },
      onAttached: () => stop.abort(),
    });
    expect((await run).end).toBe('over');
    const silent = await watchWith(tool(STAYS), { ...WINDOW, signal: AbortSignal.abort() });
    expect(silent).toMatchObject({ end: 'over', tracedMs: 0 });
  });

  it('that does not hear is ended all the same', async () => {
    const it = tool(
      `${STAYS} process.on('SIGINT', () => undefined); process.on('SIGTERM', () => undefined); ${READY}`,
    );
    const run = await watchWith(it, { ...WINDOW, durationMs: 1 }, 1000);
    expect(run).toMatchObject({ end: 'over', stuck: [] });
    expect(await eventually(() => healthOf(Number(it.printed())) === undefined)).toBe(true);
  });
});

describe('the file system of tracepoints', () => {
  const spec = { file: 'sh', args: ['-c', 'a "b"'], timeoutMs: 1 };

  it('is mounted for the command alone where nobody has mounted it', () => {
    const inner = withTracefs(spec, () => false);
    expect(inner).toMatchObject({ file: 'unshare', title: 'sh', timeoutMs: 1 });
    expect(inner.args.slice(0, 5)).toEqual(['--mount', '--propagation', 'private', 'sh', '-c']);
    expect(inner.args.slice(-4)).toEqual(['sh', 'sh', '-c', 'a "b"']);
  });

  it('is left as it is where it is there, and a missing tool too', () => {
    expect(withTracefs(spec, (path) => path.startsWith('/sys/kernel/debug'))).toBe(spec);
    const missing = { ...spec, file: 'no-such-tool' };
    expect(withTracefs(missing, () => false)).toBe(missing);
  });
});

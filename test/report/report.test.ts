import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Report } from '../../src/core/finding.ts';
import { FORMAT_NAMES, FORMATS } from '../../src/report/index.ts';
import { renderTerminal, wrap } from '../../src/report/terminal.ts';
import { viewOf } from '../../src/report/view.ts';
import { anyReport } from './any-report.ts';
import { goldenReports, reportOfTheCase } from './cases.ts';

const plain = { colour: false };
const WIDTH = 80;

describe('the report of the case', () => {
  it.each(goldenReports().map((each) => [each.name, each] as const))(
    '%s is as it was',
    (_, { path, text }) => {
      expect(text).toBe(readFileSync(path, 'utf8'));
    },
  );

  it('names both causes, the file, the client and the setting', () => {
    const text = renderTerminal(reportOfTheCase(), plain);
    for (const said of [
      'fsync-per-write',
      'write-in-read-path',
      '/data/appendonly.aof',
      'python (9181)',
      'appendfsync always',
    ]) {
      expect(text).toContain(said);
    }
  });

  it('says the same with and without colour', () => {
    const report = reportOfTheCase();
    const coloured = renderTerminal(report, { colour: true });
    expect(coloured).toContain('\x1b[');
    expect(coloured.replaceAll(/\x1b\[\d+m/g, '')).toBe(renderTerminal(report, plain));
  });

  it('every format holds every finding with its fix and its cost', () => {
    const report = reportOfTheCase();
    for (const format of FORMAT_NAMES) {
      const text = FORMATS[format](report, plain)
        .replaceAll(/\\(?=[<>*_`#[\]])/g, '')
        .replaceAll(/\s+/g, ' ');
      for (const { id, fix } of report.findings) {
        expect(text).toContain(id);
        expect(text).toContain(fix!.summary.replaceAll(/\s+/g, ' '));
        expect(text).toContain(fix!.cost.replaceAll(/\s+/g, ' '));
      }
    }
  });

  it('JSON is the report itself', () => {
    const report = reportOfTheCase();
    expect(JSON.parse(FORMATS.json(report))).toEqual(JSON.parse(JSON.stringify(report)));
  });
});

describe('any report', () => {
  it('keeps within the columns', () => {
    fc.assert(
      fc.property(anyReport, fc.constantFrom(60, WIDTH, 120), fc.boolean(), (each, width, colour) => {
        const text = renderTerminal(each, { colour, width }).replaceAll(/\x1b\[\d+m/g, '');
        for (const line of text.split('\n')) expect(line.length).toBeLessThanOrEqual(width);
      }),
      { numRuns: 150 },
    );
  });

  it('sends no control character of what was captured to the terminal', () => {
    fc.assert(
      fc.property(anyReport, (each) => {
        expect(renderTerminal(each, plain)).not.toMatch(/[\x00-\x09\x0b-\x1f\x7f-\x9f]/);
        expect(FORMATS.markdown(each)).not.toMatch(/[\x00-\x09\x0b-\x1f\x7f-\x9f]/);
      }),
      { numRuns: 100 },
    );
  });

  it('is JSON again in JSON', () => {
    fc.assert(
      fc.property(anyReport, (each) => {
        expect(JSON.parse(FORMATS.json(each))).toEqual(JSON.parse(JSON.stringify(each)));
      }),
      { numRuns: 50 },
    );
  });

  it('in Markdown cannot leave its table, its fence or its heading', () => {
    fc.assert(
      fc.property(anyReport, (each) => {
        const text = FORMATS.markdown(each);
        const fences = text.split('\n').filter((line) => line.trimStart().startsWith('```'));
        expect(fences.length % 2).toBe(0);
        const headings = text
          .replaceAll(/^ *```text\n[\s\S]*?^ *```$/gm, '')
          .split('\n')
          .filter((line) => /^#{1,6} /.test(line)).length;
        const expected = viewOf(each).filter(
          ({ kind }) => kind === 'title' || kind === 'heading' || kind === 'finding',
        ).length;
        expect(headings).toBe(expected);
        // What stands in a fence may look like anything.
        const open = text.replaceAll(/^ *```text\n[\s\S]*?^ *```$/gm, '');
        for (const row of open.split('\n').filter((line) => line.startsWith('| '))) {
          expect([3, 5]).toContain(row.match(/(?<!\\)(?:\\\\)*\|/g)!.length);
        }
      }),
      { numRuns: 100 },
    );
  });
});

describe('wrapping', () => {
  it('loses no word and adds none', () => {
    fc.assert(
      fc.property(fc.stringMatching(/^[a-z /]{0,200}$/), fc.integer({ min: 5, max: 80 }), (text, width) => {
        const lines = wrap(text, width, '');
        expect(lines.join('').replaceAll(' ', '')).toBe(text.replaceAll(' ', ''));
        for (const line of lines) expect(line.length).toBeLessThanOrEqual(width);
      }),
    );
  });

  it('of nothing is one empty line', () => {
    expect(wrap('', 80, '')).toEqual(['']);
  });
});

describe('the view', () => {
  const bare: Report = {
    ...{
      schema: 'perfcase.report/1',
      perfcase: '0.1.0',
      target: {},
      window: {},
      summary: 'Nothing.',
      verdict: 'clear',
    },
    ...{ path: [], findings: [], ruledOut: [], notChecked: [], clients: [], endpoints: [] },
  };

  it('of an empty report is its title and its summary', () => {
    expect(viewOf(bare).map(({ kind }) => kind)).toEqual(['title', 'summary']);
    expect(renderTerminal(bare, plain)).toBe('perfcase 0.1.0: logs\n\nNothing.\n');
  });

  it('names target, container, server, window and tracer where they are known', () => {
    const target = {
      pid: 9085,
      comm: 'redis-server',
      container: 'redis',
      server: { kind: 'redis', version: '7.0.15', port: 6379 },
    };
    const [title] = viewOf({
      ...bare,
      target,
      window: { seconds: 10.03 },
      tracer: { name: 'strace', events: 41872 },
    });
    expect(title).toEqual({
      kind: 'title',
      text: 'perfcase 0.1.0: redis-server 9085 in container redis (redis 7.0.15, port 6379), 10 s, 41872 calls by strace',
    });
  });

  it('says what watching cost, of how much, and why it was shorter', () => {
    const overhead = {
      ...{ fraction: 0.041, how: 'measured: against an untraced window', estimated: 0.048, limit: 0.05 },
      ...{ measured: 0.041, ping: { beforeMs: 0.11, duringMs: 0.35, count: 31 } },
      shortened: 'The window was ended after 0.8 s.',
    };
    const each = { ...reportOfTheCase(), tracer: { name: 'strace', events: 7, overhead } };
    for (const format of ['text', 'markdown'] as const) {
      const text = FORMATS[format](each, plain).replaceAll(/\s+/g, ' ');
      expect(text).toContain('7 calls by strace, which cost it about 4.1 % of its time');
      expect(text).toContain('Watching cost it 4.1 % of its time over the whole diagnosis, of 5 % allowed');
      expect(text).toContain('estimated from its calls, 4.8 %');
      expect(text).toContain('A PING took 110 µs before, and 350 µs meanwhile');
      expect(text).toContain('The window was ended after 0.8 s.');
    }
  });

  it('says of a request that is still open how long it has lasted at least', () => {
    const endpoints = [{ name: 'GET /slow', requests: 0, seconds: { atLeast: 4.5 }, commands: { GET: 3 } }];
    const table = viewOf({ ...bare, endpoints }).find((block) => block.kind === 'table');
    expect(table).toMatchObject({ rows: [['GET /slow', '0', 'over 4.5 s, no answer yet', '3 GET']] });
  });

  it('leaves a missing number empty, never 0', () => {
    const endpoints = [{ name: 'GET /a', requests: 1, seconds: {}, commands: {} }];
    const table = viewOf({ ...bare, endpoints }).find((block) => block.kind === 'table');
    expect(table).toMatchObject({ rows: [['GET /a', '1', '', '']] });
  });
});

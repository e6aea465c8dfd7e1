import { describe, expect, it } from 'vitest';
import type { Report } from '../../src/core/finding.ts';
import { renderHtml } from '../../src/report/html/page.ts';
import { LSOF, reportOf, slowQuery, TraceLog } from '../support/trace-log.ts';
import { reportOfTheCase } from './cases.ts';

const page = (report: Report) => renderHtml(report);
const rich = () =>
  reportOf(slowQuery(new TraceLog()), {
    lsof: LSOF,
    clients: [{ pid: 9181, comm: 'python', address: '127.0.0.1:32996', container: 'app' }],
  });

describe('the page', () => {
  it('fetches nothing, runs nothing and links to nothing', () => {
    const html = page(rich());
    expect(html).not.toMatch(/<script|<link|<img|<iframe|\bsrc=|\bhref=|url\(|@import|\son\w+=/i);
    expect(html).toContain(`default-src 'none'`);
  });

  it('holds each finding, the path, what was ruled out and what was not checked', () => {
    const report = rich();
    const html = page(report);
    for (const { id } of [...report.findings, ...report.ruledOut, ...report.notChecked])
      expect(html).toContain(id);
    for (const { question } of report.path) expect(html).toContain(question);
  });

  it('draws the waterfall, the syncs and who talks to whom', () => {
    const html = page(rich());
    expect(html).toContain('Where the time of a slow request went');
    expect(html).toContain('waiting for a sync');
    expect(html).toMatch(/<svg [^>]*aria-label="Sync time over/);
    expect(html).toContain('python (9181) in app');
    expect(html).toContain('/data/appendonly.aof');
  });

  it('has one heading of the first level, and none that skips a level', () => {
    const levels = [...page(rich()).matchAll(/<h(\d)/g)].map((match) => Number(match[1]));
    expect(levels.filter((level) => level === 1)).toHaveLength(1);
    levels.reduce((before, level) => {
      expect(level).toBeLessThanOrEqual(before + 1);
      return level;
    });
  });

  it('closes what it opens', () => {
    for (const report of [rich(), reportOfTheCase()]) {
      const open: string[] = [];
      const html = page(report).replace(/<style>.*?<\/style>/s, '');
      for (const [, slash, name, , self] of html.matchAll(/<(\/?)([a-z0-9]+)((?:"[^"]*"|[^>"])*?)(\/?)>/g)) {
        if (self === '/' || ['meta', 'line', 'rect'].includes(name!)) continue;
        if (slash === '/') expect(open.pop()).toBe(name);
        else open.push(name!);
      }
      expect(open).toEqual([]);
    }
  });

  it('shows captured text as text', () => {
    const hostile = `</code><script>alert("x")</script>'&`;
    const report: Report = {
      ...rich(),
      summary: hostile,
      target: { pid: 1, comm: hostile },
      clients: [{ pid: 2, comm: hostile, address: hostile }],
      path: [
        { question: 'Which file is that?', answer: hostile, evidence: [{ source: 'strace', text: hostile }] },
      ],
    };
    const html = page(report);
    expect(html).not.toContain('<script');
    expect(html).toContain('&lt;/code&gt;&lt;script&gt;alert(&quot;x&quot;)&lt;/script&gt;&#39;&amp;');
  });

  it('of a report with nothing in it still stands', () => {
    const bare: Report = {
      ...{ schema: 'perfcase.report/1', perfcase: '0.1.0', target: {}, window: {}, summary: 'Nothing.' },
      ...{
        verdict: 'clear',
        path: [],
        findings: [],
        ruledOut: [],
        notChecked: [],
        clients: [],
        endpoints: [],
      },
    };
    expect(page(bare)).toContain('<p class="summary clear">Nothing.</p>');
  });
});

describe('contrast', () => {
  const luminance = (hex: string) => {
    const [r, g, b] = [1, 3, 5].map((at) => {
      const value = Number.parseInt(hex.slice(at, at + 2), 16) / 255;
      return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * r! + 0.7152 * g! + 0.0722 * b!;
  };
  const contrast = (a: string, b: string) => {
    const [light, dark] = [luminance(a), luminance(b)].sort((x, y) => y - x);
    return (light! + 0.05) / (dark! + 0.05);
  };
  const themes = [...page(rich()).matchAll(/:root \{[^}]*?(--back[^}]*)\}/g)].map((match) =>
    Object.fromEntries(
      [...match[1]!.matchAll(/--(\w+): (#[0-9a-f]{6})/g)].map((each) => [each[1]!, each[2]!]),
    ),
  );

  it('is at least 4.5 to 1 for text and marks, in light and in dark', () => {
    expect(themes).toHaveLength(2);
    for (const theme of themes) {
      for (const name of [
        'text',
        'dim',
        'critical',
        'warning',
        'info',
        'sync',
        'append',
        'server',
        'client',
      ]) {
        for (const ground of ['back', 'card']) {
          expect(contrast(theme[name]!, theme[ground]!), `${name} on ${ground}`).toBeGreaterThanOrEqual(4.5);
        }
      }
    }
  });
});

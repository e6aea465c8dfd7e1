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
  it('fetches nothing, runs nothing and links to nothing outside of it', () => {
    const html = page(rich());
    expect(html).not.toMatch(/<script|<link|<img|<iframe|\bsrc=|\bhref="(?!#)|url\(|@import|\son\w+=/i);
    expect(html).toContain(`default-src 'none'`);
  });

  it.each([
    ['the case', reportOfTheCase()],
    ['a slow query', rich()],
  ])('of %s leads each link to one place, and stays below 1 MB', (_, report) => {
    const html = page(report);
    const ids = [...html.matchAll(/ id="([^"]+)"/g)].map((match) => match[1]!);
    expect(new Set(ids).size).toBe(ids.length);
    for (const [, to] of html.matchAll(/ href="#([^"]+)"/g)) expect(ids).toContain(to);
    expect(html.length).toBeLessThan(1_000_000);
  });

  it('shows each captured line that it names among its neighbours', () => {
    const report = rich();
    const html = page(report);
    const { source, line } = report.findings[0]!.evidence[0]!;
    expect(html).toContain(`href="#raw-${source}-${line}"`);
    expect(html).toContain(`id="raw-${source}-${line}"`);
  });

  it('tells what each fix leaves of the time, and of what it consists', () => {
    const html = page(rich());
    expect(html).toContain('Before, and after each fix');
    expect(html).toMatch(/<b>1\. CONFIG SET appendfsync everysec<\/b>/);
    expect(html).toMatch(/class="sync" style="width:[\d.]+%" title="waiting for a sync: /);
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
    expect(html).toContain('A slow stretch, command by command');
    expect(html).toContain('waiting for a sync');
    expect(html).toContain('How long a sync took');
    expect(html).toMatch(/<b>python \(9181\)<\/b> <span>[^<]+<\/span> <span>container app<\/span>/);
    expect(html).toMatch(/<b>appendonly\.aof<\/b> <span>\/data\/<\/span>/);
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
        if (self === '/' || ['meta', 'br'].includes(name!)) continue;
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
    expect(page(bare)).toMatch(/<h1 class="summary clear">.*Nothing\.<\/h1>/);
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

  it('is at least 4.5 to 1 for text and 3 to 1 for marks, in light, in dark and on paper', () => {
    expect(themes).toHaveLength(3);
    const [text, marks] = [
      ['text', 'dim', 'link', 'critical', 'warning', 'info', 'clear'],
      ['sync', 'append', 'server', 'client', 'queue'],
    ];
    for (const theme of themes) {
      for (const ground of ['back', 'card', 'tint']) {
        const least = (name: string) => contrast(theme[name]!, theme[ground]!);
        for (const name of text!) expect(least(name), `${name} on ${ground}`).toBeGreaterThanOrEqual(4.5);
        for (const name of marks!) expect(least(name), `${name} on ${ground}`).toBeGreaterThanOrEqual(3);
      }
    }
  });
});

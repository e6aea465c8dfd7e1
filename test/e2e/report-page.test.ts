import { readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Browser, BrowserContext, BrowserContextOptions, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Report } from '../../src/core/finding.ts';
import { renderHtml } from '../../src/report/html/page.ts';
import { renderReplayHtml } from '../../src/report/html/replay.ts';
import { reportOfTheCase } from '../report/cases.ts';
import { launchBrowser } from '../support/browser.ts';
import { describeNeeds } from '../support/requirements.ts';
import { Scene } from '../support/scene.ts';
import { LSOF, reportOf, slowQuery, TraceLog } from '../support/trace-log.ts';

const LONG = `/${'very-long-name'.repeat(30)}`;
const HOSTILE = `</code><img src="http://127.0.0.1:9/x" onerror="alert(1)"><script>alert(2)</script>${LONG}`;

/** What a page may have to show: everything, little, nothing, and what a hostile process has put into it. */
function pages(): Record<string, string> {
  const rich = reportOf(slowQuery(new TraceLog()), {
    lsof: LSOF,
    clients: [{ pid: 9181, comm: 'python', address: '127.0.0.1:32996', container: 'app' }],
  });
  const [finding] = rich.findings;
  const clear: Report = {
    ...rich,
    verdict: 'clear',
    findings: [],
    summary: 'No cause of slowness was found.',
  };
  const {
    waterfall: _,
    syncTimes: __,
    ...blind
  } = { ...clear, verdict: 'inconclusive' as const, clients: [] };
  const phase = { why: 'why so', asked: 'GET /get_cache', samples: 5 };
  return {
    'a slow query': renderHtml(rich),
    'the case': renderHtml(reportOfTheCase()),
    'a healthy server': renderHtml(clear),
    'one that could not be seen': renderHtml({ ...blind, path: [], endpoints: [] }),
    'a hostile process': renderHtml({
      ...rich,
      summary: HOSTILE,
      target: { pid: 9085, comm: HOSTILE, container: HOSTILE },
      clients: [{ pid: 1, comm: HOSTILE, address: HOSTILE }],
      findings: [
        { ...finding!, title: HOSTILE, why: HOSTILE, evidence: [{ source: 'strace', text: HOSTILE }] },
      ],
      ruledOut: [{ id: LONG, because: HOSTILE }],
    }),
    'a replay': renderReplayHtml({
      ...{ id: 'redis-slow', title: 'A query takes ten seconds', notFound: ['big-key-read'], report: rich },
      stage: [['server', 'perfcase kv: appendfsync always']],
      phases: [
        { ...phase, title: 'The slow query', changes: [], seconds: 3.2, caseSeconds: 10.5 },
        {
          ...{ ...phase, title: 'Fix 1', changes: ['CONFIG SET appendfsync everysec'], seconds: 0.15 },
          predictedSeconds: 0.12,
        },
      ],
    }),
  };
}

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const WCAG = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];
const OPEN_ALL = 'document.querySelectorAll("details").forEach((each) => { each.open = true; })';
const NAMES = Object.keys(pages());

describeNeeds(['chromium'], 'the page in a browser', () => {
  let browser: Browser;
  const scene = new Scene();
  const files = new Map<string, string>();

  beforeAll(async () => {
    const folder = await scene.folder();
    for (const [index, [name, html]] of Object.entries(pages()).entries()) {
      const path = join(folder, `${index}.html`);
      await writeFile(path, html);
      files.set(name, pathToFileURL(path).href);
    }
    browser = await launchBrowser();
  });
  afterAll(async () => {
    await browser?.close();
    await scene.close();
  });

  async function onPage<T>(
    name: string,
    options: BrowserContextOptions,
    body: (page: Page) => Promise<T>,
  ): Promise<T> {
    const context: BrowserContext = await browser.newContext({ offline: true, ...options });
    try {
      const page = await context.newPage();
      await page.goto(files.get(name)!);
      return await body(page);
    } finally {
      await context.close();
    }
  }

  it.each(NAMES)('%s: asks for nothing, complains of nothing, and does not scroll sideways', async (name) => {
    const context = await browser.newContext({ offline: true, viewport: { width: 400, height: 800 } });
    try {
      const page = await context.newPage();
      const heard: string[] = [];
      page.on('console', (message) => heard.push(message.text()));
      page.on('pageerror', (error) => heard.push(error.message));
      page.on('request', (request) => heard.push(request.url()));
      page.on('dialog', (dialog) => heard.push(dialog.message()));
      await page.goto(files.get(name)!);
      await page.evaluate(OPEN_ALL);
      expect(await page.evaluate('document.documentElement.scrollWidth')).toBeLessThanOrEqual(400);
      expect(heard).toEqual([files.get(name)]);
    } finally {
      await context.close();
    }
  });

  it.each(['a replay', 'a hostile process', 'one that could not be seen'])(
    '%s: accessible, with contrast in light, in dark and on paper',
    async (name) => {
      // The checker is a script, which the page itself forbids.
      await onPage(name, { bypassCSP: true }, async (page) => {
        await page.evaluate(AXE);
        await page.evaluate(OPEN_ALL);
        const check = async (run: string) =>
          page.evaluate(`axe.run({ ${run} }).then(({ violations }) => violations.flatMap(({ id, nodes }) =>
            nodes.map(({ html, any }) => id + ': ' + html.slice(0, 200) + ' ' + (any[0]?.message ?? ''))))`);
        expect(await check(`runOnly: ${JSON.stringify(WCAG)}`)).toEqual([]);
        for (const media of ['screen', 'print'] as const) {
          await page.emulateMedia({ media, colorScheme: 'dark' });
          expect(await check(`runOnly: ['color-contrast']`), `${media}, dark`).toEqual([]);
        }
      });
    },
  );

  it('is used with the keyboard alone: each stop is seen, and a command opens to its raw lines', async () => {
    await onPage('a slow query', {}, async (page) => {
      const stops = Number(await page.evaluate('document.querySelectorAll("a, summary").length'));
      expect(stops).toBeGreaterThan(20);
      const hidden = Number(
        await page.evaluate('document.querySelectorAll("details:not([open]) > :not(summary) a").length'),
      );
      const unseen: unknown[] = [];
      for (let stop = 0; stop < stops - hidden; stop++) {
        await page.keyboard.press('Tab');
        const [tag, outline] = (await page.evaluate(
          '[document.activeElement.tagName, getComputedStyle(document.activeElement).outlineStyle]',
        )) as [string, string];
        if (!['A', 'SUMMARY'].includes(tag) || outline === 'none') unseen.push([stop, tag, outline]);
      }
      expect(unseen).toEqual([]);
      const command = page.locator('.fall details').first();
      await command.locator('summary').focus();
      expect(await command.locator('code').first().isVisible()).toBe(false);
      await page.keyboard.press('Enter');
      expect(await command.locator('code').first().isVisible()).toBe(true);
    });
  });

  it('can be read without scripts, and printed', async () => {
    await onPage('a slow query', { javaScriptEnabled: false }, async (page) => {
      const text = await page.locator('main').textContent();
      for (const said of ['CONFIG SET appendfsync everysec', 'Which file is that?', 'fdatasync', 'Ruled out'])
        expect(text).toContain(said);
      const pdf = await page.pdf({ format: 'A4' });
      expect(pdf.subarray(0, 5).toString()).toBe('%PDF-');
      await page.emulateMedia({ media: 'print' });
      expect(await page.locator('nav').isVisible()).toBe(false);
      expect(await page.locator('#raw').isVisible()).toBe(true);
    });
  });
});

/**
 * `npm run pictures`: plays redis-slow on the bundled server and makes the README's pictures from that one run, in docs/.
 * Needs what the tests need; with root the disk is slow, as in the case. Chromium draws with the fonts that are installed.
 */
import { mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { homedir, hostname, tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Browser } from 'playwright-core';
import { pictureOf } from '../src/cli/replay/picture.ts';
import { play, type Replay } from '../src/replay/player.ts';
import { renderReplayHtml } from '../src/report/html/replay.ts';
import { renderTerminal } from '../src/report/terminal.ts';
import { loadScenario } from '../src/scenario/catalogue.ts';
import { launchBrowser } from '../test/support/browser.ts';
import { terminalPage } from './pictures/terminal-page.ts';

const DOCS = resolve('docs');
const LARGEST_BYTES = 300_000;
const SEED = 1;

const stop = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => stop.abort(signal));

async function main(): Promise<void> {
  const replay = await playOnce();
  const page = renderReplayHtml(pictureOf(replay));
  const terminal = renderTerminal(replay.report, { colour: true });
  for (const text of [page, terminal]) checkPrivacy(text);
  mkdirSync(DOCS, { recursive: true });
  const folder = mkdtempSync(join(tmpdir(), 'perfcase-pictures-'));
  const browser = await launchBrowser();
  try {
    await draw(browser, file(folder, 'page.html', page), 'report-page.png', { width: 1000, until: '#path' });
    await draw(browser, join(folder, 'page.html'), 'report-waterfall.png', {
      from: '#waterfall',
      until: '#talk',
    });
    const lines = terminalPage(
      `perfcase diagnose --port ${replay.stage.serverPort}`,
      terminal,
      // The first cause shows what all look like.
      /^ 2 .*(?:CRITICAL|WARNING|INFO) /,
    );
    await draw(browser, file(folder, 'terminal.html', lines), 'report-terminal.png', { width: 700 });
  } finally {
    await browser.close();
    rmSync(folder, { recursive: true });
  }
}

async function playOnce(): Promise<Replay> {
  const scenario = await loadScenario('redis-slow', { seed: SEED, fixed: {} });
  const nothing = () => undefined;
  return play(
    {
      ...{ scenario, seed: SEED, server: 'bundled', disk: 'auto', topology: 'local', redact: true },
      ...{ durationMs: 10_000, tracer: 'auto', maxOverhead: 0.05, signal: stop.signal },
      self: [process.execPath, resolve('dist/perfcase.js')],
      progress: (line) => process.stderr.write(`${line}\n`),
    },
    { staged: nothing, filled: nothing, measured: nothing, diagnosed: nothing },
  );
}

/** Nothing of the machine that made the pictures may be seen in them. */
function checkPrivacy(text: string): void {
  for (const own of [hostname(), process.cwd(), homedir()].filter((each) => each.length > 4)) {
    if (text.includes(own)) throw new Error(`the pictures would show "${own}"`);
  }
}

function file(folder: string, name: string, text: string): string {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
}

interface Part {
  readonly width?: number;
  /** From this element, to the one before which it ends; the whole page without them. */
  readonly from?: string;
  readonly until?: string;
}

async function draw(
  browser: Browser,
  path: string,
  name: string,
  { width = 1080, from, until }: Part,
): Promise<void> {
  const page = await browser.newPage({ viewport: { width, height: 800 }, colorScheme: 'light' });
  await page.goto(pathToFileURL(path).href);
  const top = async (selector: string) => {
    const box = await page.locator(selector).boundingBox();
    if (!box) throw new Error(`the page has no ${selector}`);
    return Math.max(0, Math.floor(box.y) - 24);
  };
  const y = from === undefined ? 0 : await top(from);
  const height = Number(await page.evaluate('document.documentElement.scrollHeight'));
  const end = until === undefined ? height : await top(until);
  const target = join(DOCS, name);
  await page.screenshot({ path: target, fullPage: true, clip: { x: 0, y, width, height: end - y } });
  await page.close();
  const { size } = statSync(target);
  if (size > LARGEST_BYTES) throw new Error(`${name} has ${size} bytes, more than ${LARGEST_BYTES}`);
  process.stderr.write(`docs/${name}: ${Math.round(size / 1000)} KB\n`);
}

await main();

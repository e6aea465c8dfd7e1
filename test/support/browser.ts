import { type Browser, chromium } from 'playwright-core';
import { whereIs } from './requirements.ts';

/** The distribution's Chromium, without a window. The caller closes it. */
export function launchBrowser(): Promise<Browser> {
  return chromium.launch({
    executablePath: whereIs('chromium') ?? 'chromium',
    // It has no sandbox for root; it opens nothing but files that were made here.
    args: process.geteuid?.() === 0 ? ['--no-sandbox'] : [],
  });
}

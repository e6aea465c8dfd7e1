import { readFileSync } from 'node:fs';
import { diagnose } from '../../src/analyzers/engine.ts';
import { assemble } from '../../src/capture/assemble.ts';
import type { Report } from '../../src/core/finding.ts';
import { FORMATS, type Format } from '../../src/report/index.ts';

const fixture = (name: string): string =>
  readFileSync(new URL(`../fixtures/${name}.out`, import.meta.url), 'utf8');

/** The report that perfcase makes of everything the case printed. */
export function reportOfTheCase(): Report {
  const log = fixture('strace/ubuntu1804-case--pasted');
  const { facts } = assemble(
    {
      target: { pid: 9085, comm: 'redis-server' },
      outputs: [
        { probe: 'lsof', source: 'lsof', text: fixture('lsof/ubuntu1804-case--p-pasted') },
        { probe: 'lsof', source: 'lsof -i', text: fixture('nsenter/ubuntu1804-case--i-pasted') },
        { probe: 'pidstat', source: 'pidstat', text: fixture('pidstat/ubuntu1804-case--pasted') },
        { probe: 'iostat', source: 'iostat', text: fixture('iostat/ubuntu1804-case--pasted') },
        { probe: 'top', source: 'top', text: fixture('top/ubuntu1804-case--pasted') },
        { probe: 'redis', source: 'redis', text: fixture('redis/ubuntu1804-case--config-pasted') },
      ],
      strace: { text: log, threads: [] },
      missing: {},
      clients: [],
    },
    { redact: true },
  );
  return diagnose(facts, {
    startedAt: '2026-01-01T00:00:00.000Z',
    seconds: 10,
    tracer: { name: 'strace', events: facts.trace!.calls },
  });
}

const EXTENSIONS: Readonly<Record<string, string>> = { text: 'txt', json: 'json', markdown: 'md' };

/** A report's golden file in each format that has one. */
export function goldenReports(): { readonly name: string; readonly path: string; readonly text: string }[] {
  const report = reportOfTheCase();
  return Object.entries(EXTENSIONS).map(([format, extension]) => ({
    name: `report/ubuntu1804-case.${extension}`,
    path: new URL(`../fixtures/report/ubuntu1804-case.${extension}`, import.meta.url).pathname,
    text: FORMATS[format as Format](report, { colour: false }),
  }));
}

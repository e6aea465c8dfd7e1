/**
 * Rewrites test/fixtures/<probe>/<case>.json from what the parsers make of <case>.out, and the reports in
 * test/fixtures/report and test/fixtures/recording. The one script that does: run it, then read the difference before
 * it is committed.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { fixtures, golden } from '../test/probes/fixtures.ts';
import { goldenRecordings } from '../test/recording/cases.ts';
import { goldenReports } from '../test/report/cases.ts';

const files = [
  ...fixtures().map((fixture) => ({ name: fixture.name, path: fixture.expectedPath, text: golden(fixture) })),
  ...goldenReports(),
  ...(await goldenRecordings()),
];
let changed = 0;
for (const { name, path, text } of files) {
  let before: string | undefined;
  try {
    before = readFileSync(path, 'utf8');
  } catch {
    // A new fixture has none yet.
  }
  if (text === before) continue;
  writeFileSync(path, text);
  process.stdout.write(`${before === undefined ? 'new' : 'changed'}: ${name}\n`);
  changed += 1;
}
process.stdout.write(`${changed} of ${files.length} golden files written\n`);

/**
 * Rewrites test/fixtures/<probe>/<case>.json from what the parsers make of <case>.out. The one script that does:
 * run it, then read the difference before it is committed.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { fixtures, golden } from '../test/probes/fixtures.ts';

let changed = 0;
for (const fixture of fixtures()) {
  const text = golden(fixture);
  let before: string | undefined;
  try {
    before = readFileSync(fixture.expectedPath, 'utf8');
  } catch {
    // A new fixture has none yet.
  }
  if (text === before) continue;
  writeFileSync(fixture.expectedPath, text);
  process.stdout.write(`${before === undefined ? 'new' : 'changed'}: ${fixture.name}\n`);
  changed += 1;
}
process.stdout.write(`${changed} of ${fixtures().length} golden files written\n`);

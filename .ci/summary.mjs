// `summary.mjs NAME REPORT CODE …`: reads vitest's JSON reports, prints one line a run and the closing line.
// A run fails when a test failed or was skipped, when nothing ran, or when vitest itself ended with an error.
// Each test that failed is named with what it said, also when it passed at the second try.
import { readFileSync } from 'node:fs';
import { relative } from 'node:path';

const total = { passed: 0, failed: 0, skipped: 0 };
let fine = true;
const args = process.argv.slice(2);
for (let at = 0; at < args.length; at += 3) {
  const [name, file, code] = args.slice(at, at + 3);
  const counts = read(file);
  const { passed, failed, skipped } = counts;
  // An error outside of any test, a failed type check, a time limit.
  if (code !== '0' && failed === 0) counts.failed = 1;
  if (counts.failed > 0 || skipped > 0 || passed === 0) fine = false;
  for (const key of Object.keys(total)) total[key] += counts[key];
  console.log(`${name}: ${line(counts)}${code === '0' ? '' : ` (exit code ${code})`}`);
}
console.log(line(total));
process.exitCode = fine ? 0 : 1;

function read(file) {
  const counts = { passed: 0, failed: 0, skipped: 0 };
  let report;
  try {
    report = JSON.parse(readFileSync(file, 'utf8'));
  } catch {
    console.log(`no report of the tests was written (${file})`);
    counts.failed = 1;
    return counts;
  }
  for (const { name, status, assertionResults, message } of report.testResults) {
    for (const test of assertionResults) {
      if (test.status === 'passed' || test.status === 'failed') counts[test.status]++;
      else counts.skipped++;
      if (test.failureMessages.length > 0) tell(name, test);
    }
    // A file that could not be loaded has no tests to count.
    if (status === 'failed' && !assertionResults.some((test) => test.status === 'failed')) {
      counts.failed++;
      console.log(message);
    }
  }
  return counts;
}

/** The first lines of each message: what was expected, and where. */
function tell(file, { status, fullName, failureMessages }) {
  const what = status === 'passed' ? 'passed at the second try' : status;
  console.log(`${what}: ${relative('', file)} > ${fullName}`);
  for (const message of failureMessages) {
    const lines = message.split('\n').filter((text) => !text.includes('node_modules'));
    console.log(lines.slice(0, 40).join('\n').replace(/^/gm, '    '));
  }
}

function line({ passed, failed, skipped }) {
  return `${passed} passed, ${failed} failed, ${skipped} skipped`;
}

import type { Report } from '../../src/core/finding.ts';
import type { Finished } from './scene.ts';

/** What is said of the machine and not of the target: a test machine may be busy with anything. */
const OF_THE_MACHINE = new Set([
  'cpu-saturated',
  'cpu-steal',
  'disk-saturated',
  'memory-pressure',
  'swapping',
]);

/** The JSON report of a run. @throws with everything that was printed when there is none */
export function reportOf({ code, stdout, stderr }: Finished): Report {
  try {
    return JSON.parse(stdout) as Report;
  } catch {
    throw new Error(`no report (exit code ${code}): ${stdout}${stderr}`);
  }
}

/** Findings about the target. */
export function ownFindings(report: Report): string[] {
  return report.findings.map(({ id }) => id).filter((id) => !OF_THE_MACHINE.has(id));
}

/** The exit code for a target of which nothing was found: the machine itself may still be too busy. */
export function codeOfHealthy(report: Report): number {
  return report.findings.some(({ severity }) => severity !== 'info') ? 3 : 0;
}

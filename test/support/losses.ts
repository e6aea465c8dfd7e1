import { createReadStream, readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Report } from '../../src/core/finding.ts';
import type { Recording } from '../../src/recording/format.ts';
import { judge } from '../../src/recording/judge.ts';
import { readRecording } from '../../src/recording/reader.ts';
import { randomFrom } from './random.ts';

/** Recordings of real servers, each with some thousand calls. */
const FOLDERS = ['test/fixtures/lossy', 'test/fixtures/recording'];

export const lossyRecordings = (): string[] =>
  FOLDERS.flatMap((folder) =>
    readdirSync(folder)
      .filter((name) => name.endsWith('.perfcase'))
      .map((name) => join(folder, name)),
  );

/** What came of judging a log again and again, each time without another part of its lines. */
export interface LossTally {
  readonly causes: readonly string[];
  /** The same causes. */
  same: number;
  /** Fewer, and each that is missing stands under "not checked", with the loss as the reason. */
  fewer: number;
  inconclusive: number;
  /** A cause that the whole log does not show. */
  wrong: string[];
  /** A cause that the whole log shows was ruled out. */
  ruledOut: string[];
}

/**
 * @param part of the lines that is left out at random, 0 to 1
 * @param burst so many in one go at most: a tracer that cannot follow loses runs of them
 */
export async function judgeWithLosses(
  file: string,
  runs: number,
  part: number,
  seed: number,
  burst = 1,
): Promise<LossTally> {
  const recording = await readRecording(createReadStream(file));
  const lines = recording.capture.strace!.text.split('\n');
  const whole = reportOf(recording, lines);
  const causes = whole.findings.map(({ id }) => id);
  const tally: LossTally = { causes, same: 0, fewer: 0, inconclusive: 0, wrong: [], ruledOut: [] };
  for (let run = 0; run < runs; run++) {
    const random = randomFrom(seed + run);
    const report = reportOf(recording, withoutSome(lines, part, burst, random));
    const found = report.findings.map(({ id }) => id);
    const missing = causes.filter((id) => !found.includes(id));
    tally.wrong.push(...found.filter((id) => !causes.includes(id)).map((id) => `${id} (run ${run})`));
    const excused = new Set(report.notChecked.map(({ id }) => id));
    tally.ruledOut.push(...missing.filter((id) => !excused.has(id)).map((id) => `${id} (run ${run})`));
    if (report.verdict === 'inconclusive') tally.inconclusive++;
    else if (missing.length === 0) tally.same++;
    else tally.fewer++;
  }
  return tally;
}

function withoutSome(lines: readonly string[], part: number, burst: number, random: () => number): string[] {
  const begins = part / ((1 + burst) / 2);
  let left = 0;
  return lines.filter(() => {
    if (left === 0 && random() < begins) left = 1 + Math.floor(random() * burst);
    if (left === 0) return true;
    left--;
    return false;
  });
}

function reportOf(recording: Recording, lines: readonly string[]): Report {
  const { capture } = recording;
  const strace = { ...capture.strace!, text: lines.join('\n') };
  return judge({ ...recording, capture: { ...capture, strace } }, { redact: true }).report;
}

import { createReadStream, readdirSync } from 'node:fs';
import { judge, type RecordedReport } from '../../src/recording/judge.ts';
import { readRecording } from '../../src/recording/reader.ts';
import { FORMATS, type Format } from '../../src/report/index.ts';

const FOLDER = new URL('../fixtures/recording/', import.meta.url).pathname;

/** Recordings that older versions made. They stay as they are; their reports change with the rules. */
export const RECORDINGS = readdirSync(FOLDER).filter((name) => name.endsWith('.perfcase'));

export async function reportOfRecording(name: string): Promise<RecordedReport> {
  const recording = await readRecording(createReadStream(`${FOLDER}${name}`));
  return judge(recording, { redact: true }).report;
}

const EXTENSIONS: Readonly<Record<string, Format>> = { txt: 'text', json: 'json' };

/** The golden report of each recording, in each format that has one. */
export async function goldenRecordings(): Promise<{ name: string; path: string; text: string }[]> {
  const files = RECORDINGS.map(async (name) => {
    const report = await reportOfRecording(name);
    return Object.entries(EXTENSIONS).map(([extension, format]) => {
      const file = name.replace(/perfcase$/, extension);
      const text = FORMATS[format](report, { colour: false });
      return { name: `recording/${file}`, path: `${FOLDER}${file}`, text };
    });
  });
  return (await Promise.all(files)).flat();
}

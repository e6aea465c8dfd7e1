import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { goldenRecordings, RECORDINGS, reportOfRecording } from './cases.ts';

describe('recordings of older versions', () => {
  it('give the reports that stand beside them (npm run fixtures)', async () => {
    const golden = await goldenRecordings();
    expect(golden).toHaveLength(2 * RECORDINGS.length);
    for (const { path, text } of golden) expect(text, path).toBe(readFileSync(path, 'utf8'));
  });

  it.each(RECORDINGS)('%s shows the causes that it was made of', async (name) => {
    const { verdict, findings, recording } = await reportOfRecording(name);
    expect(verdict).toBe('found');
    expect(findings.map(({ id }) => id)).toEqual(
      expect.arrayContaining(['write-in-read-path', 'n-plus-one-reads']),
    );
    expect(recording).toMatchObject({ redacted: true, complete: true });
  });
});

import { expect, it } from 'vitest';
import { Story } from '../../../src/cli/replay/story.ts';
import type { PlayedPhase, Replay } from '../../../src/replay/player.ts';
import type { Scenario } from '../../../src/scenario/scenario.ts';

const scenario = {
  ...{ id: 'unindexed-search', title: 'A search', parameters: {}, prepare: [] },
} as unknown as Scenario;

const phase = (title: string, seconds: number): PlayedPhase =>
  ({
    phase: { id: title, title, why: '', config: {}, remove: [], load: [], mends: [] },
    ...{
      asked: 'GET /get_cache_data?count=1000',
      seconds,
      samples: Array.from({ length: 20 }, () => seconds),
    },
  }) as unknown as PlayedPhase;

it('fits into 80 columns, and figures stand below their heads, however long a name is', () => {
  let text = '';
  const story = new Story(scenario, false, (more) => {
    text += more;
  });
  const slow = phase('The symptom', 0.0253);
  const mended = phase('Fix: CREATE INDEX by_name ON products (name)', 0.00716);
  story.measured(slow, undefined);
  story.measured(mended, slow);
  story.finish({
    scenario,
    phases: [slow, mended],
    report: { findings: [] },
    notFound: [],
  } as unknown as Replay);
  const lines = text.split('\n');
  expect(lines.filter((line) => line.length > 80)).toEqual([]);
  expect(text.replaceAll(/\s+/g, ' ')).toContain(
    'GET /get_cache_data?count=1000 takes 7.16 ms (median of 20), 3.5 times as fast as before',
  );
  const end = (part: string) => {
    const line = lines.findLast((each) => each.includes(part))!;
    return line.indexOf(part) + part.length;
  };
  expect(end('7.16 ms')).toBe(end(' here'));
  expect(text.replaceAll(/\s+/g, ' ')).toContain('Fix: CREATE INDEX by_name ON products (name) 7.16 ms');
});

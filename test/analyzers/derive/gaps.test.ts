import { describe, expect, it } from 'vitest';
import { deriveTrace } from '../../../src/analyzers/derive/trace.ts';
import { parseStrace } from '../../../src/probes/strace.ts';

describe('a log with gaps', () => {
  const derive = (text: string) =>
    deriveTrace({
      ...{ items: parseStrace(text).items, source: 'strace', groups: new Map(), descriptors: [] },
      targetPid: 1,
    });
  const line = (at: string, call: string) => `[pid 1] 17000000${at} ${call} <0.000010>\n`;
  const get = (at: string) => line(at, 'read(8, "*2\\r\\n$3\\r\\nGET\\r\\n$1\\r\\na\\r\\n", 100) = 20');
  const gap = '... not watched for 2.700 s\n';

  it('answers nothing across a gap', () => {
    const nil = line('03.000000', 'write(8, "$-1\\r\\n", 5) = 5');
    const { commands, blindSpots } = derive(
      `${get('00.000000')}${gap}${nil}${get('03.100000')}${line('03.200000', 'write(8, "$2\\r\\nok\\r\\n", 8) = 8')}`,
    );
    expect(commands.map(({ name, reply }) => [name, reply?.text])).toEqual([
      ['GET', undefined],
      ['GET', 'ok'],
    ]);
    expect(blindSpots).toEqual([
      'Calls were watched in 2 short windows, each attached mid-stream; what began in one and ended behind it is not used.',
    ]);
  });

  it('does not put the halves of two commands together', () => {
    const first = line('00.000000', 'read(8, "*2\\r\\n$3\\r\\nGET\\r\\n$4\\r\\nab", 100) = 19');
    const rest = line('03.000000', 'read(8, "yz\\r\\n", 100) = 4');
    expect(derive(`${get('00.000000')}${first}${gap}${rest}${get('03.100000')}`).commands).toHaveLength(2);
  });

  it('holds no command in a sync behind the gap', () => {
    const sync = line('03.000000', 'fdatasync(7) = 0');
    const append = line('02.900000', 'write(7, "*1\\r\\n$4\\r\\nINCR\\r\\n", 14) = 14');
    const { syncs } = derive(`${get('00.000000')}${gap}${append}${sync}`);
    expect(syncs.map(({ held }) => held.length)).toEqual([0]);
  });
});

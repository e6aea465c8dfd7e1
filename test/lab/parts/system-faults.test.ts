import { describe, expect, it } from 'vitest';
import { Connection } from '../../../src/lab/parts/connection.ts';
import { readFault } from '../../../src/scenario/fault.ts';
import { readYaml } from '../../../src/scenario/field.ts';
import { start } from '../../kvserver/harness.ts';

const faultOf = (yaml: string) => readYaml(yaml, 'x.yaml', (root) => readFault(root, 0));

describe('a connection that writes each request in two', () => {
  it('is answered as others are, also when it does not wait', async () => {
    const server = { host: '127.0.0.1', port: (await start()).port };
    const connection = await Connection.open(server, { inTwoWrites: true });
    const replies = await Promise.all(
      ['a', 'b', 'c'].map((value) => connection.ask(['ECHO', value.repeat(50)])),
    );
    expect(replies).toEqual(['a'.repeat(50), 'b'.repeat(50), 'c'.repeat(50)]);
    connection.close();
  });
});

describe('faults of the system', () => {
  it('are read', () => {
    expect(faultOf('iops-limit: { writes: 30 }')).toEqual({
      kind: 'iops-limit',
      name: 'iops-limit',
      writes: 30,
    });
    expect(faultOf('pinned: true')).toEqual({ kind: 'pinned', name: 'pinned' });
    expect(faultOf('spins: { busy: 1, pinned: true }')).toMatchObject({
      part: { spec: { kind: 'spinner', busy: 1, pinned: true } },
    });
    expect(faultOf('{ do: [[PING]], together: 250ms, in-two-writes: true, connections: 60 }')).toMatchObject({
      part: { spec: { togetherMs: 250, inTwoWrites: true } },
    });
  });

  it.each(['iops-limit: { writes: 0 }', 'pinned: false'])('%s is refused', (yaml) => {
    expect(() => faultOf(yaml)).toThrow(/x\.yaml/);
  });
});

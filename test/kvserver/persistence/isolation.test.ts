import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { datasetDigest } from '../../../src/kvserver/commands/debug-digest.ts';
import { execute } from '../../../src/kvserver/dispatch.ts';
import { ByteSink } from '../../../src/kvserver/rdb/byte-sink.ts';
import { encodeRdb } from '../../../src/kvserver/rdb/encode.ts';
import { STEP } from '../differential/commands.ts';
import { emptyServer, load } from '../rdb/rdb-text.ts';

/** Many commands, over five keys, so that most of them meet a value that the snapshot has still to read. */
const COMMANDS = fc.array(
  STEP.map(({ args }) => args),
  { minLength: 40, maxLength: 40 },
);

describe('a snapshot', () => {
  it('holds what was there when it was opened, whatever is changed between any two steps of writing it', () => {
    fc.assert(
      fc.property(COMMANDS, COMMANDS, fc.integer({ min: 1, max: 8 }), (before, meanwhile, pace) => {
        const server = emptyServer();
        const session = server.openSession();
        for (const args of before) execute(session, args);
        // A key whose time has come and that nobody has met yet would be left out when the file is loaded.
        for (const db of server.keyspaces) for (const key of db.table.toArray()) db.expireIfDue(key);
        const digest = datasetDigest(server.keyspaces);
        const sink = new ByteSink(true);
        const options = { ...server.persistence.rdbOptions(false), checksum: true };
        const encoding = encodeRdb(server.persistence.openSnapshot().databases(), sink, options);
        const commands = meanwhile.values();
        for (const _ of encoding) {
          for (let i = 0; i < pace; i++) {
            const args = commands.next().value;
            if (args) execute(session, args);
          }
        }
        server.persistence.closeSnapshot();
        expect(datasetDigest(load(sink.take()).server.keyspaces)).toBe(digest);
      }),
      { numRuns: 300 },
    );
  });
});

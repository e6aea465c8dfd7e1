import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { afterEach, expect, it } from 'vitest';
import { judge } from '../../src/recording/judge.ts';
import { readRecording } from '../../src/recording/reader.ts';
import { Redactor } from '../../src/recording/redact/capture.ts';
import { harmTo } from '../support/processes.ts';
import { describeNeeds } from '../support/requirements.ts';
import { Scene } from '../support/scene.ts';
import { foundIn, type Planted, plantSecrets } from '../support/secrets.ts';

const scene = new Scene();
afterEach(() => scene.close());

const CLIENT = new URL('../support/secret-client.mjs', import.meta.url).pathname;

/** A server with the application that handles the secrets, asked over HTTP until the scene closes. */
async function application(planted: Planted): Promise<{ pid: number; answers: () => number }> {
  const server = await scene.redis({ directives: { appendonly: 'yes', appendfsync: 'always' } });
  const plan = join(await scene.folder(), 'plan');
  await writeFile(plan, planted.steps.map((step) => JSON.stringify(step)).join('\n'));
  const parts = String(planted.requests.length);
  const client = scene.spawn([process.execPath, CLIENT, String(server.port), plan, parts, ...planted.argv]);
  const port = (await client.prints(/ready on 127\.0\.0\.1:(\d+) /))[1]!;
  let answers = 0;
  let over = false;
  const asking = (async () => {
    for (let at = 0; !over; at++) {
      const { path, headers, body } = planted.requests[at % planted.requests.length]!;
      const url = `http://127.0.0.1:${port}${path}`;
      await fetch(url, { method: 'POST', headers, body }).then((response) => response.text());
      answers++;
    }
  })().catch(() => undefined);
  scene.defer(async () => {
    over = true;
    await asking;
  });
  return { pid: server.pid, answers: () => answers };
}

describeNeeds(['dist', 'ptrace', 'redis-server'], 'a thousand planted secrets', () => {
  it('none is in a recording; the diagnosis is the one without redaction', async () => {
    const planted = plantSecrets();
    const count = [...planted.kinds.values()].reduce((sum, each) => sum + each.length, 0);
    expect(count).toBeGreaterThan(1000);
    const { pid, answers } = await application(planted);
    const folder = await scene.folder();
    const record = async (name: string, ...more: string[]) => {
      const file = join(folder, name);
      const before = answers();
      const args = [
        'record',
        '--pid',
        String(pid),
        '--duration',
        '8s',
        '--max-overhead',
        '100%',
        '--output',
        file,
      ];
      const { code, stderr } = await scene.perfcase([...args, ...more]).finished;
      expect(code, stderr).toBe(0);
      expect(harmTo(pid)).toBeUndefined();
      return {
        file,
        requests: answers() - before,
        text: gunzipSync(await readFile(file)).toString('latin1'),
      };
    };
    const open = await record('open', '--no-redact');
    const closed = await record('closed');

    // The same traffic without redaction shows that they were there to be found.
    const there = foundIn(open.text, planted.kinds);
    const ofTraffic = [...planted.kinds.keys()].filter((kind) => kind !== 'an argument');
    expect(ofTraffic.filter((kind) => !there.has(kind))).toEqual([]);
    const seen = [...there.values()].reduce((sum, each) => sum + each, 0);
    process.stdout.write(
      `secrets: ${count} planted, ${seen} in the recording without redaction, ` +
        `${foundIn(closed.text, planted.kinds).size} kinds in the redacted one (${closed.requests} requests)\n`,
    );
    expect(Object.fromEntries(foundIn(closed.text, planted.kinds))).toEqual({});
    expect(closed.text).toContain('SADD');

    const { manifest, capture } = await readRecording(
      (async function* () {
        yield await readFile(open.file);
      })(),
    );
    const { recording: _, ...raw } = judge({ manifest, capture }, { redact: true }).report;
    const redacted = judge({ manifest, capture: new Redactor().capture(capture) }, { redact: true }).report;
    expect({ ...redacted, recording: undefined }).toEqual({ ...raw, recording: undefined });
    expect(raw.verdict).toBe('found');
  });
});

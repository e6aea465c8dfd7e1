import { join } from 'node:path';
import { afterEach, expect, it } from 'vitest';
import type { Report } from '../../src/core/finding.ts';
import { describeNeeds, PYTHON } from '../support/requirements.ts';
import { Scene } from '../support/scene.ts';

let scene = new Scene();
afterEach(async () => {
  await scene.close();
  scene = new Scene();
});

/** Without a budget: a request has to be seen whole, whatever tracer the machine offers. */
async function diagnose(pid: number): Promise<Report> {
  const args = [
    'diagnose',
    '--pid',
    String(pid),
    '--duration',
    '2s',
    '--max-overhead',
    '100%',
    '--format',
    'json',
  ];
  const { stdout, stderr } = await scene.perfcase(args).finished;
  expect(stderr).not.toMatch(/internal error/);
  return JSON.parse(stdout) as Report;
}
const scanIn = ({ findings }: Report) => findings.find(({ id }) => id === 'table-scan');

describeNeeds(['dist', 'ptrace', 'python:sqlite3'], 'an application with an embedded SQL database', () => {
  it('scans its table for each request, until there is an index', async () => {
    const file = join(await scene.folder(), 'orders.db');
    const child = scene.spawn([PYTHON, 'test/support/table-app.py', file, '10000']);
    const port = Number((await child.prints(/ready on \S+:(\d+)/))[1]);
    const app = { child, pid: child.pid, port, dir: '' };
    scene.load(app, '/orders?customer=4711');
    const scan = scanIn(await diagnose(app.pid));
    expect(scan?.why).toContain(`of ${file} from page to page`);
    expect(scan).toMatchObject({
      measures: { requests: { unit: 'count' } },
      fix: { command: expect.stringMatching(/INDEX/) },
    });
    expect(scan!.measures.bytesPerRequest!.value).toBeGreaterThan(2.5e6);
    expect(scan!.prediction!.after).toBeLessThan(scan!.prediction!.before);
    const made = await fetch(`http://127.0.0.1:${port}/index`, {
      method: 'POST',
      headers: { connection: 'close' },
    });
    await made.text();
    expect(scanIn(await diagnose(app.pid))).toBeUndefined();
  });
});

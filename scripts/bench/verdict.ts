import type { Report } from '../../src/core/finding.ts';
import { quantile } from '../../src/core/units.ts';
import { slowDiskSupport } from '../../src/lab/slow-disk-support.ts';
import { TRACERS, type TracerName } from '../../src/tracers/ladder.ts';
import { type Listener, Scene } from '../../test/support/scene.ts';
import type { Table } from './table.ts';

/** From the end of the window to the last byte of the verdict; the issue's own goal. */
const GOAL_SECONDS = 1.5;
const WINDOW = '10s';
const RUNS = 3;

interface Sample {
  readonly seconds: number;
  readonly lines: number;
}

/** How long one waits for the verdict, on the slow case of a redis-server. */
export async function verdictTable(say: (line: string) => void): Promise<Table> {
  const rows: string[][] = [];
  const support = slowDiskSupport();
  if (!support.ok) say(`left out: the case on a slow disk (${support.reason})`);
  const places = [
    ...(support.ok ? [{ name: 'slow disk', isSlow: true }] : []),
    { name: "this machine's disk", isSlow: false },
  ];
  for (const [{ name, isSlow }, tracer] of places.flatMap((place) =>
    TRACERS.map((each) => [place, each] as const),
  )) {
    const samples = await diagnoses(isSlow, tracer, (at) =>
      say(`the case on ${name}, ${tracer}: diagnosis ${at} of ${RUNS}`),
    );
    const seconds = samples.map((sample) => sample.seconds);
    const lines = quantile(
      samples.map((sample) => sample.lines),
      0.5,
    )!;
    rows.push([
      `${name}, ${tracer}`,
      String(samples.length),
      Math.round(lines).toLocaleString('en'),
      `${quantile(seconds, 0.5)!.toFixed(2)} s`,
      `${Math.max(...seconds).toFixed(2)} s`,
    ]);
  }
  return {
    title: `From the end of a window of ${WINDOW} to the printed verdict`,
    head: ['the case on redis-server, tracer', 'runs', 'log lines', 'median', 'longest'],
    rows,
    notes: [`Log lines: median. Goal: at most ${GOAL_SECONDS} s. It includes detaching.`],
  };
}

async function diagnoses(isSlow: boolean, tracer: TracerName, tell: (at: number) => void): Promise<Sample[]> {
  const scene = new Scene();
  try {
    const disk = isSlow ? { dir: (await scene.slowDisk()).mountPoint } : {};
    const server = await scene.redis({ ...disk, directives: { appendonly: 'yes', appendfsync: 'always' } });
    const app = await scene.app(server);
    await scene.get(app, '/init/600');
    scene.load(app, '/get_cache');
    const samples: Sample[] = [];
    for (let at = 1; at <= RUNS; at++) {
      tell(at);
      samples.push(await diagnose(scene, server, tracer));
    }
    return samples;
  } finally {
    await scene.close();
  }
}

async function diagnose(scene: Scene, server: Listener, tracer: TracerName): Promise<Sample> {
  const options = ['--duration', WINDOW, '--tracer', tracer, '--max-overhead', '100%', '--format', 'json'];
  const child = scene.perfcase(['diagnose', '--pid', String(server.pid), ...options]);
  let printedAt = 0;
  child.process.stdout!.on('data', () => {
    printedAt = Date.now();
  });
  const { code, stdout, stderr } = await child.finished;
  if (code !== 3) throw new Error(`no finding (exit code ${code}): ${stderr}`);
  const { window, tracer: used } = JSON.parse(stdout) as Report;
  return { seconds: (printedAt - Date.parse(window.endedAt!)) / 1000, lines: used?.events ?? 0 };
}

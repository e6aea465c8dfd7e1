import { quantile } from '../core/units.ts';
import { type Stage, type StageRequest, setStage } from '../replay/stage.ts';
import type { AskOptions } from '../replay/stage-client.ts';
import { runLocal } from '../runners/local.ts';
import { excerptOf } from './excerpt.ts';
import type { Fix, Lesson, Look } from './lesson.ts';

/** What a workshop works on: the patient, live, with its clients. */
export interface Lab {
  /** What stands around it, in words. */
  readonly about: readonly string[];
  /** Median seconds of a few requests, alone. */
  measure(): Promise<number>;
  /** Puts the numbers of this lab into a text: {serverPid}, {appPid}, {port}. */
  fill(text: string): string;
  /** What the tool prints of the patient while its clients work. */
  look(look: Look): Promise<string[]>;
  apply(fix: Fix): Promise<void>;
  close(): Promise<void>;
}

const SAMPLES: AskOptions = { count: 3, durationMs: 5000 };
const LOOK_MS = 20_000;

/** Starts server, application and disk, and fills the keys. @throws UserError when a part does not start */
export async function openLab(lesson: Lesson, keys: number, request: StageRequest): Promise<Lab> {
  const stage = await setStage(request);
  try {
    request.progress(`filling ${keys} keys`);
    await stage.ask(`/init/${keys}`, { count: 1 });
    return new LiveLab(lesson.path, stage, request.signal);
  } catch (error) {
    await stage.close();
    throw error;
  }
}

class LiveLab implements Lab {
  constructor(
    private path: string,
    private readonly stage: Stage,
    private readonly signal: AbortSignal,
  ) {}

  get about(): readonly string[] {
    const { serverName, serverPid, serverPort, appPid, appUrl } = this.stage.facts;
    return [
      `server       ${serverName}, pid ${serverPid}, port ${serverPort}`,
      `application  perfcase app, pid ${appPid}, at ${appUrl}`,
    ];
  }

  async measure(): Promise<number> {
    const samples = await this.stage.ask(this.path, SAMPLES);
    const seconds = samples.map((sample) => sample.elapsedSeconds ?? sample.seconds);
    return quantile(seconds, 0.5)!;
  }

  fill(text: string): string {
    const { serverPid, appPid, serverPort } = this.stage.facts;
    return text
      .replaceAll('{serverPid}', String(serverPid))
      .replaceAll('{appPid}', String(appPid))
      .replaceAll('{port}', String(serverPort));
  }

  async look(look: Look): Promise<string[]> {
    if (look.text !== undefined) return look.text.split('\n');
    const load = this.stage.load(this.path);
    try {
      return look.config === undefined ? await this.run(look) : await this.settings(look.config);
    } finally {
      await load.stop();
    }
  }

  async apply({ config, path }: Fix): Promise<void> {
    if (path !== undefined) this.path = path;
    for (const [directive, value] of Object.entries(config))
      await this.stage.send(['CONFIG', 'SET', directive, value]);
  }

  close(): Promise<void> {
    return this.stage.close();
  }

  private async run({ run, excerpt }: Look): Promise<string[]> {
    const [file, ...args] = run!.map((word) => this.fill(word));
    const { stdout, stderr, reason } = await runLocal({ file: file!, args, timeoutMs: LOOK_MS }, this.signal);
    // strace writes to standard error.
    const printed = stdout === '' ? stderr : stdout;
    return printed === '' ? [reason ?? `${file} printed nothing`] : excerptOf(printed, excerpt);
  }

  /** "appendfsync always", one a line. */
  private async settings(pattern: string): Promise<string[]> {
    const reply = await this.stage.send(['CONFIG', 'GET', pattern]);
    if (!Array.isArray(reply)) return [JSON.stringify(reply)];
    return reply.flatMap((name, at) => (at % 2 === 0 ? [`${String(name)} ${String(reply[at + 1])}`] : []));
  }
}

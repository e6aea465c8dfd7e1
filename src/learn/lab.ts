import { Redis } from 'ioredis';
import { EXIT, UserError } from '../core/errors.ts';
import { quantile } from '../core/units.ts';
import { runLoad } from '../lab/load.ts';
import { type Stage, type StageRequest, setStage } from '../replay/stage.ts';
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

const SAMPLES = 3;
const MEASURE_MS = 5000;
const LOOK_MS = 20_000;

/** Starts server, application and disk, and fills the keys. @throws UserError when a part does not start */
export async function openLab(
  lesson: Lesson,
  request: StageRequest & { readonly keys: number },
): Promise<Lab> {
  const stage = await setStage(request);
  try {
    request.progress(`filling ${request.keys} keys`);
    await secondsOf(`${stage.appUrl}/init/${request.keys}`, request.signal);
    return new LiveLab(lesson, stage, request.signal);
  } catch (error) {
    await stage.close();
    throw error;
  }
}

class LiveLab implements Lab {
  private path: string;

  constructor(
    lesson: Lesson,
    private readonly stage: Stage,
    private readonly signal: AbortSignal,
  ) {
    this.path = lesson.path;
  }

  get about(): readonly string[] {
    const { serverName, serverPid, serverPort, appPid, appUrl, disk } = this.stage;
    return [
      `server       ${serverName}, pid ${serverPid}, port ${serverPort}`,
      `application  perfcase app, pid ${appPid}, at ${appUrl}`,
      `disk         ${disk}`,
    ];
  }

  async measure(): Promise<number> {
    const samples: number[] = [];
    const until = performance.now() + MEASURE_MS;
    do samples.push(await secondsOf(this.url, this.signal));
    while (samples.length < SAMPLES && performance.now() < until);
    return quantile(samples, 0.5)!;
  }

  fill(text: string): string {
    const { serverPid, appPid, serverPort } = this.stage;
    return text
      .replaceAll('{serverPid}', String(serverPid))
      .replaceAll('{appPid}', String(appPid))
      .replaceAll('{port}', String(serverPort));
  }

  async look(look: Look): Promise<string[]> {
    if (look.text !== undefined) return look.text.split('\n');
    const stop = new AbortController();
    const load = runLoad(new URL(this.url), {
      signal: AbortSignal.any([stop.signal, this.signal]),
      monotonic: () => performance.now(),
    });
    try {
      return look.config === undefined ? await this.run(look) : await this.settings(look.config);
    } finally {
      stop.abort();
      await load;
    }
  }

  async apply({ config, path }: Fix): Promise<void> {
    if (path !== undefined) this.path = path;
    await this.withServer(async (client) => {
      for (const [directive, value] of Object.entries(config)) await client.config('SET', directive, value);
    });
  }

  async close(): Promise<void> {
    await this.stage.close();
  }

  private get url(): string {
    return `${this.stage.appUrl}${this.path}`;
  }

  private async run({ run, excerpt }: Look): Promise<string[]> {
    const [file, ...args] = run!.map((word) => this.fill(word));
    const { stdout, stderr, reason } = await runLocal({ file: file!, args, timeoutMs: LOOK_MS }, this.signal);
    // strace writes to standard error.
    const printed = stdout === '' ? stderr : stdout;
    return printed === '' ? [reason ?? `${file} printed nothing`] : excerptOf(printed, excerpt);
  }

  private settings(pattern: string): Promise<string[]> {
    return this.withServer(async (client) => {
      const reply = (await client.config('GET', pattern)) as string[] | Record<string, string>;
      const pairs = Array.isArray(reply)
        ? reply.flatMap((name, at) => (at % 2 === 0 ? [[name, reply[at + 1]]] : []))
        : Object.entries(reply);
      return pairs.map(([name, value]) => `${name} ${value}`);
    });
  }

  private async withServer<T>(use: (client: Redis) => Promise<T>): Promise<T> {
    const client = new Redis({
      host: '127.0.0.1',
      port: this.stage.serverPort,
      lazyConnect: true,
      retryStrategy: () => null,
    });
    client.on('error', () => undefined);
    try {
      await client.connect();
      return await use(client);
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      throw new UserError(`the server of the workshop did not answer (${reason}).`, EXIT.failure);
    } finally {
      client.disconnect();
    }
  }
}

/** One request of the application; the seconds that it says it took. */
async function secondsOf(url: string, signal: AbortSignal): Promise<number> {
  let seconds: number | undefined;
  let failure = 'no answer';
  await runLoad(new URL(url), {
    count: 1,
    signal,
    monotonic: () => performance.now(),
    onSample: (sample) => {
      if (sample.error === undefined) seconds = sample.elapsedSeconds ?? sample.seconds;
      else failure = sample.error;
    },
  });
  signal.throwIfAborted();
  if (seconds === undefined)
    throw new UserError(`the application did not answer ${url}: ${failure}.`, EXIT.failure);
  return seconds;
}

import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { CommandSpec } from '../core/capture.ts';
import { EXIT, UserError } from '../core/errors.ts';
import type { FillPart, HttpPart, PartNews, PartOrder, PartSpec } from '../core/lab-part.ts';
import { type Background, startBackground } from '../runners/background.ts';
import { dyingWithUs } from '../runners/guarded.ts';
import { runLocal } from '../runners/local.ts';
import { isOnPath } from '../runners/on-path.ts';
import type { Part } from '../scenario/part.ts';
import type { Stage } from './stage.ts';

export interface CastRequest {
  readonly seed: number;
  /** How this program is called again. */
  readonly self: readonly [string, ...string[]];
  readonly signal: AbortSignal;
  /** Where the scenario's own programs lie. */
  readonly scripts: string;
}

interface Player {
  readonly part: Part;
  readonly children: readonly Background[];
}

/** What the turns of a part showed since some moment. */
export interface Seen {
  /** Milliseconds each, in the order in which they ended. */
  readonly turnsMs: readonly number[];
  /** Of each turn. */
  readonly commands: readonly number[];
}

const READY_MS = 15_000;
const LIFE_MS = 3_600_000;

/** The parts of a scenario, each a process of its own. A part that stands in for another takes its slot. */
export class Cast {
  private readonly playing = new Map<string, Player>();
  private readonly slots = new Map<string, string>();
  private readonly samples = new Map<string, PartNews['samples'][number][]>();
  /** The last error that a part told of, by slot. */
  readonly errors = new Map<string, string>();
  /** Where programs that are no clients listen, by slot. */
  private readonly ports = new Map<string, number>();
  private starts = 0;

  constructor(
    private readonly stage: Stage,
    private readonly request: CastRequest,
  ) {}

  /** Starts a part; one that has its slot is ended first. Resolves when it is at work. */
  async start(part: Part): Promise<void> {
    const slot = part.instead === undefined ? part.name : this.slotOf(part.instead);
    this.slots.set(part.name, slot);
    await this.end(slot);
    const children: Background[] = [];
    this.playing.set(slot, { part, children });
    for (let i = 0; i < part.processes; i++) children.push(await this.startProcess(part, slot));
  }

  slotOf(name: string): string {
    return this.slots.get(name) ?? name;
  }

  /** Ends whoever has the slot of this part. */
  async end(name: string): Promise<void> {
    const slot = this.slotOf(name);
    const player = this.playing.get(slot);
    this.playing.delete(slot);
    for (const child of player?.children ?? []) child.stop();
    await Promise.all((player?.children ?? []).map((child) => child.ended));
  }

  async close(): Promise<void> {
    await Promise.all([...this.playing.keys()].map((slot) => this.end(slot)));
  }

  /** Who has the slot of this part now. */
  inSlot(name: string): Part | undefined {
    return this.playing.get(this.slotOf(name))?.part;
  }

  pidOf(name: string): number | undefined {
    return this.playing.get(this.slotOf(name))?.children[0]?.pid;
  }

  /** Turns of whoever had the slot that began at `fromMs` (CLOCK_MONOTONIC) or later. */
  seen(name: string, fromMs: number): Seen {
    const rows = (this.samples.get(this.slotOf(name)) ?? []).filter(([startMs]) => startMs >= fromMs);
    return {
      turnsMs: rows.map(([, tookMs]) => tookMs),
      commands: rows.map(([, , commands]) => commands),
    };
  }

  /** One request of a python part. @throws UserError when it fails */
  ask(of: string, path: string): Promise<void> {
    return this.runToEnd({ kind: 'http', of, path, connections: 1, pauseMs: 0, once: true });
  }

  /** Runs a part that ends by itself. @throws UserError when it fails */
  async runToEnd(spec: FillPart | HttpPart): Promise<void> {
    const { signal } = this.request;
    const outcome = await runLocal(this.commandOf(spec), signal);
    signal.throwIfAborted();
    if (outcome.status !== 'captured') throw new UserError(`${outcome.reason}`, EXIT.failure);
  }

  /** A client of the server runs in the server's network, a client of the application where that one's clients are. */
  private commandOf(spec: PartSpec): CommandSpec {
    const { self, seed, scripts } = this.request;
    const { facts, folder, beside, outside } = this.stage;
    if (spec.kind === 'python') {
      if (!isOnPath('python3'))
        throw new UserError(
          'python3 is not installed; apt-get install python3 brings it.',
          EXIT.inconclusive,
        );
      const own = spec.args.map((arg) => arg.replaceAll('{port}', String(facts.serverPort)));
      const args = [join(scripts, spec.script), folder, ...own];
      return beside({ file: 'python3', args, timeoutMs: LIFE_MS, title: spec.script });
    }
    const of = spec.kind === 'http' ? spec.of : undefined;
    const appUrl = of === undefined ? facts.appUrl : this.urlOf(of);
    const order: PartOrder = {
      spec,
      seed: seed * 100 + this.starts++,
      server: { host: '127.0.0.1', port: facts.serverPort },
      ...(appUrl === undefined ? {} : { appUrl }),
      folder,
    };
    const [file, ...args] = [...self, 'lab-part', JSON.stringify(order)];
    const command = { file: file!, args, timeoutMs: LIFE_MS, title: 'a part of the scenario' };
    return spec.kind === 'http' && of === undefined ? outside(command) : beside(command);
  }

  private urlOf(name: string): string {
    const port = this.ports.get(this.slotOf(name));
    if (port === undefined) throw new UserError(`the part "${name}" is no server that runs.`, EXIT.failure);
    return `http://127.0.0.1:${port}`;
  }

  private async startProcess(part: Part, slot: string): Promise<Background> {
    const { signal } = this.request;
    const read = lineReader((line) => this.hear(slot, line));
    let said = '';
    const child = startBackground(
      dyingWithUs(this.commandOf(part.spec)),
      (chunk) => {
        if (said.length < 1000) said += chunk.toString('utf8');
        read(chunk);
      },
      (chunk) => {
        if (said.length < 1000) said += chunk.toString('utf8');
      },
    );
    let over = false;
    void child.ended.then(() => {
      over = true;
    });
    const until = performance.now() + READY_MS;
    while (!said.includes('ready\n')) {
      if (signal.aborted || over || performance.now() > until) {
        child.stop();
        signal.throwIfAborted();
        throw new UserError(`the part "${part.name}" did not start: ${said.trim()}`, EXIT.failure);
      }
      await sleep(10);
    }
    const port = /^port (\d+)$/m.exec(said)?.[1];
    if (port !== undefined) this.ports.set(slot, Number(port));
    return child;
  }

  private hear(slot: string, line: string): void {
    if (!line.startsWith('{')) return;
    const news = JSON.parse(line) as PartNews;
    const samples = this.samples.get(slot) ?? [];
    samples.push(...news.samples);
    this.samples.set(slot, samples);
    if (news.error !== undefined) this.errors.set(slot, news.error);
  }
}

function lineReader(take: (line: string) => void): (chunk: Buffer) => void {
  let rest = '';
  return (chunk) => {
    const lines = (rest + chunk.toString('utf8')).split('\n');
    rest = lines.pop()!;
    for (const line of lines) take(line);
  };
}

import type { CommandSpec } from '../core/capture.ts';
import { EXIT, UserError } from '../core/errors.ts';
import type { LoadSample } from '../lab/load.ts';
import type { Topology } from '../lab/topology.ts';
import { startBackground } from '../runners/background.ts';
import { dyingWithUs } from '../runners/guarded.ts';
import { runLocal } from '../runners/local.ts';

const LIFE_MS = 3_600_000;
const SEND_MS = 30_000;

interface Parts {
  readonly topology: Topology;
  readonly self: readonly [string, ...string[]];
  readonly signal: AbortSignal;
}

export interface AskOptions {
  /** Requests in all. */
  readonly count: number;
  /** No request is begun after this time; the first one always is. */
  readonly durationMs?: number;
}

/**
 * Asks the application from where the client is, one request after the other.
 * @returns one sample a request, all of them answered well
 * @throws UserError when a request failed; the signal's reason when interrupted
 */
export async function ask(
  url: string,
  { count, durationMs }: AskOptions,
  parts: Parts,
): Promise<LoadSample[]> {
  const limit = durationMs === undefined ? [] : ['--duration', `${durationMs}ms`];
  const command = perfcase(parts, 'load', url, '--format', 'json', '--count', String(count), ...limit);
  const outcome = await runLocal(dyingWithUs(parts.topology.outside(command)), parts.signal);
  parts.signal.throwIfAborted();
  const samples = outcome.stdout
    .split('\n')
    .filter((line) => line.startsWith('{"number"'))
    .map((line) => JSON.parse(line) as LoadSample);
  const failed = samples.find(({ error }) => error !== undefined);
  if (samples.length > 0 && !failed) return samples;
  const why = failed?.error ?? outcome.reason ?? 'no answer';
  throw new UserError(`the application did not answer ${url}: ${why}.`, EXIT.failure);
}

/** A load that goes on until it is stopped. */
export interface Load {
  stop(): Promise<void>;
}

/** The client loop, as a process of its own where the client is. It gives up by itself when nobody answers. */
export function startLoad(url: string, parts: Parts): Load {
  const command = perfcase(parts, 'load', url, '--format', 'json');
  const child = startBackground(dyingWithUs(parts.topology.outside(command)), () => undefined);
  return {
    stop: async () => {
      child.stop('SIGTERM');
      await child.ended;
    },
  };
}

/**
 * Sends one command to the server, from beside it.
 * @returns its reply as JSON has it
 * @throws UserError with the server's error
 */
export async function send(port: number, words: readonly string[], parts: Parts): Promise<unknown> {
  const command = perfcase(parts, 'send', `127.0.0.1:${port}`, '--', ...words);
  const outcome = await runLocal({ ...parts.topology.beside(command), timeoutMs: SEND_MS }, parts.signal);
  parts.signal.throwIfAborted();
  if (outcome.status === 'captured') return JSON.parse(outcome.stdout);
  const why =
    outcome.stderr
      .trim()
      .split('\n')
      .at(-1)
      ?.replace(/^perfcase: /, '') || outcome.reason;
  throw new UserError(`the server did not take ${words.join(' ')}: ${why}`, EXIT.failure);
}

function perfcase({ self: [file, ...args] }: Parts, ...more: readonly string[]): CommandSpec {
  return { file, args: [...args, ...more], timeoutMs: LIFE_MS, title: `perfcase ${more[0]}` };
}

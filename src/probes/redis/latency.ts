import type { Redis } from 'ioredis';
import { authenticate, openClient, type ServerRequest } from './capture.ts';
import { failureOf, ServerError, type ServerFailure } from './failures.ts';

export interface LatencySpike {
  /** Epoch seconds on the server's clock. */
  readonly at: number;
  readonly ms: number;
}

/** The spikes of one event that the server's latency monitor keeps: one a second at most, the worst of it. */
export interface LatencySeries {
  readonly event: string;
  /** Oldest first. */
  readonly spikes: readonly LatencySpike[];
  readonly worstEverMs: number;
}

/** What a server's latency monitor knows. */
export interface LatencyReading {
  /** "127.0.0.1:6379", or a socket's path. */
  readonly server: string;
  /** 0: the monitor is off. Absent where CONFIG GET is refused. */
  readonly thresholdMs?: number;
  /** Epoch seconds on the server's clock, when it was read. */
  readonly nowSeconds: number;
  readonly series: readonly LatencySeries[];
}

export type LatencyOutcome =
  | { readonly status: 'read'; readonly reading: LatencyReading }
  | { readonly status: ServerFailure; readonly reason: string };

/**
 * Reads the latency monitor of a Redis-family server: LATENCY LATEST, LATENCY HISTORY of each event, the threshold
 * and the clock. Changes nothing there. Never throws.
 */
export async function readLatency(request: ServerRequest): Promise<LatencyOutcome> {
  const where = request.socketPath ?? `${request.host ?? '127.0.0.1'}:${request.port ?? 6379}`;
  let client: Redis | undefined;
  let cause: unknown;
  let timer: NodeJS.Timeout | undefined;
  try {
    client = openClient(request);
    client.on('error', (error: Error) => {
      cause ??= error;
    });
    const ended = new Promise<never>((_, reject) => {
      timer = setTimeout(() => reject(new ServerError('timed-out', 'no answer')), request.timeoutMs);
      const cancel = () => reject(new ServerError('cancelled', 'interrupted'));
      if (request.signal?.aborted) cancel();
      request.signal?.addEventListener('abort', cancel, { once: true });
    });
    const reading = await Promise.race([converse(client, request, where), ended]);
    return { status: 'read', reading };
  } catch (error) {
    return failureOf(error, cause, where, request);
  } finally {
    clearTimeout(timer);
    client?.disconnect();
  }
}

async function converse(client: Redis, request: ServerRequest, server: string): Promise<LatencyReading> {
  await client.connect();
  if (request.password !== undefined) await authenticate(client, request.user, request.password, []);
  const latest = parseLatest(await client.call('LATENCY', 'LATEST'));
  const series: LatencySeries[] = [];
  for (const { event, worstEverMs } of latest) {
    const spikes = parseHistory(await client.call('LATENCY', 'HISTORY', event));
    // It may have been reset in between.
    if (spikes.length > 0) series.push({ event, spikes, worstEverMs });
  }
  const [seconds] = requireArray(await client.call('TIME'));
  const thresholdMs = await threshold(client);
  return {
    server,
    ...(thresholdMs !== undefined && { thresholdMs }),
    nowSeconds: requireNumber(seconds),
    series,
  };
}

/** @returns undefined where the server does not tell */
async function threshold(client: Redis): Promise<number | undefined> {
  try {
    const [, value] = requireArray(await client.call('CONFIG', 'GET', 'latency-monitor-threshold'));
    return value === undefined ? undefined : requireNumber(value);
  } catch (error) {
    if (error instanceof Error && error.name === 'ReplyError') return undefined;
    throw error;
  }
}

/** LATENCY LATEST: event, second and milliseconds of the latest spike, milliseconds of the worst ever. */
export function parseLatest(reply: unknown): { readonly event: string; readonly worstEverMs: number }[] {
  return requireArray(reply).map((one) => {
    const [event, , , worst] = requireArray(one);
    return { event: String(event), worstEverMs: requireNumber(worst) };
  });
}

/** LATENCY HISTORY: pairs of second and milliseconds. */
export function parseHistory(reply: unknown): LatencySpike[] {
  return requireArray(reply).map((one) => {
    const [at, ms] = requireArray(one);
    return { at: requireNumber(at), ms: requireNumber(ms) };
  });
}

function requireArray(reply: unknown): readonly unknown[] {
  if (Array.isArray(reply)) return reply;
  throw new ServerError('not-redis', 'no list where one was expected');
}

function requireNumber(value: unknown): number {
  const number = Number(value);
  if (value !== undefined && value !== '' && Number.isFinite(number)) return number;
  throw new ServerError('not-redis', 'no number where one was expected');
}

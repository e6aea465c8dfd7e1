import { request as httpRequest } from 'node:http';
import { quantile } from '../core/units.ts';

export interface LoadOptions {
  /** Requests in all; without end when absent. */
  readonly count?: number;
  /** No request is begun after this time. */
  readonly durationMs?: number;
  /** Pause between an answer and the next request of the same loop. */
  readonly intervalMs?: number;
  /** Loops side by side. */
  readonly concurrency?: number;
  /** Ends the load; requests that are under way are given up and not counted. */
  readonly signal?: AbortSignal;
  readonly onSample?: (sample: LoadSample) => void;
  /** Milliseconds that never go back. */
  readonly monotonic: () => number;
}

/** One request. */
export interface LoadSample {
  /** From 1, in the order in which answers came. */
  readonly number: number;
  /** From the request to the last byte of the answer, as the client saw it. */
  readonly seconds: number;
  /** Absent when there was no answer. */
  readonly status?: number;
  /** What the application says it took. */
  readonly elapsedSeconds?: number;
  /** How many matches the application says it found. */
  readonly matches?: number;
  /** Set when the request failed or the status says so. */
  readonly error?: string;
}

export interface LoadSummary {
  readonly requests: number;
  readonly errors: number;
  /** Over the requests that were answered well; absent when there were none. */
  readonly p50Seconds?: number;
  readonly p95Seconds?: number;
  readonly maxSeconds?: number;
}

/** So many failures and never an answer: nobody is there. About five seconds of asking. */
const HOPELESS_ERRORS = 25;
/** How long a loop waits after a failure, so that a server that is down is not asked thousands of times a second. */
const PAUSE_AFTER_ERROR_MS = 200;

/**
 * The client loop: asks for the URL again and again until the count, the time or the signal ends it, or nobody has
 * answered for a while.
 */
export async function runLoad(url: URL, options: LoadOptions): Promise<LoadSummary> {
  const started = options.monotonic();
  const seconds: number[] = [];
  let begun = 0;
  let requests = 0;
  let errors = 0;
  const isHopeless = () => seconds.length === 0 && errors >= HOPELESS_ERRORS;
  const mayBegin = () =>
    !options.signal?.aborted &&
    !isHopeless() &&
    begun < (options.count ?? Number.POSITIVE_INFINITY) &&
    options.monotonic() - started < (options.durationMs ?? Number.POSITIVE_INFINITY);
  const loop = async () => {
    while (mayBegin()) {
      begun++;
      const outcome = await ask(url, options);
      if (options.signal?.aborted && outcome.error !== undefined) return;
      requests++;
      if (outcome.error === undefined) seconds.push(outcome.seconds);
      else errors++;
      options.onSample?.({ number: requests, ...outcome });
      const pause = outcome.error === undefined ? (options.intervalMs ?? 0) : PAUSE_AFTER_ERROR_MS;
      if (pause > 0 && mayBegin()) await sleep(pause, options.signal);
    }
  };
  await Promise.all(Array.from({ length: options.concurrency ?? 1 }, loop));
  return { requests, errors, ...summarise(seconds) };
}

function summarise(seconds: readonly number[]): Partial<LoadSummary> {
  const p50Seconds = quantile(seconds, 0.5);
  const p95Seconds = quantile(seconds, 0.95);
  const maxSeconds = quantile(seconds, 1);
  if (p50Seconds === undefined || p95Seconds === undefined || maxSeconds === undefined) return {};
  return { p50Seconds, p95Seconds, maxSeconds };
}

function ask(url: URL, { monotonic, signal }: LoadOptions): Promise<Omit<LoadSample, 'number'>> {
  const started = monotonic();
  const elapsed = () => (monotonic() - started) / 1000;
  return new Promise((settle) => {
    const fail = (error: Error) => settle({ seconds: elapsed(), error: error.message || String(error) });
    const request = httpRequest(url, signal ? { signal } : {}, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('error', fail);
      response.on('end', () => {
        const status = response.statusCode ?? 0;
        const body = Buffer.concat(chunks).toString('utf8');
        settle({
          seconds: elapsed(),
          status,
          ...readBody(body),
          ...(status >= 400 && { error: explain(status, body) }),
        });
      });
    });
    request.on('error', fail);
    request.end();
  });
}

/** The figures in an answer of the slow application; nothing for any other answer. */
function readBody(body: string): Partial<LoadSample> {
  let parsed: unknown;
  try {
    parsed = JSON.parse(body);
  } catch {
    return {};
  }
  if (typeof parsed !== 'object' || parsed === null) return {};
  const { elapsed_seconds: elapsedSeconds, count: matches } = parsed as Record<string, unknown>;
  return {
    ...(typeof elapsedSeconds === 'number' && { elapsedSeconds }),
    ...(typeof matches === 'number' && { matches }),
  };
}

function explain(status: number, body: string): string {
  try {
    const { error } = JSON.parse(body) as { error?: unknown };
    if (typeof error === 'string') return `HTTP ${status}: ${error}`;
  } catch {
    // Not the JSON of the slow application: the status says enough.
  }
  return `HTTP ${status}`;
}

function sleep(ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((settle) => {
    const wake = () => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', wake);
      settle();
    };
    const timer = setTimeout(wake, ms);
    signal?.addEventListener('abort', wake, { once: true });
  });
}

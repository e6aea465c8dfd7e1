import { type Command, InvalidArgumentError, Option } from 'commander';
import { EXIT, UserError } from '../../core/errors.ts';
import { parseDuration } from '../../core/units.ts';
import { type LoadSample, type LoadSummary, runLoad } from '../../lab/load.ts';
import type { Io } from '../command.ts';

interface Options {
  interval: number;
  count?: number;
  duration?: number;
  concurrency: number;
  format: 'text' | 'json';
}

/** `perfcase load`: the client loop, until the count, the time or Ctrl-C ends it. */
export function configure(command: Command, io: Io): void {
  command
    .argument('<url>', 'what to ask for, for example http://127.0.0.1:10000/get_cache')
    .option('--interval <time>', 'pause between an answer and the next request', readInterval, 0)
    .option('--count <n>', 'end after this many requests', readCount)
    .option('--duration <time>', 'end after this time', parseDuration)
    .option('--concurrency <n>', 'requests at the same time', readCount, 1)
    .addOption(new Option('--format <name>', 'how to print').choices(['text', 'json']).default('text'))
    .action(async (text: string, options: Options) => {
      await load(readUrl(text), options, io);
    });
}

async function load(url: URL, options: Options, io: Io): Promise<void> {
  const json = options.format === 'json';
  let lastError: string | undefined;
  const summary = await runLoad(url, {
    ...(options.count !== undefined && { count: options.count }),
    ...(options.duration !== undefined && { durationMs: options.duration }),
    intervalMs: options.interval,
    concurrency: options.concurrency,
    signal: io.signal,
    monotonic: () => performance.now(),
    onSample: (sample) => {
      lastError = sample.error ?? lastError;
      io.stdout.write(`${json ? JSON.stringify(sample) : sampleLine(sample)}\n`);
    },
  });
  io.stdout.write(`${json ? JSON.stringify({ summary }) : summaryLine(summary)}\n`);
  // Ctrl-C is the usual end of the loop. A loop that never got an answer has measured nothing.
  if (summary.requests > 0 && summary.requests === summary.errors) {
    throw new UserError(
      `${url.href} never answered (${lastError}); is the application running there?`,
      EXIT.inconclusive,
    );
  }
  io.exitCode = EXIT.ok;
}

function sampleLine(sample: LoadSample): string {
  const words = [`${sample.number}`.padStart(5), `${sample.seconds.toFixed(3)} s`.padStart(11)];
  if (sample.error !== undefined) words.push(`error: ${sample.error.split('\n', 1)[0]}`);
  else {
    if (sample.elapsedSeconds !== undefined)
      words.push(`elapsed_seconds ${sample.elapsedSeconds.toFixed(3)}`);
    if (sample.matches !== undefined) words.push(`count ${sample.matches}`);
  }
  return words.join('  ');
}

function summaryLine(summary: LoadSummary): string {
  const seconds = (value: number | undefined) => (value === undefined ? 'none' : `${value.toFixed(3)} s`);
  return (
    `${summary.requests} requests, ${summary.errors} errors` +
    `  p50 ${seconds(summary.p50Seconds)}  p95 ${seconds(summary.p95Seconds)}  max ${seconds(summary.maxSeconds)}`
  );
}

function readUrl(text: string): URL {
  let url: URL;
  try {
    url = new URL(text);
  } catch {
    throw new UserError(`"${text}" is no URL; write for example http://127.0.0.1:10000/get_cache.`);
  }
  if (url.protocol !== 'http:')
    throw new UserError(`load: only http is spoken, not ${url.protocol.slice(0, -1)}.`);
  return url;
}

function readCount(text: string): number {
  if (!/^[1-9]\d{0,8}$/.test(text)) throw new InvalidArgumentError('A whole number of at least 1 is needed.');
  return Number(text);
}

function readInterval(text: string): number {
  return /^0+(\.0+)?(us|ms|s|m|h)?$/.test(text) ? 0 : parseDuration(text);
}

import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import type { Command } from 'commander';
import type { Parsed } from '../../core/capture.ts';
import { EXIT, UserError } from '../../core/errors.ts';
import type { Observation } from '../../core/observation.ts';
import { redactObservation, redactQuoted } from '../../core/redact.ts';
import { parseDuration } from '../../core/units.ts';
import { type AnyProbe, PROBES, probeInside } from '../../probes/index.ts';
import type { ProbeRun } from '../../probes/options.ts';
import type { Io } from '../command.ts';
import { readInput } from '../probe/input.ts';
import { captureLive, requireProcess } from '../probe/live.ts';
import type { RedisFlags } from '../probe/redis.ts';
import { toJson, toText } from '../probe/render.ts';
import { numberOption } from '../report-output.ts';
import { addServerFlags } from '../server-flags.ts';

interface Options extends RedisFlags {
  readonly input?: string;
  readonly format: string;
  readonly output?: string;
  readonly raw?: boolean;
  readonly quiet?: boolean;
  readonly redact: boolean;
  readonly pid?: string;
  readonly port?: string;
  readonly duration?: string;
  readonly timeout?: string;
}

/** A problem is told in one line each, up to these; JSON has all of them. */
const PROBLEMS_SHOWN = 20;

export function configure(command: Command, io: Io): void {
  addServerFlags(command, 'redis: ')
    .argument('[name]', `one of ${[...PROBES.keys()].join(', ')}`)
    .argument('[args...]', "the tool's own arguments, after --")
    .option('--input <file>', 'parse saved output instead of running the tool; - is standard input')
    .option('--format <format>', 'text or json', 'text')
    .option('--output <file>', 'write the report there')
    .option('--raw', 'print what the tool printed, word for word')
    .option('--pid <n>', 'the process to look at')
    .option('--port <n>', 'redis: the port of the server')
    .option('--duration <time>', 'how long to watch: 300ms, 10s, 2m')
    .option('--timeout <time>', 'end the tool after this')
    .option('--no-redact', 'strace: show the data that calls moved')
    .option('--quiet', 'no remarks on standard error')
    .option('--no-color', 'the output has no colours anyway')
    .option('--host <host>', 'redis: the address of the server')
    .option('--socket <path>', 'redis: its unix socket')
    .option('--clients', 'redis: ask for its clients, latency events and slow log as well')
    .action(async (name: string | undefined, args: string[], options: Options) => {
      const known = [...PROBES.keys()].join(', ');
      if (name === undefined) throw new UserError(`say which probe; known are ${known}.`);
      const probe = PROBES.get(name);
      if (!probe) throw new UserError(`there is no probe "${name}"; known are ${known}.`);
      if (!['text', 'json'].includes(options.format)) {
        throw new UserError(`probe prints text or json, not "${options.format}".`);
      }
      await runProbe(probe, args, options, io);
    });
}

async function runProbe(probe: AnyProbe, args: readonly string[], options: Options, io: Io): Promise<void> {
  const remark = (line: string) => {
    if (!options.quiet) io.stderr.write(`${line}\n`);
  };
  let text: string;
  let reader = probe;
  let failure: string | undefined;
  let from: string;
  if (options.input === undefined) {
    const run = runOf(args, options);
    if (run.pid !== undefined) requireProcess(run.pid);
    const live = await captureLive(probe, run, options, io);
    ({ text, failure, probe: reader } = live);
    for (const line of live.remarks) remark(line);
    from = `what ${reader.name} printed`;
  } else {
    text = await readInput(options.input, io.signal);
    if (probe.name === 'nsenter') reader = probeInside(args) ?? probe;
    from = options.input === '-' ? 'the input' : options.input;
  }
  const read = reader.parse(text);
  const parsed = reader.name === 'strace' && options.redact ? withoutData(read) : read;
  await print(options.raw ? [text] : report(parsed, options.format), options.output, io);
  io.exitCode = EXIT.ok;
  const isEmpty = parsed.items.length === 0;
  if (failure !== undefined) {
    // What came before the failure is printed above, but it is not all that was asked for.
    if (!isEmpty && options.format === 'text') tellProblems(parsed, remark);
    throw new UserError(sentence(failure), EXIT.inconclusive);
  }
  const isForeign = parsed.problems.length > 0 || text.trim() === '';
  if (options.input !== undefined && isEmpty && isForeign) {
    const advice = 'check which tool printed it';
    throw new UserError(`nothing in ${from} looks like ${reader.name} output; ${advice}.`, EXIT.inconclusive);
  }
  if (options.format === 'text' && !options.raw) tellProblems(parsed, remark);
}

function withoutData({ items, problems }: Parsed<Observation>): Parsed<Observation> {
  return {
    items: items.map(redactObservation),
    problems: problems.map((problem) => ({ ...problem, text: redactQuoted(problem.text) })),
  };
}

function runOf(args: readonly string[], options: Options): ProbeRun {
  return {
    ...(args.length > 0 ? { args } : {}),
    ...(options.pid === undefined ? {} : { pid: numberOption('--pid', options.pid, 2 ** 22) }),
    ...(options.port === undefined ? {} : { port: numberOption('--port', options.port, 65_535) }),
    ...(options.duration === undefined ? {} : { durationMs: parseDuration(options.duration) }),
    ...(options.timeout === undefined ? {} : { timeoutMs: parseDuration(options.timeout) }),
  };
}

function report(parsed: Parsed<Observation>, format: string): Iterable<string> {
  return format === 'json' ? toJson(parsed) : toText(parsed.items);
}

function tellProblems({ problems }: Parsed<Observation>, remark: (line: string) => void): void {
  for (const { line, text, reason } of problems.slice(0, PROBLEMS_SHOWN)) {
    const quoted = text.replaceAll(/[\x00-\x1f\x7f-\x9f]/g, '·');
    remark(
      `line ${line}: ${reason}${quoted === '' ? '' : `: ${quoted.slice(0, 60)}${quoted.length > 60 ? '…' : ''}`}`,
    );
  }
  const more = problems.length - PROBLEMS_SHOWN;
  if (more > 0) remark(`… ${more} more problems; --format json prints all of them`);
}

async function print(parts: Iterable<string>, output: string | undefined, io: Io): Promise<void> {
  if (output !== undefined) {
    try {
      await writeFile(output, parts);
      return;
    } catch (error) {
      const code = (error as NodeJS.ErrnoException).code ?? String(error);
      throw new UserError(`${output} cannot be written (${code}).`);
    }
  }
  let pending = '';
  for (const part of parts) {
    pending += part;
    if (pending.length < 65_536) continue;
    if (io.signal.aborted) throw io.signal.reason;
    if (!io.stdout.write(pending)) await once(io.stdout, 'drain', { signal: io.signal });
    pending = '';
  }
  io.stdout.write(pending);
}

function sentence(text: string): string {
  return /[.!?]$/.test(text) ? text : `${text}.`;
}

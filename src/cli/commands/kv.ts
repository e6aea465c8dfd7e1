import { readFileSync } from 'node:fs';
import * as path from 'node:path';
import { setFlagsFromString } from 'node:v8';
import type { Command } from 'commander';
import { EXIT, UserError } from '../../core/errors.ts';
import { assembleConfig } from '../../kvserver/config/assemble.ts';
import { parseConfFile, parseFlags } from '../../kvserver/config/conf-file.ts';
import type { Setting } from '../../kvserver/config/config.ts';
import { FatalError } from '../../kvserver/fatal-error.ts';
import { startServer } from '../../kvserver/start.ts';
import type { Io } from '../command.ts';

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

const HELP = `
Without a redis.conf: port 6379 of 127.0.0.1, files in the current folder, append-only file off.
A directive that other servers obey and this one does not is named at the start.

Faults for lessons, off by default, also by CONFIG SET while it runs; INFO faults shows them:
  --appendfsync always                 the append-only file is synced for every write
  --fault-slow-command "get 50"        this command takes 50 ms longer, and everybody waits
  --fault-rewrite-interval 500         the append-only file is rewritten every 500 ms
  --fault-mass-expiry 30               expiries are put off to the next full 30 s: keys expire together
  --fault-output-buffer 4kb            a client that leaves more replies unread is cut off
  DEBUG SLEEP 0.5                      one slow command
  DEBUG POPULATE 1000000 key 100       a million keys at once`;

/** `perfcase kv`: runs the bundled server until it is told to stop. */
export function configure(command: Command, io: Io): void {
  command
    .usage('[redis.conf] [--port 6379] [--appendonly yes] [--appendfsync always] [--any-directive value ...]')
    .argument('[words...]', 'a redis.conf, then any of its directives as flags, as with redis-server')
    .addHelpText('after', HELP)
    .allowUnknownOption()
    .allowExcessArguments()
    .action(async (words: string[]) => {
      await serve(words, io);
    });
}

async function serve(words: readonly string[], io: Io): Promise<void> {
  // What a command leaves is short-lived and little: to hand its collection to other threads costs more, in waking
  // them, than it saves, and takes the other cores from whoever needs them.
  setFlagsFromString('--no-parallel-scavenge');
  const { operands, settings } = parseFlags(words);
  if (operands.length > 1) throw new UserError(`"${operands[1]}" is not expected; flags begin with --.`);
  const file = operands[0];
  const fromFile = file === undefined ? [] : readConf(file);
  const { config, warnings, errors } = assembleConfig([...fromFile, ...settings]);
  if (errors[0] !== undefined) throw new UserError(`kv: ${errors[0]}`);
  const say = (line: string) => io.stderr.write(`perfcase kv: ${line}\n`);
  warnings.forEach(say);

  let fatal: FatalError | undefined;
  const clock = { now: () => Date.now(), monotonic: () => performance.now() };
  const options = {
    config,
    clock,
    log: say,
    onFatal: (error: FatalError) => {
      fatal = error;
    },
    ...(file !== undefined && file !== '-' && { configFile: path.resolve(file) }),
  };
  const running = await startServer(options).catch((error: unknown) => {
    if (!(error instanceof FatalError)) throw error;
    throw new UserError(`kv: ${error.message}`, error.kind === 'usage' ? EXIT.usage : EXIT.failure);
  });
  const host = config.values.bind[0]!.replace(/^-/, '');
  io.stdout.write(
    `perfcase kv: ready on ${host.includes(':') ? `[${host}]` : host}:${running.port} (pid ${process.pid})\n`,
  );

  let refused = false;
  const close = () => {
    const problem = refused ? undefined : running.server.shutdown({});
    if (problem === undefined) return void running.close();
    refused = true;
    say(`${problem}; a second signal ends it without saving`);
    for (const name of SIGNALS) process.once(name, close);
  };
  const onAbort = () => {
    if (io.signal.reason !== 'EPIPE') close();
    // Whoever read our output has gone; the server goes on. The signal is spent now, so listen again.
    else for (const name of SIGNALS) process.once(name, close);
  };
  if (io.signal.aborted) onAbort();
  else io.signal.addEventListener('abort', onAbort, { once: true });
  await running.ended;
  if (fatal) throw new UserError(`kv: ${fatal.message}`, EXIT.failure);
}

/** The descriptor of standard input, which "-" stands for. */
const STDIN = 0;

/** Files that include each other: as many as that deep, and no more. */
const DEEPEST = 16;

/** The settings of a redis.conf, and of those that it includes at their place. */
function readConf(file: string, depth = 0): Setting[] {
  if (depth > DEEPEST) throw new UserError(`kv: ${file} includes itself`);
  let text: string;
  try {
    text = readFileSync(file === '-' ? STDIN : file, 'latin1');
  } catch (error) {
    throw new UserError(`kv: cannot read ${file}: ${(error as Error).message}`);
  }
  const { settings, problems } = parseConfFile(text, file);
  if (problems[0] !== undefined) throw new UserError(`kv: ${problems[0]}`);
  return settings.flatMap((one) => {
    if (one.name.toLowerCase() !== 'include') return [one];
    return one.words.flatMap((name) => readConf(name, depth + 1));
  });
}

import { CommandError } from './command-error.ts';
import { topCommand } from './commands/index.ts';
import type { CommandSpec } from './commands/spec.ts';
import type { LatencyEvent } from './latency/monitor.ts';
import { error } from './resp/reply.ts';
import type { Server } from './server.ts';
import type { Session } from './session.ts';

/** A command as it was found by its name, with what is looked at on every call computed once. */
export interface Resolved {
  readonly spec: CommandSpec;
  /** "client|list" for a subcommand. */
  readonly fullName: string;
  readonly write: boolean;
  readonly noAuth: boolean;
  readonly event: LatencyEvent;
  /** Numbers the commands, so that a counter is found by index. */
  readonly index: number;
  readonly run: (session: Session, args: readonly string[]) => string;
}

let commandCount = 0;

/** Finds a command. The names seen so far are cached as they were spelled, so "GET" costs one lookup. */
const spelled = new Map<string, Resolved | Map<string, Resolved>>();

export function resolve(args: readonly string[]): Resolved | string {
  const name = args[0]!;
  let found = spelled.get(name);
  if (found === undefined) {
    found = prepare(name);
    if (found === undefined) return unknownCommand(args);
    if (spelled.size < 4096) spelled.set(name, found);
  }
  if (!(found instanceof Map)) return arityFits(found, args) ? found : wrongArity(found.fullName);
  const container = name.toLowerCase();
  const alone = args.length < 2 ? found.get('') : undefined;
  if (alone) return alone;
  if (args.length < 2) return wrongArity(container);
  const sub = found.get(args[1]!.toLowerCase());
  if (!sub) return `ERR unknown subcommand '${printable(args[1]!)}'. Try ${container.toUpperCase()} HELP.`;
  return arityFits(sub, args) ? sub : wrongArity(sub.fullName);
}

function prepare(name: string): Resolved | Map<string, Resolved> | undefined {
  const spec = topCommand(name.toLowerCase());
  if (!spec) return undefined;
  if (!spec.subcommands) return resolved(spec, spec.name);
  const subs = new Map(spec.subcommands.map((sub) => [sub.name, resolved(sub, `${spec.name}|${sub.name}`)]));
  // The empty name stands for the command without a subcommand.
  if (spec.run) subs.set('', resolved(spec, spec.name));
  return subs;
}

function resolved(spec: CommandSpec, fullName: string): Resolved {
  if (!spec.run) throw new Error(`command ${fullName} has nothing to run`);
  const has = (flag: CommandSpec['flags'][number]) => spec.flags.includes(flag);
  const event = has('fast') ? 'fast-command' : 'command';
  return {
    spec,
    fullName,
    write: has('write'),
    noAuth: has('no_auth'),
    event,
    index: commandCount++,
    run: spec.run,
  };
}

function arityFits(command: Resolved, args: readonly string[]): boolean {
  const arity = command.spec.arity;
  return arity >= 0 ? args.length === arity : args.length >= -arity;
}

function wrongArity(name: string): string {
  return `ERR wrong number of arguments for '${name}' command`;
}

function unknownCommand(args: readonly string[]): string {
  let shown = '';
  for (const arg of args.slice(1)) {
    if (shown.length >= 128) break;
    shown += `'${printable(arg).slice(0, 128 - shown.length)}' `;
  }
  return `ERR unknown command '${printable(args[0]!).slice(0, 128)}', with args beginning with: ${shown}`;
}

function printable(text: string): string {
  // As C prints a string: it ends at the first zero byte.
  return text
    .split('\0', 1)[0]!
    .slice(0, 128)
    .replace(/[\r\n]/g, ' ');
}

/** Runs one request of a client from the checks to the encoded reply. */
export function execute(session: Session, args: readonly string[]): string {
  const { server } = session;
  session.lastAt = server.now;
  const command = resolve(args);
  if (typeof command === 'string') return refuse(server, error(command));
  session.lastCommand = command.fullName;
  if (!session.authenticated && !command.noAuth) {
    return refuse(server, error('NOAUTH Authentication required.'), command);
  }
  if (command.write && server.writeRefusal) return refuse(server, error(server.writeRefusal), command);
  return call(session, command, args);
}

function refuse(server: Server, reply: string, command?: Resolved): string {
  if (command) server.stats.entry(command).rejected++;
  server.stats.errorReply(reply);
  return reply;
}

/** Runs a command that passed the checks: measures it, and writes what it changed to the append-only file. */
export function call(session: Session, command: Resolved, args: readonly string[]): string {
  const { server } = session;
  const { stats } = server;
  const dirtyBefore = server.dirty;
  const db = session.db;
  const started = server.monotonicNow;
  let reply: string;
  try {
    reply = command.run(session, args);
  } catch (thrown) {
    if (!(thrown instanceof CommandError)) throw thrown;
    reply = error(thrown.message);
  }
  const ms = server.commandEnded() - started;
  server.latencyMonitor.sample(command.event, ms);
  const failed = reply.charCodeAt(0) === 45;
  if (failed) {
    stats.errorReply(reply);
  }
  const entry = stats.entry(command);
  entry.calls++;
  entry.usec += ms * 1000;
  if (failed) entry.failed++;
  stats.commandsProcessed++;
  if (server.dirty !== dirtyBefore && !server.loading) {
    if (server.rewritten) for (const request of server.rewritten) server.aof.append(db.id, request);
    else server.aof.append(db.id, args);
  }
  server.rewritten = undefined;
  return reply;
}

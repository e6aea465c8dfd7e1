import { call, type Resolved } from './call.ts';
import { topCommand } from './commands/index.ts';
import type { CommandSpec } from './commands/spec.ts';
import { error, QUEUED } from './resp/reply.ts';
import type { Session } from './session.ts';

let commandCount = 0;

/** Finds a command. The names seen so far are cached as they were spelled, so "GET" costs one lookup. */
const spelled = new Map<string, Resolved | Map<string, Resolved>>();

/** @returns the command, or why there is none to run */
export function resolve(args: readonly string[]): Resolved | string {
  const found = named(args);
  return typeof found === 'string' || arityFits(found, args) ? found : wrongArity(found.fullName);
}

/** The command of that name, whatever the number of its arguments; or why there is none. */
function named(args: readonly string[]): Resolved | string {
  const name = args[0]!;
  let found = spelled.get(name);
  if (found === undefined) {
    found = prepare(name);
    if (found === undefined) return unknownCommand(args);
    if (spelled.size < 4096) spelled.set(name, found);
  }
  if (!(found instanceof Map)) return found;
  const container = name.toLowerCase();
  const alone = args.length < 2 ? found.get('') : undefined;
  if (alone) return alone;
  if (args.length < 2) return wrongArity(container);
  const sub = found.get(args[1]!.toLowerCase());
  if (!sub) return `ERR unknown subcommand '${printable(args[1]!)}'. Try ${container.toUpperCase()} HELP.`;
  return sub;
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
    transparent: has('transparent'),
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
export function execute(session: Session, given: readonly string[]): string {
  const { server, multi } = session;
  session.lastAt = server.now;
  const { renames } = server.config;
  const args = renames.active ? renames.translate(given) : given;
  if (!args) return refuse(session, error(unknownCommand(given)));
  const command = resolve(args);
  if (typeof command === 'string') {
    const meant = named(args);
    const counted = typeof meant === 'string' ? undefined : meant;
    if (counted?.fullName === 'exec') return abort(session, command, counted);
    return refuse(session, error(command), counted);
  }
  session.lastCommand = command.fullName;
  const refusal = whyNot(session, command);
  if (refusal !== undefined) {
    return command.fullName === 'exec'
      ? abort(session, refusal, command)
      : refuse(session, error(refusal), command);
  }
  if (multi && command.spec.flags.includes('no_multi')) {
    return refuse(session, error('ERR Command not allowed inside a transaction'), command);
  }
  if (multi && !command.spec.flags.includes('no_queue')) {
    multi.queue.push({ command, args });
    return QUEUED;
  }
  return call(session, command, args);
}

/** Why a command must not run now; undefined when it may. */
function whyNot(session: Session, command: Resolved): string | undefined {
  if (!session.authenticated && !command.noAuth) return 'NOAUTH Authentication required.';
  if (command.write || (command.fullName === 'exec' && isQueued(session, (one) => one.write))) {
    const refusal = session.server.persistence.writeRefusal;
    if (refusal !== undefined) return refusal;
  }
  if (outOfMemory(session, command)) {
    return "OOM command not allowed when used memory > 'maxmemory'.";
  }
  if (
    session.resp === 2 &&
    session.subscriptionCount > 0 &&
    !command.spec.flags.includes('while_subscribed')
  ) {
    return (
      `ERR Can't execute '${command.fullName}': only (P|S)SUBSCRIBE / (P|S)UNSUBSCRIBE / PING / QUIT / RESET ` +
      'are allowed in this context'
    );
  }
  return undefined;
}

/** Makes room under maxmemory before any command. @returns true when there is none and the command needs some */
function outOfMemory(session: Session, command: Resolved): boolean {
  const { server, multi } = session;
  if (server.config.values.maxmemory === 0 || server.eviction.makeRoom()) return false;
  const { flags } = command.spec;
  if (!multi || flags.includes('no_queue')) {
    return needsMemory(command) || (command.fullName === 'exec' && isQueued(session, needsMemory));
  }
  // What is queued takes memory, too.
  return true;
}

function isQueued({ multi }: Session, test: (command: Resolved) => boolean): boolean {
  return multi?.queue.some((one) => test(one.command)) ?? false;
}

function needsMemory(command: Resolved): boolean {
  return command.spec.flags.includes('denyoom');
}

/** An EXEC that was refused ends its transaction. */
function abort(session: Session, reason: string, command?: Resolved): string {
  session.endTransaction();
  const why = reason.replace(/^ERR /, '');
  return refuse(session, error(`EXECABORT Transaction discarded because of: ${why}`), command);
}

function refuse(session: Session, reply: string, command?: Resolved): string {
  const { server, multi } = session;
  // A transaction with a hole in it must not run.
  if (multi) multi.broken = true;
  if (command) server.stats.entry(command).rejected++;
  server.stats.errorReply(reply);
  return reply;
}

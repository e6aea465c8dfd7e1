import { CommandError } from './command-error.ts';
import type { CommandSpec } from './commands/spec.ts';
import { sleepNow } from './faults.ts';
import type { LatencyEvent } from './latency/monitor.ts';
import { error } from './resp/reply.ts';
import type { Server } from './server.ts';
import type { Session } from './session.ts';
import { noteTime } from './stats.ts';

/** A command as it was found by its name, with what is looked at on every call computed once. */
export interface Resolved {
  readonly spec: CommandSpec;
  /** "client|list" for a subcommand. */
  readonly fullName: string;
  readonly write: boolean;
  readonly noAuth: boolean;
  /** What it runs is written to the append-only file one by one; it is not written itself. */
  readonly transparent: boolean;
  readonly event: LatencyEvent;
  /** Numbers the commands, so that a counter is found by index. */
  readonly index: number;
  readonly run: (session: Session, args: readonly string[]) => string;
}

/** Runs a command that passed the checks: measures it, and writes what it changed to the append-only file. */
export function call(session: Session, command: Resolved, args: readonly string[]): string {
  const { server } = session;
  const { stats } = server;
  const dirtyBefore = server.dirty;
  const db = session.db;
  const started = server.monotonicNow;
  let reply: string;
  const slow = server.faults.slowCommand;
  if (slow !== undefined && slow.name === command.fullName) sleepNow(slow.ms);
  try {
    reply = command.run(session, args);
  } catch (thrown) {
    reply = error(explain(session, command, thrown));
  }
  const ms = server.commandEnded() - started;
  server.commandDone(session, command, args, ms);
  if (server.monitors.size > 0) server.monitors.feed(session, command, args);
  const failed = reply.charCodeAt(0) === 45;
  if (failed) stats.errorReply(reply);
  const entry = stats.entry(command);
  entry.calls++;
  entry.usec += ms * 1000;
  if (server.config.values['latency-tracking']) noteTime(entry, ms);
  if (failed) entry.failed++;
  stats.commandsProcessed++;
  if (server.dirty !== dirtyBefore && !command.transparent) propagate(server, db.id, args);
  server.rewritten = undefined;
  return reply;
}

function explain({ server }: Session, command: Resolved, thrown: unknown): string {
  if (thrown instanceof CommandError) return thrown.message;
  // What V8 says when a string gets longer than it can hold; the values themselves are bounded.
  if (thrown instanceof RangeError && thrown.message === 'Invalid string length') {
    return 'ERR the reply is longer than this server can send';
  }
  return server.defect(command.fullName, thrown);
}

/** Writes a command to the append-only file, or what it asked to have written in its place. */
export function propagate(server: Server, dbId: number, args: readonly string[]): void {
  if (server.loading) return;
  if (!server.rewritten) {
    server.aof.append(dbId, args);
    return;
  }
  server.aof.appendTogether(dbId, server.rewritten);
}

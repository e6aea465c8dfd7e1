import type { SyscallObservation } from '../../core/observation.ts';
import type { Channel } from './channel.ts';
import { isBlocking } from './command-table.ts';
import { type Append, type Command, type Conversation, nameOf, type Sync } from './conversation.ts';
import { RespReader } from './resp-reader.ts';

/** A log of commands as it is read along, by its channel. */
export type OpenLogs = Map<Channel, { readonly names: string[]; readonly reader: RespReader<null> }>;

/** Whether the call made a child process, not a thread. */
export function isFork({ name, args, result }: SyscallObservation): boolean {
  return /^(?:clone3?|v?fork)$/.test(name) && result! > 0 && !args.includes('CLONE_THREAD');
}

/** Whether the call told a MONITOR what others do: time, database and address, the command. */
export function feedsMonitor({ payload }: SyscallObservation): boolean {
  return payload !== undefined && /^\+\d{9,}\.\d{6} \[\d+ [^\]\r\n]*\] "/.test(payload);
}

/**
 * What a sync is, and whom it holds: on the thread that appends and replies, every command that was read and not
 * answered. Undefined for one that failed.
 */
export function makeSync(
  call: SyscallObservation,
  channel: Channel,
  append: Append | undefined,
  pidOf: (tid: number | undefined) => number,
  conversations: ReadonlyMap<Channel, Conversation>,
): Sync | undefined {
  if (call.errno !== undefined) return undefined;
  // The thread that appends is the one that replies; without an append in the log, it is the main thread.
  const foreground =
    call.tid === undefined || (append ? append.call.tid === call.tid : call.tid === pidOf(call.tid));
  const held: Command[] = [];
  const sync: Sync = {
    call,
    channel,
    ...(call.startUs === undefined ? {} : { startUs: call.startUs }),
    ...(call.durationUs === undefined ? {} : { durationUs: call.durationUs }),
    foreground,
    held,
  };
  if (!foreground) return sync;
  for (const conversation of conversations.values()) {
    if (conversation.side !== 'server' || conversation.channel.pid !== channel.pid || conversation.streaming)
      continue;
    for (const command of conversation.pending) {
      // A blocking command waits for data, whatever the disk does meanwhile.
      if (isBlocking(command.name)) continue;
      command.heldBy.push(sync);
      held.push(command);
    }
  }
  return sync;
}

/** What is appended, with the names of its commands. */
export function makeAppend(call: SyscallObservation, channel: Channel, logs: OpenLogs): Append {
  let log = logs.get(channel);
  if (!log) {
    const names: string[] = [];
    const reader = new RespReader<null>(({ value }) => {
      const name = value.items?.[0];
      if (name?.text !== undefined) names.push(nameOf(name));
    });
    log = { names, reader };
    logs.set(channel, log);
  }
  const payload = call.payload ?? '';
  if (log.reader.lost && payload.startsWith('*')) log.reader.resync();
  log.names.length = 0;
  log.reader.push(payload, Math.max(payload.length, call.result ?? payload.length), null);
  return { call, channel, commands: [...log.names] };
}

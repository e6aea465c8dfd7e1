import { isCommandName } from '../../core/command-names.ts';
import type { DescriptorObservation, SyscallObservation } from '../../core/observation.ts';
import type { StraceItem } from './trace-input.ts';

/** What a descriptor is used for, judged by what moved through it. */
export type ChannelRole =
  /** RESP requests come in: a client of the traced server. */
  | 'resp-server'
  /** RESP requests go out: the traced process is a client. */
  | 'resp-client'
  /** RESP commands are appended to a file. */
  | 'append-log'
  /** HTTP requests come in. */
  | 'http-server'
  | 'other';

/** One life of a descriptor of one process: from open, accept or the start of the log, to close. */
export interface Channel {
  readonly pid: number;
  readonly fd: number;
  /** What lsof, /proc or the log say it is. */
  name?: string;
  descriptor?: DescriptorObservation;
  role: ChannelRole;
  reads: number;
  writes: number;
  syncs: number;
  requestsIn: number;
  requestsOut: number;
  httpIn: number;
  /** Which way the first bytes went that look like a request. */
  firstRequest?: 'in' | 'out';
  /** Sends that found the socket full: the other side does not read as fast as it is written to. */
  readonly blocked: SyscallObservation[];
  /** The other side ended it. */
  hungUp: boolean;
  /** The log shows that it was opened by a path, which may be relative. */
  opened: boolean;
  /** The log shows that it was accepted: a connection. */
  accepted: boolean;
  /** The log shows that it was closed. */
  closed: boolean;
}

const RESP_REQUEST = /^\*[1-9]\d*\r\n\$(\d+)\r\n([A-Za-z][A-Za-z0-9._|-]*)/;
/** What a server sends to subscribers looks like a request too. */
const PUSHED = /^\*[34]\r\n\$\d+\r\n[ps]?(?:message|(?:un)?subscribe)\r\n/;
/** First characters: of RESP, and the least of a word. */
const ASTERISK = 42;
const LETTER_A = 65;
const INLINE_PING = /^(?:PING|INFO|QUIT)\r?\n/i;
const HTTP_REQUEST = /^(?:GET|HEAD|POST|PUT|PATCH|DELETE|OPTIONS) \S+ HTTP\/1\.[01]\r\n/;

export const SYNC_CALLS = new Set(['fsync', 'fdatasync', 'sync_file_range', 'syncfs', 'msync']);
const INWARD = new Set([...['read', 'readv', 'pread64', 'preadv', 'preadv2', 'recv', 'recvfrom', 'recvmsg']]);
const OUTWARD = new Set([
  ...['write', 'writev', 'pwrite64', 'pwritev', 'pwritev2', 'send', 'sendto', 'sendmsg'],
]);

/** Which way a call moves bytes; undefined for calls that move none. */
export function directionOf(call: SyscallObservation): 'in' | 'out' | undefined {
  if (INWARD.has(call.name)) return 'in';
  return OUTWARD.has(call.name) ? 'out' : undefined;
}

/**
 * Follows every descriptor through the log. `channelAt` gives each data call, by its place among the items, the channel
 * that it moved through.
 */
export function mapChannels(
  items: readonly StraceItem[],
  pidOf: (tid: number | undefined) => number,
  descriptors: readonly DescriptorObservation[],
  bytesMissing = false,
): { channels: Channel[]; channelAt: (Channel | undefined)[] } {
  const known = new Map<string, DescriptorObservation>();
  for (const descriptor of descriptors) {
    const key = `${descriptor.pid}:${descriptor.fd}`;
    // lsof -i names both ends of a connection that lsof -p, from outside the namespace, calls "protocol: TCP".
    if (!known.has(key) || descriptor.remoteAddress !== undefined) known.set(key, descriptor);
  }
  const open = new OpenChannels();
  const channels: Channel[] = [];
  const channelAt = new Array<Channel | undefined>(items.length).fill(undefined);
  const begin = (pid: number, fd: number, descriptor?: DescriptorObservation): Channel => {
    const channel: Channel = {
      ...{
        pid,
        fd,
        role: 'other',
        reads: 0,
        writes: 0,
        syncs: 0,
        requestsIn: 0,
        requestsOut: 0,
        httpIn: 0,
        blocked: [],
        hungUp: false,
        opened: false,
        accepted: false,
        closed: false,
      },
      ...(descriptor ? { descriptor, name: descriptor.name } : {}),
    };
    open.set(channel);
    channels.push(channel);
    return channel;
  };
  for (const [index, call] of items.entries()) {
    if (call.kind !== 'syscall') continue;
    const pid = pidOf(call.tid);
    const opened = openedBy(call);
    if (opened) {
      const channel = begin(pid, opened.fd);
      if (opened.name !== undefined) {
        channel.name = opened.name;
        channel.opened = true;
      }
      channel.accepted = call.name.startsWith('accept');
    }
    if (call.fd === undefined) continue;
    if (call.name === 'close') {
      const channel = open.get(pid, call.fd);
      if (channel) channel.closed = true;
      open.delete(pid, call.fd);
      known.delete(`${pid}:${call.fd}`);
      continue;
    }
    const direction = directionOf(call);
    if (!direction && !SYNC_CALLS.has(call.name)) continue;
    const channel = open.get(pid, call.fd) ?? begin(pid, call.fd, known.get(`${pid}:${call.fd}`));
    if (call.fdName !== undefined) channel.name ??= call.fdName;
    channelAt[index] = channel;
    count(channel, call, direction);
  }
  for (const channel of channels) channel.role = bytesMissing ? roleByName(channel) : roleOf(channel);
  return { channels, channelAt };
}

/** What each descriptor of each process stands for now. */
class OpenChannels {
  private readonly processes = new Map<number, Map<number, Channel>>();

  get(pid: number, fd: number): Channel | undefined {
    return this.processes.get(pid)?.get(fd);
  }

  set(channel: Channel): void {
    let process = this.processes.get(channel.pid);
    if (!process) {
      process = new Map();
      this.processes.set(channel.pid, process);
    }
    process.set(channel.fd, channel);
  }

  delete(pid: number, fd: number): void {
    this.processes.get(pid)?.delete(fd);
  }
}

function isRequest(payload: string): boolean {
  if (payload.charCodeAt(0) !== ASTERISK) return false;
  const begin = RESP_REQUEST.exec(payload);
  if (!begin || PUSHED.test(payload)) return false;
  const [all, length, word] = begin;
  // What was cut may become any word.
  return word!.length < Number(length) ? all.length === payload.length : isCommandName(word!);
}

function count(channel: Channel, call: SyscallObservation, direction: 'in' | 'out' | undefined): void {
  const payload = call.payload ?? '';
  if (direction === 'in') {
    channel.reads++;
    if (call.result === 0 || call.errno === 'ECONNRESET') channel.hungUp = true;
    if (isRequest(payload) || INLINE_PING.test(payload)) {
      channel.requestsIn++;
      channel.firstRequest ??= 'in';
    } else if (payload.charCodeAt(0) >= LETTER_A && HTTP_REQUEST.test(payload)) channel.httpIn++;
  } else if (direction === 'out') {
    channel.writes++;
    if (call.errno === 'EAGAIN') channel.blocked.push(call);
    if (isRequest(payload)) {
      channel.requestsOut++;
      channel.firstRequest ??= 'out';
    }
  } else {
    channel.syncs++;
  }
}

/**
 * A reply that lists words looks like a request; so the side on which more requests were seen decides, and of two
 * equal ones the side that asked first.
 */
function roleOf(channel: Channel): ChannelRole {
  const { requestsIn, requestsOut, httpIn, firstRequest } = channel;
  if (isFile(channel)) return requestsOut > 0 ? 'append-log' : 'other';
  if (httpIn > 0 && httpIn >= requestsIn) return 'http-server';
  if (requestsIn > requestsOut || (requestsIn > 0 && requestsIn === requestsOut && firstRequest === 'in'))
    return 'resp-server';
  if (requestsOut > 0) return channel.reads === 0 && channel.syncs > 0 ? 'append-log' : 'resp-client';
  return 'other';
}

/** Without its bytes, an append-only log is known by its name: appendonly.aof, appendonly.aof.1.incr.aof. */
function roleByName(channel: Channel): ChannelRole {
  const isLog = channel.writes > 0 && isFile(channel) && /\baof\b/i.test(channel.name ?? '');
  return isLog ? 'append-log' : 'other';
}

/** Whether the channel is a file of a file system, as far as that is known; a synced descriptor is one. */
export function isFile(channel: Channel): boolean {
  const { descriptor, name, syncs, opened } = channel;
  if (descriptor?.type !== undefined) return descriptor.type === 'REG';
  if (opened) return !/^\/(?:proc|dev|sys)\//.test(name ?? '');
  if (name !== undefined && !/^(?:socket|pipe):/.test(name)) return /^\/(?!proc\/|dev\/|sys\/)/.test(name);
  return syncs > 0;
}

/** A connection whose bytes are neither RESP nor HTTP: encrypted, or another protocol. */
export function isOpaque(channel: Channel): boolean {
  if (channel.role !== 'other' || channel.reads < 3 || channel.writes < 3) return false;
  const { type } = channel.descriptor ?? {};
  return channel.accepted || isSocketType(type);
}

/** As lsof and /proc name the types of sockets. */
export function isSocketType(type: string | undefined): boolean {
  return type === 'sock' || type === 'IPv4' || type === 'IPv6' || type === 'unix';
}

function openedBy(call: SyscallObservation): { fd: number; name?: string } | undefined {
  if (call.result === undefined || call.result < 0) return undefined;
  switch (call.name) {
    case 'open':
    case 'openat':
    case 'openat2':
    case 'creat': {
      const path = /"((?:[^"\\]|\\.)*)"/.exec(call.args)?.[1];
      return { fd: call.result, ...(path === undefined ? {} : { name: path }) };
    }
    case 'accept':
    case 'accept4':
    case 'socket':
    case 'dup':
    case 'dup2':
    case 'dup3':
      return { fd: call.result };
    default:
      return undefined;
  }
}

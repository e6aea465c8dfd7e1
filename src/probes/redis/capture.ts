import { readFileSync } from 'node:fs';
import { Redis } from 'ioredis';
import { DIRECTIVES } from './directives.ts';
import { failureOf, ServerError, type ServerFailure } from './failures.ts';

/** Where the server is and how to get in. The password comes from a file or the environment, never from argv. */
export interface ServerAddress {
  readonly host?: string;
  readonly port?: number;
  /** Path of a unix socket; takes the place of host and port. */
  readonly socketPath?: string;
  readonly user?: string;
  readonly password?: string;
  readonly tls?: ServerTls;
}

export interface ServerTls {
  /** Paths of PEM files. */
  readonly caFile?: string;
  readonly certFile?: string;
  readonly keyFile?: string;
  /** Does not check whom the server's certificate belongs to. */
  readonly insecure?: boolean;
}

export interface ServerRequest extends ServerAddress {
  /** For the whole conversation. */
  readonly timeoutMs: number;
  /** Asks for LATENCY LATEST, SLOWLOG LEN and, of a server with few enough clients, CLIENT LIST as well. */
  readonly clients?: boolean;
  readonly signal?: AbortSignal;
}

const HANG_UP_MS = 50;

/** What a server may answer on one connection, in bytes: CLIENT LIST of 100,000 clients and more. */
const MOST_BYTES = 64 * 2 ** 20;

/** A row of CLIENT LIST costs the server some microseconds, in which nobody is served. */
const MOST_CLIENTS = 1000;

/** The transcript that parseServer reads; with what was refused on the way, one line each. */
export type ServerCapture =
  | { readonly status: 'captured'; readonly text: string; readonly refusals: readonly string[] }
  | { readonly status: ServerFailure; readonly text: string; readonly reason: string };

/**
 * Asks a server once for INFO and its settings, and hangs up. Changes nothing there: no HELLO, no CLIENT SETINFO, no
 * ready check, no second attempt. Never throws.
 */
export async function captureServer(request: ServerRequest): Promise<ServerCapture> {
  const where = request.socketPath ?? `${request.host ?? '127.0.0.1'}:${request.port ?? 6379}`;
  const transcript: string[] = [];
  const refusals: string[] = [];
  let client: Redis | undefined;
  let cause: unknown;
  let timer: NodeJS.Timeout | undefined;
  try {
    client = openClient(request);
    // What connect() rejects with says only that the connection is closed; the reason comes as an event.
    client.on('error', (error: Error) => {
      cause ??= error;
    });
    const ended = new Promise<never>((_, reject) => {
      timer = setTimeout(() => reject(new ServerError('timed-out', 'no answer')), request.timeoutMs);
      const cancel = () => reject(new ServerError('cancelled', 'interrupted'));
      if (request.signal?.aborted) cancel();
      request.signal?.addEventListener('abort', cancel, { once: true });
    });
    await Promise.race([converse(client, request, transcript, refusals), ended]);
    return { status: 'captured', text: transcript.join(''), refusals };
  } catch (error) {
    const { status, reason } = failureOf(error, cause, where, request);
    return { status, reason, text: `${transcript.join('')}! ${status}: ${reason}\n` };
  } finally {
    clearTimeout(timer);
    client?.disconnect();
  }
}

/** A client that is not connected yet, asks nothing by itself and tries once. @throws when a file of `tls` cannot be read */
export function openClient(request: ServerRequest): Redis {
  const { host = '127.0.0.1', port = 6379, socketPath, tls, timeoutMs } = request;
  const secure = tls && {
    ...(tls.caFile === undefined ? {} : { ca: readFileSync(tls.caFile) }),
    ...(tls.certFile === undefined ? {} : { cert: readFileSync(tls.certFile) }),
    ...(tls.keyFile === undefined ? {} : { key: readFileSync(tls.keyFile) }),
    ...(tls.insecure ? { rejectUnauthorized: false } : {}),
  };
  const client = new Redis({
    ...(socketPath === undefined ? { host, port } : { path: socketPath }),
    ...(secure ? { tls: secure } : {}),
    lazyConnect: true,
    protocol: 2,
    disableClientInfo: true,
    enableReadyCheck: false,
    enableOfflineQueue: false,
    maxRetriesPerRequest: 0,
    retryStrategy: () => null,
    connectTimeout: timeoutMs,
    // Hanging up waits this long for the other side; by default 2 s, in which the process could not end.
    disconnectTimeout: HANG_UP_MS,
    stringNumbers: true,
  });
  client.once('connect', () => limit(client.stream));
  return client;
}

/** A reply without end must not fill the memory while the time for it runs. */
function limit(stream: Redis['stream']): void {
  let bytes = 0;
  stream.on('data', (data: Uint8Array) => {
    bytes += data.length;
    if (bytes > MOST_BYTES) stream.destroy(new ServerError('failed', 'its answer is too long'));
  });
}

async function converse(
  client: Redis,
  { user, password, clients }: ServerRequest,
  transcript: string[],
  refusals: string[],
): Promise<void> {
  await client.connect();
  if (password !== undefined) await authenticate(client, user, password, refusals);
  const ask = async (...words: readonly [string, ...string[]]): Promise<unknown> => {
    try {
      const reply = await client.call(...words);
      return reply;
    } catch (error) {
      return passedOver(error);
    }
  };
  const keep = (command: string, reply: unknown, shape: (value: unknown) => string): boolean => {
    const refused = reply instanceof Refusal;
    const lines = refused ? `(error) ${reply.message}\n` : shape(reply);
    transcript.push(`> ${command}\n${lines.endsWith('\n') || lines === '' ? lines : `${lines}\n`}`);
    if (refused) refusals.push(`${command}: ${reply.message}`);
    return !refused;
  };
  const pong = await ask('PING');
  if (!(pong instanceof Refusal) && pong !== 'PONG')
    throw new ServerError('not-redis', `it answered ${brief(pong)}`);
  keep('PING', pong, String);
  const info = await ask('INFO', 'all');
  const isTold = keep('INFO all', info, String);
  const [first, ...rest] = DIRECTIVES;
  // Where CONFIG is forbidden or renamed, one refusal says it for all.
  const setting = await ask('CONFIG', 'GET', first);
  if (keep(`CONFIG GET ${first}`, setting, pairs)) {
    const replies = await Promise.all(rest.map((directive) => ask('CONFIG', 'GET', directive)));
    for (const [at, reply] of replies.entries()) keep(`CONFIG GET ${rest[at]}`, reply, pairs);
  }
  if (!isTold && setting instanceof Refusal) throw new ServerError(statusOf(setting), setting.message);
  if (!clients) return;
  keep('LATENCY LATEST', await ask('LATENCY', 'LATEST'), rows);
  keep('SLOWLOG LEN', await ask('SLOWLOG', 'LEN'), String);
  const connected = Number(/^connected_clients:(\d+)/m.exec(String(info))?.[1]);
  if (!(connected > MOST_CLIENTS)) keep('CLIENT LIST', await ask('CLIENT', 'LIST'), String);
}

/** The server's own "no" to one command: the conversation goes on. */
class Refusal {
  readonly message: string;
  constructor(message: string) {
    this.message = message.replaceAll(/\s+/g, ' ');
  }
}

/** A server that answers nothing at all: an ACL user with no rights, or a script that keeps it busy. */
function statusOf({ message }: Refusal): ServerFailure {
  return /^NOPERM/.test(message) ? 'no-permission' : 'failed';
}

/** @throws the error when it is not one command's, but ends the conversation */
function passedOver(error: unknown): Refusal {
  const isReply = error instanceof Error && error.name === 'ReplyError';
  if (isReply && !/^(?:NOAUTH|DENIED|ERR max number of clients)/.test(error.message))
    return new Refusal(error.message);
  throw error;
}

/** @param refusals gets a sentence when the server wants no password @throws when it wants another one */
export async function authenticate(
  client: Redis,
  user: string | undefined,
  password: string,
  refusals: string[],
): Promise<void> {
  try {
    await client.call('AUTH', ...(user === undefined ? [password] : [user, password]));
  } catch (error) {
    // A password that the server does not want is no reason to stop.
    const unwanted =
      error instanceof Error && /no password is set|without any password configured/.test(error.message);
    if (!unwanted) throw error;
    refusals.push('AUTH: the server wants no password');
  }
}

/** CONFIG GET's flat list of names and values, a pair a line. */
function pairs(reply: unknown): string {
  if (!Array.isArray(reply)) return '';
  const lines: string[] = [];
  for (let at = 0; at + 1 < reply.length; at += 2) {
    lines.push(`${String(reply[at])} ${String(reply[at + 1]).replaceAll(/[\r\n]+/g, ' ')}\n`);
  }
  return lines.join('');
}

/** A list of lists, one a line. */
function rows(reply: unknown): string {
  if (!Array.isArray(reply)) return '';
  return reply.map((row) => `${(Array.isArray(row) ? row : [row]).join(' ')}\n`).join('');
}

function brief(reply: unknown): string {
  return JSON.stringify(String(reply).slice(0, 60));
}

import { basename } from 'node:path';
import { splitAddress } from '../core/addresses.ts';
import type { Target } from '../core/finding.ts';
import { networkNamespace } from '../probes/proc/read.ts';
import { socketsOf } from '../probes/proc/sockets.ts';
import {
  captureServer,
  parseServer,
  type ServerAddress,
  type ServerCapture,
  type ServerRequest,
  serverCapture,
  serverSpec,
} from '../probes/redis.ts';
import { runLocal } from '../runners/local.ts';
import type { LiveTarget } from './target.ts';

const FAMILY = /redis|valkey|keydb|redict|dragonfly/i;
const TIMEOUT_MS = 2000;

export interface ServerAnswer {
  readonly text?: string;
  /** Why the server was not asked or did not answer. */
  readonly missing?: string;
  readonly server?: NonNullable<Target['server']>;
  /** Where it answered, if that can be reached by TCP from here. */
  readonly address?: ServerAddress;
  /** Where it answered, seen from its own network namespace. */
  readonly at?: ServerAddress;
}

/**
 * Asks the target for its settings and INFO, in its own network namespace. Only a process that is of the Redis family
 * by its name is asked, or an address that the user gave: other services are not sent anything.
 */
export async function askServer(
  target: LiveTarget,
  given: ServerAddress,
  self: readonly [string, ...string[]],
  signal: AbortSignal,
): Promise<ServerAnswer> {
  const addressed = given.port !== undefined || given.socketPath !== undefined || given.host !== undefined;
  if (!addressed && !isFamily(target)) {
    return {
      missing: `${target.comm} is not known as a Redis-family server by its name; --server-port N asks it all the same`,
    };
  }
  const addresses = addressed
    ? [given]
    : listeningAddresses(target.pid).map((each) => ({ ...given, ...each }));
  if (addresses.length === 0) return { missing: `${target.comm} listens on no port that could be asked` };
  let last: ServerCapture | undefined;
  for (const address of addresses.slice(0, 3)) {
    const request: ServerRequest = { ...address, clients: true, timeoutMs: TIMEOUT_MS, signal };
    const elsewhere = target.netns !== undefined && target.netns !== networkNamespace('self');
    last =
      elsewhere && address.socketPath === undefined
        ? serverCapture(await runLocal(serverSpec(self, request, target.pid), signal))
        : await captureServer(request);
    if (last.status === 'captured') {
      const isNear = !elsewhere && address.socketPath === undefined;
      return { ...answer(last, address.port), at: address, ...(isNear ? { address } : {}) };
    }
    if (last.status === 'needs-password' || last.status === 'wrong-password') break;
  }
  const reason = last && last.status !== 'captured' ? last.reason : 'it did not answer';
  const isServer =
    last?.status === 'needs-password' ||
    last?.status === 'wrong-password' ||
    last?.status === 'no-permission';
  return { missing: reason, ...(isServer ? { server: { kind: 'redis' } } : {}) };
}

function answer(capture: ServerCapture & { status: 'captured' }, port: number | undefined): ServerAnswer {
  const info = new Map<string, string>();
  for (const item of parseServer(capture.text).items) {
    if (item.kind === 'server-info') info.set(item.field, item.value);
  }
  const kind =
    info.get('server_name') ??
    (info.has('valkey_version') ? 'valkey' : info.has('perfcase_version') ? 'perfcase-kv' : 'redis');
  const version = info.get('perfcase_version') ?? info.get('valkey_version') ?? info.get('redis_version');
  const refused = capture.refusals.find((line) => line.startsWith('CONFIG'));
  return {
    text: capture.text,
    ...(refused === undefined ? {} : { missing: `the server refused ${refused}` }),
    server: {
      kind,
      ...(version === undefined ? {} : { version }),
      ...(port === undefined ? {} : { port }),
    },
  };
}

/** By the program's own name, not by its arguments: these may name a server that it is a client of. */
function isFamily({ comm, commandLine }: LiveTarget): boolean {
  const [program = '', script = '', subcommand] = commandLine.split(' ');
  if (FAMILY.test(comm) || FAMILY.test(basename(program))) return true;
  return /^perfcase/.test(basename(script)) && subcommand === 'kv';
}

/** Loopback first; a wildcard is reached through loopback. Unix sockets by way of the process's own root. */
function listeningAddresses(pid: number): ServerAddress[] {
  const { listening, unixListening } = socketsOf(pid);
  const tcp = listening.map(({ localAddress }) => {
    const { host, port } = splitAddress(localAddress);
    const reached = host === '0.0.0.0' ? '127.0.0.1' : host === '::' ? '::1' : host;
    return { host: reached, port: Number(port) };
  });
  tcp.sort((a, b) => Number(b.host === '127.0.0.1') - Number(a.host === '127.0.0.1'));
  const unix = unixListening.flatMap(({ path }) =>
    path === undefined || path.startsWith('@') ? [] : [{ socketPath: `/proc/${pid}/root${path}` }],
  );
  return [...tcp, ...unix];
}

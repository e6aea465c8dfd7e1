import { UserError } from '../../core/errors.ts';
import type { AnyProbe } from '../../probes/index.ts';
import type { ProbeRun } from '../../probes/options.ts';
import { networkNamespace } from '../../probes/proc/read.ts';
import { socketsOf } from '../../probes/proc/sockets.ts';
import {
  captureServer,
  type ServerCapture,
  type ServerRequest,
  serverCapture,
  serverSpec,
} from '../../probes/redis.ts';
import { runLocal } from '../../runners/local.ts';
import { accessOf, type ServerFlags } from '../server-flags.ts';
import type { LiveCapture } from './live.ts';

/** Flags of `probe redis`. */
export interface RedisFlags extends ServerFlags {
  readonly host?: string;
  readonly socket?: string;
  readonly clients?: boolean;
}

const DEFAULT_TIMEOUT_MS = 5000;

/** Asks the server: of --pid where one is given, in that process's network namespace; else at --host and --port. */
export async function captureRedis(
  probe: AnyProbe,
  run: ProbeRun,
  flags: RedisFlags,
  env: NodeJS.ProcessEnv,
  signal: AbortSignal,
): Promise<LiveCapture> {
  const request = requestOf(run, flags, env);
  const { pid } = run;
  const address = pid === undefined ? request : { ...request, ...addressOf(pid, run.port, flags) };
  const elsewhere = pid !== undefined && networkNamespace(pid) !== networkNamespace('self');
  let capture: ServerCapture;
  if (elsewhere && address.socketPath === undefined) {
    const self = [process.execPath, ...process.execArgv, process.argv[1]!] as [string, ...string[]];
    capture = serverCapture(await runLocal(serverSpec(self, address, pid), signal));
  } else {
    capture = await captureServer({ ...address, signal });
  }
  if (capture.status !== 'captured')
    return { probe, text: capture.text, remarks: [], failure: capture.reason };
  return { probe, text: capture.text, remarks: capture.refusals.map((refusal) => `refused: ${refusal}`) };
}

/** @throws UserError when a file cannot be read */
function requestOf(run: ProbeRun, flags: RedisFlags, env: NodeJS.ProcessEnv): ServerRequest {
  return {
    timeoutMs: run.timeoutMs ?? DEFAULT_TIMEOUT_MS,
    ...(run.port === undefined ? {} : { port: run.port }),
    ...(flags.host === undefined ? {} : { host: flags.host }),
    ...(flags.socket === undefined ? {} : { socketPath: flags.socket }),
    ...(flags.clients ? { clients: true } : {}),
    ...accessOf(flags, env),
  };
}

/** Where the process listens: the port that was asked for, else its lowest one, else its unix socket. */
function addressOf(pid: number, port: number | undefined, flags: RedisFlags): Partial<ServerRequest> {
  if (flags.socket !== undefined || flags.host !== undefined) return {};
  const { listening, unixListening, reasons } = socketsOf(pid);
  const found = listening
    .map((socket) => {
      const colon = socket.localAddress.lastIndexOf(':');
      const host = socket.localAddress.slice(0, colon);
      return { host, port: Number(socket.localAddress.slice(colon + 1)) };
    })
    .filter((socket) => port === undefined || socket.port === port)
    .sort((a, b) => a.port - b.port)[0];
  if (found) return { host: reachable(found.host), port: found.port };
  if (port !== undefined) return { host: '127.0.0.1' };
  const path = unixListening.find((socket) => socket.path?.startsWith('/'))?.path;
  if (path !== undefined) return { socketPath: `/proc/${pid}/root${path}` };
  const detail = reasons[0] === undefined ? 'it listens on no port and no unix socket' : reasons[0];
  throw new UserError(`process ${pid} cannot be asked: ${detail}; give --port N if it does listen.`);
}

/** An address that a server listens on, as one to connect to. */
function reachable(host: string): string {
  if (host === '0.0.0.0') return '127.0.0.1';
  return host === '[::]' ? '::1' : host.replace(/^\[|\]$/g, '');
}

import type { Overhead } from '../core/finding.ts';
import { quantile } from '../core/units.ts';
import { parseDescriptors } from '../probes/proc/fd.ts';
import { readDescriptors } from '../probes/proc/read.ts';
import { socketsOf } from '../probes/proc/sockets.ts';
import type { ServerAddress } from '../probes/redis.ts';
import { type Ping, Pinger } from './pinger.ts';

/** A time on performance's clock, milliseconds. */
export interface Span {
  readonly fromMs: number;
  readonly toMs: number;
}

/** Fewer pings than this say nothing. */
const LEAST_PINGS = 3;

/**
 * A connection of perfcase's own, on which it asks the server for a PING from time to time: how much later the answer
 * comes while a tracer is attached is what clients feel of it.
 */
export class Canary {
  private constructor(
    private readonly pinger: Pinger,
    /** The target's descriptor of this connection: what moves through it is none of its clients' work. */
    readonly fd: number,
  ) {}

  /** @returns undefined where there is none: the server does not answer, or its end of the connection is not seen */
  static async start(target: number, address: ServerAddress): Promise<Canary | undefined> {
    const pinger = await Pinger.connect(address);
    if (!pinger) return undefined;
    const fd = descriptorOf(target, pinger.address);
    if (fd !== undefined) return new Canary(pinger, fd);
    await pinger.close();
    return undefined;
  }

  /** Hangs up. @param traced when a tracer was attached */
  async end(traced: readonly Span[]): Promise<Overhead['ping']> {
    return compare(await this.pinger.close(), traced);
  }
}

/** Medians of the pings before the first window and within the windows; undefined when there are too few. */
export function compare(pings: readonly Ping[], traced: readonly Span[]): Overhead['ping'] {
  const began = Math.min(...traced.map(({ fromMs }) => fromMs));
  const before = pings.filter(({ atMs, tookMs }) => atMs + tookMs <= began);
  const during = pings.filter(({ atMs }) => traced.some(({ fromMs, toMs }) => atMs >= fromMs && atMs < toMs));
  if (before.length < LEAST_PINGS || during.length < LEAST_PINGS) return undefined;
  const median = (some: readonly Ping[]) => {
    const ms = quantile(
      some.map(({ tookMs }) => tookMs),
      0.5,
    );
    return Math.round(ms! * 1000) / 1000;
  };
  return { beforeMs: median(before), duringMs: median(during), count: during.length };
}

/** The descriptor that a process has for a connection from `remote`. */
function descriptorOf(pid: number, remote: string): number | undefined {
  const socket = socketsOf(pid).connections.find(({ remoteAddress }) => remoteAddress === remote);
  const read = readDescriptors(pid);
  if (!socket || read.status !== 'captured') return undefined;
  const fd = parseDescriptors(read.text, pid).items.find(({ inode }) => inode === socket.inode)?.fd;
  return typeof fd === 'number' ? fd : undefined;
}

import type { CommandSpec, Parsed, Probe } from '../core/capture.ts';
import type { TcpSocketObservation } from '../core/observation.ts';
import { GRACE_MS, type ProbeRun } from './options.ts';
import { isDecoration, type Line, linesOf } from './text/lines.ts';
import { Notes } from './text/notes.ts';
import { amount, present, whole } from './text/values.ts';

/*
 * ss(8) of iproute2, with -t -a -n -i -m: https://man7.org/linux/man-pages/man8/ss.8.html
 *
 *   State  Recv-Q Send-Q Local Address:Port  Peer Address:Port Process
 *   LISTEN 0      511          0.0.0.0:6379       0.0.0.0:*
 *   	 skmem:(r0,rb131072,t0,tb16384,f0,w0,o0,bl0,d17) cubic cwnd:10
 *   ESTAB  0      0          127.0.0.1:6379     127.0.0.1:47068
 *   	 skmem:(…,d0) cubic rto:204 rtt:0.019/0.01 … segs_out:2 … retrans:0/12 …
 *
 * Of a listening socket Recv-Q is its queue of connections and Send-Q the limit of that. The figures stand on a line of
 * their own, or with -O behind the socket; "retrans" is printed only once something was sent again.
 */

export const ssProbe: Probe<TcpSocketObservation, ProbeRun> = {
  name: 'ss',
  summary: 'TCP sockets with the kernel’s figures: queues, drops, segments sent again (--port)',
  debianPackage: 'iproute2',
  command: (run) => {
    const spec = ssCommand(run.port === undefined ? [] : [run.port], run.timeoutMs);
    return run.args ? { ...spec, args: run.args } : spec;
  },
  parse: parseSs,
};

/** Sockets on either side of these ports; all of them without a port. Those that wait for their end are left out. */
export function ssCommand(ports: readonly number[], timeoutMs = GRACE_MS): CommandSpec {
  const either = ports.flatMap((port) => [`sport = :${port}`, `dport = :${port}`]);
  return {
    file: 'ss',
    args: ['-tanim', 'exclude', 'time-wait', ...(either.length === 0 ? [] : [`( ${either.join(' or ')} )`])],
    timeoutMs,
    debianPackage: 'iproute2',
  };
}

const ROW = /^(?:tcp\s+)?([A-Z][A-Z0-9-]+)\s+(\d+)\s+(\d+)\s+(\S+:\S+)\s+(\S+:\S+)(?:\s+(.*))?$/;

/** Reads what ss printed of TCP sockets. Never throws. */
export function parseSs(text: string): Parsed<TcpSocketObservation> {
  const items: TcpSocketObservation[] = [];
  const notes = new Notes();
  for (const line of linesOf(text)) {
    if (notes.overlong(line) || isDecoration(line.text) || /^(?:Netid\s+)?State\s/.test(line.text)) continue;
    const last = items.at(-1);
    if (/^\s/.test(line.text) && last) items[items.length - 1] = { ...last, ...figuresOf(line.text) };
    else {
      const item = readRow(line);
      if (item) items.push(item);
      else notes.add(line, 'no row of a TCP socket');
    }
  }
  return { items, problems: notes.done() };
}

function readRow(line: Line): TcpSocketObservation | undefined {
  const [, state, received, sent, localAddress, remoteAddress, figures] = ROW.exec(line.text.trimEnd()) ?? [];
  const [receiveQueue, sendQueue] = [whole(received), whole(sent)];
  if (state === undefined || receiveQueue === undefined || sendQueue === undefined) return undefined;
  return {
    ...{ kind: 'tcp-socket', line: line.number, text: line.raw },
    ...{ state, receiveQueue, sendQueue, localAddress: localAddress!, remoteAddress: remoteAddress! },
    ...figuresOf(figures ?? ''),
  };
}

function figuresOf(text: string) {
  const figure = (pattern: RegExp) => pattern.exec(text)?.[1];
  const segmentsOut = whole(figure(/\bsegs_out:(\d+)/));
  const again = whole(figure(/\bretrans:\d+\/(\d+)/));
  return present({
    drops: whole(figure(/\bskmem:\([^)]*\bd(\d+)\)/)),
    retransmitted: again ?? (segmentsOut === undefined ? undefined : 0),
    segmentsOut,
    rttMs: amount(figure(/\brtt:([\d.]+)/)),
    rtoMs: amount(figure(/\brto:([\d.]+)/)),
  });
}

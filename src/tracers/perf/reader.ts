import { constants } from 'node:os';
import { CAPTURE, type WatchedCall } from '../log/calls.ts';
import type { OpenCall } from '../log/log-text.ts';
import type { RecordStore } from '../log/record-store.ts';

/** A wait that took less time was none. */
const SHORTEST_WAIT_NS = 4000;

interface Begun {
  readonly startNs: number;
  readonly pid: number;
  readonly number: number;
  readonly args: readonly number[];
}

/**
 * Reads what `perf script -F pid,tid,time,event,trace --ns --show-lost-events` prints of the two tracepoints:
 *
 *   27789/27789 12174.916189123: raw_syscalls:sys_enter: NR 232 (5, 7fbe42b6f380, 2790, 64, 2, 0)
 *   27789/27789 12175.017240456:  raw_syscalls:sys_exit: NR 232 = 0
 *   27789/27789 12175.017300000: PERF_RECORD_LOST lost 12
 *
 * Bytes that moved are not among it: perf records the numbers of a call only. Never throws.
 */
export class PerfReader {
  private lostEvents = 0;
  /** Lines that are neither. */
  strange = 0;
  private readonly captures = new Map<number, number>();
  private readonly begun = new Map<number, Begun>();

  constructor(
    private readonly store: RecordStore,
    calls: readonly WatchedCall[],
  ) {
    for (const { number, capture } of calls) this.captures.set(number, CAPTURE[capture]);
  }

  line(line: string): void {
    if (line.trim() === '') return;
    const match = EVENT.exec(line);
    if (!match) {
      const lost = LOST.exec(line);
      if (lost) this.lose(Number(lost[1]));
      else this.strange++;
      return;
    }
    const tid = Number(match[2]);
    const atNs = Number(match[3]) * 1e9 + Number(match[4]!.padEnd(9, '0'));
    const number = Number(match[6]);
    const capture = this.captures.get(number);
    if (capture === undefined) return;
    if (match[5] === 'enter') {
      const args = (match[7] ?? '').split(', ').slice(0, 4).flatMap(halves);
      this.begun.set(tid, { startNs: atNs, pid: Number(match[1]), number, args });
      return;
    }
    const begun = this.begun.get(tid);
    this.begun.delete(tid);
    const result = Number(match[8]);
    // It began before the window, or the one was lost that did.
    if (!begun || begun.number !== number || !Number.isFinite(result)) return;
    const isShortWait = capture === CAPTURE.wait && atNs - begun.startNs < SHORTEST_WAIT_NS;
    if (result === -constants.errno.EAGAIN || isShortWait) return;
    this.store.add({ ...begun, endNs: atNs, tid, result });
  }

  /** Calls that are missing: two events each. */
  get lost(): number {
    return Math.ceil(this.lostEvents / 2);
  }

  /** The end that comes next may be that of a later call: no call is put together across a loss. */
  private lose(events: number): void {
    this.lostEvents += events;
    this.begun.clear();
  }

  /** Calls that had not returned. */
  open(): OpenCall[] {
    return [...this.begun].map(([tid, { startNs, pid, number, args }]) => ({
      ...{ startNs, tid, pid, number },
      firstArgument: this.captures.get(number) === CAPTURE.numbers ? (args[0] ?? -1) | 0 : -1,
    }));
  }
}

const EVENT =
  /^\s*(-?\d+)\/(\d+)\s+(\d+)\.(\d{1,9}):\s+raw_syscalls:sys_(enter|exit):\s+NR (\d+)(?: \(([0-9a-f, ]*)\)| = (-?\d+))\s*$/;
const LOST = /PERF_RECORD_LOST(?:_SAMPLES)?:? lost (\d+)/;

/** A number of 64 bits in hexadecimal: its low half, its high half. */
function halves(hex: string): [number, number] {
  if (hex.length <= 8) return [Number.parseInt(hex || '0', 16), 0];
  return [Number.parseInt(hex.slice(-8), 16), Number.parseInt(hex.slice(-16, -8), 16)];
}

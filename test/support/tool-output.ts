import type { Surroundings } from './trace-log.ts';

/** What top prints of these CPUs: user, system, idle, iowait, steal, in percent. */
export interface Cpu {
  readonly us?: number;
  readonly sy?: number;
  readonly id: number;
  readonly wa?: number;
  readonly st?: number;
}

export interface TopOptions {
  readonly cpus?: readonly Cpu[];
  /** KiB. */
  readonly totalKib?: number;
  readonly availableKib?: number;
  readonly swapTotalKib?: number;
  /** Percent of a CPU. */
  readonly serverPercent?: number;
}

/** One report of top -b. */
export function topText({
  cpus = [
    { us: 6, sy: 2.7, id: 5.7, wa: 84.7 },
    { us: 1, sy: 3, id: 94.7 },
  ],
  totalKib = 8_169_300,
  availableKib = 7_478_748,
  swapTotalKib = 0,
  serverPercent = 5,
}: TopOptions = {}): string {
  return [
    'top - 12:46:18 up 11 days,  8:49,  1 user,  load average: 1.36, 1.36, 1.04',
    'Tasks: 137 total,   1 running,  79 sleeping,   0 stopped,   0 zombie',
    ...cpus.map(
      ({ us = 0, sy = 0, id, wa = 0, st = 0 }, index) =>
        `%Cpu${index}  : ${us.toFixed(1)} us, ${sy.toFixed(1)} sy,  0.0 ni, ${id.toFixed(1)} id, ${wa.toFixed(1)} wa,  0.0 hi,  0.0 si, ${st.toFixed(1)} st`,
    ),
    `KiB Mem :  ${totalKib} total,  ${availableKib} free,   0 used,   394144 buff/cache`,
    `KiB Swap:  ${swapTotalKib} total,        0 free,        0 used.  ${availableKib} avail Mem`,
    '',
    '  PID USER      PR  NI    VIRT    RES    SHR S  %CPU %MEM     TIME+ COMMAND',
    ` 9085 systemd+  20   0   28352   9760   1860 D   ${serverPercent.toFixed(1)}  0.1   0:04.34 redis-server`,
    '',
  ].join('\n');
}

export interface Disk {
  readonly device?: string;
  readonly writes?: number;
  readonly await?: number;
  readonly queue?: number;
  readonly util?: number;
  readonly writeKib?: number;
}

/** One report of iostat -d -x. */
export function iostatText(disks: readonly Disk[]): string {
  return [
    'Device            r/s     w/s     rkB/s     wkB/s   w_await aqu-sz  %util',
    ...disks.map(
      ({ device = 'sda', writes = 492, await: wait = 1.76, queue = 0, util = 0, writeKib = 2672 }) =>
        `${device}  0.00 ${writes.toFixed(2)} 0.00 ${writeKib.toFixed(2)} ${wait.toFixed(2)} ${queue.toFixed(2)} ${util.toFixed(2)}`,
    ),
    '',
  ].join('\n');
}

export function pressureText(fullAvg10: number): string {
  return `==> /proc/pressure/memory <==\nsome avg10=${fullAvg10}.00 avg60=1.00 avg300=0.00 total=1203456\nfull avg10=${fullAvg10}.00 avg60=1.00 avg300=0.00 total=934201\n`;
}

/** Outputs by the probe that reads them. */
export function outputs(texts: Readonly<Record<string, string | undefined>>): Pick<Surroundings, 'outputs'> {
  return {
    outputs: Object.entries(texts).flatMap(([probe, text]) =>
      text === undefined ? [] : [{ probe, source: probe, text }],
    ),
  };
}

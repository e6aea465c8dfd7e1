import type { Seen } from './seen.ts';

/** /proc/uptime: the clock of the readings that stand in the same text. */
export interface UptimeObservation extends Seen {
  readonly kind: 'uptime';
  readonly seconds: number;
}

/** A counter of a network namespace, since it was made: /proc/PID/net/netstat and snmp. */
export interface NetCounterObservation extends Seen {
  readonly kind: 'net-counter';
  /** A process of the namespace; absent for /proc/net. */
  readonly pid?: number;
  /** Tcp, TcpExt. */
  readonly protocol: string;
  readonly name: string;
  readonly value: number;
}

/** A number that a control group's file holds. */
export interface CgroupValueObservation extends Seen {
  readonly kind: 'cgroup-value';
  /** The group's folder below the mount point, "/sys/fs/cgroup/cpu/docker/ec41…". */
  readonly group: string;
  /** "cpu.stat", "io.max" … */
  readonly file: string;
  /** "nr_throttled", "quota" (µs), "period" (µs), "wiops", "write" …; "value" where the file holds one number. */
  readonly name: string;
  /** "8:0", in files that have a line for each device. */
  readonly device?: string;
  /** Absent where the kernel says that there is no limit ("max", -1). */
  readonly value?: number;
}

/** /sys/kernel/mm/transparent_hugepage/enabled */
export interface HugePagesObservation extends Seen {
  readonly kind: 'huge-pages';
  /** "always", "madvise" or "never" */
  readonly setting: string;
}

import type { Seen } from './seen.ts';

/** A row of /proc/net/tcp or tcp6. Addresses are "127.0.0.1:6379" or "[::1]:6379". */
export interface TcpObservation extends Seen {
  readonly kind: 'tcp';
  readonly localAddress: string;
  readonly remoteAddress: string;
  /** ESTABLISHED, LISTEN, … */
  readonly state: string;
  readonly inode: number;
  readonly uid: number;
  readonly txQueueBytes: number;
  readonly rxQueueBytes: number;
  /** Retransmissions of the segment that is not acknowledged now; 0 on a healthy connection. */
  readonly retransmits?: number;
}

/** A line of /proc/pressure/{cpu,memory,io}. */
export interface PressureObservation extends Seen {
  readonly kind: 'pressure';
  readonly resource: 'cpu' | 'memory' | 'io';
  readonly scope: 'some' | 'full';
  readonly avg10Percent: number;
  readonly avg60Percent: number;
  readonly avg300Percent: number;
  readonly totalUs: number;
}

/** /proc/PID/io, cumulative. */
export interface ProcIoObservation extends Seen {
  readonly kind: 'proc-io';
  readonly readCalls?: number;
  readonly writeCalls?: number;
  readonly readChars?: number;
  readonly writeChars?: number;
  readonly readBytes?: number;
  readonly writeBytes?: number;
  readonly cancelledWriteBytes?: number;
}

/** /proc/PID/stat, cumulative. */
export interface ProcStatObservation extends Seen {
  readonly kind: 'proc-stat';
  readonly pid: number;
  readonly comm: string;
  readonly state: string;
  readonly parentPid: number;
  readonly userTicks: number;
  readonly systemTicks: number;
  readonly threads: number;
  readonly startTicks: number;
  /** Ticks spent waiting for block I/O; absent where the kernel does not count them. */
  readonly blockIoTicks?: number;
  /** Page faults that needed no disk. */
  readonly minorFaults?: number;
}

/** What matters of /proc/PID/status. */
export interface ProcStatusObservation extends Seen {
  readonly kind: 'proc-status';
  readonly name?: string;
  readonly pid?: number;
  readonly tgid?: number;
  readonly parentPid?: number;
  /** One letter: R, S, D, T, t, Z … */
  readonly state?: string;
  /** Thread id of the tracer; 0 when nobody traces. */
  readonly tracerPid?: number;
  readonly threads?: number;
  /** Effective user id. */
  readonly uid?: number;
  /** The pid in each nested pid namespace, outermost first. */
  readonly nsPids?: readonly number[];
  readonly rssKib?: number;
  readonly swapKib?: number;
  readonly voluntarySwitches?: number;
  readonly involuntarySwitches?: number;
  /** CPUs that it may run on: "0-3,8". */
  readonly cpusAllowed?: string;
  /** False for a process that has asked for no huge pages (prctl); absent on kernels that do not say. */
  readonly hugePages?: boolean;
}

/** A line of /proc/PID/cgroup. */
export interface CgroupObservation extends Seen {
  readonly kind: 'cgroup';
  /** 0 for cgroup v2. */
  readonly hierarchy: number;
  readonly controllers: readonly string[];
  readonly path: string;
  /** Full id when the path names a container of docker, podman, containerd or cri-o. */
  readonly containerId?: string;
}

/** A line of /proc/PID/mountinfo. */
export interface MountObservation extends Seen {
  readonly kind: 'mount';
  /** "8:1": what a file's device number is matched with. */
  readonly device: string;
  readonly root: string;
  readonly mountPoint: string;
  readonly fsType: string;
  readonly source: string;
  readonly options: readonly string[];
  /** Of the file system itself: "cpu", "upperdir=/var/lib/…" */
  readonly superOptions?: readonly string[];
}

/** A row of /proc/net/unix. */
export interface UnixSocketObservation extends Seen {
  readonly kind: 'unix-socket';
  readonly inode: number;
  readonly listening: boolean;
  /** Absent for an unnamed socket. */
  readonly path?: string;
}

/** A cpu line of /proc/stat: ticks since boot. */
export interface CpuTicksObservation extends Seen {
  readonly kind: 'cpu-ticks';
  readonly cpu: string;
  readonly user: number;
  readonly nice: number;
  readonly system: number;
  readonly idle: number;
  readonly iowait?: number;
  readonly irq?: number;
  readonly softirq?: number;
  readonly steal?: number;
}

/** A row of /proc/diskstats: counters since boot. Sectors are of 512 bytes. */
export interface DiskCountersObservation extends Seen {
  readonly kind: 'disk-counters';
  readonly device: string;
  /** "8:0" */
  readonly number: string;
  readonly reads: number;
  readonly readSectors: number;
  readonly readMs: number;
  readonly writes: number;
  readonly writtenSectors: number;
  readonly writeMs: number;
  readonly busyMs: number;
  /** Milliseconds weighted with the number of requests under way. */
  readonly queueMs: number;
  /** Linux 5.5 and newer. */
  readonly flushes?: number;
  readonly flushMs?: number;
}

/** A counter of /proc/vmstat. */
export interface VmCounterObservation extends Seen {
  readonly kind: 'vm-counter';
  readonly name: string;
  readonly value: number;
}

/**
 * What the tools saw, typed. Every observation keeps the line it was read from. A field that the tool did not
 * print is absent, never 0. Units are in the names; percentages are 0 to 100 (of one CPU for a process).
 */
export interface Seen {
  /** Line in the tool's output, from 1. */
  readonly line: number;
  /** That line as it was printed. */
  readonly text: string;
  /** The tool's own time stamp, as printed (for example "12:49:36"). */
  readonly clock?: string;
  /**
   * Which report of a tool that prints several (top, iostat, pidstat), from 0. The first of top, and of iostat
   * without -y, is an average since boot.
   */
  readonly frame?: number;
}

export interface CpuObservation extends Seen {
  readonly kind: 'cpu';
  /** "all", or the number of the CPU. */
  readonly cpu: string;
  readonly userPercent?: number;
  readonly nicePercent?: number;
  readonly systemPercent?: number;
  readonly idlePercent?: number;
  readonly iowaitPercent?: number;
  readonly irqPercent?: number;
  readonly softirqPercent?: number;
  readonly stealPercent?: number;
  /** Clock ticks the percentages were computed from; only for readings of /proc/stat. */
  readonly ticks?: number;
}

export interface MemoryObservation extends Seen {
  readonly kind: 'memory' | 'swap';
  readonly totalKib?: number;
  readonly freeKib?: number;
  readonly usedKib?: number;
  readonly buffCacheKib?: number;
  readonly availableKib?: number;
}

export interface LoadObservation extends Seen {
  readonly kind: 'load';
  readonly load1: number;
  readonly load5: number;
  readonly load15: number;
}

export interface TasksObservation extends Seen {
  readonly kind: 'tasks';
  readonly total?: number;
  readonly running?: number;
  readonly sleeping?: number;
  readonly stopped?: number;
  readonly zombie?: number;
}

/** A row of top. */
export interface ProcessObservation extends Seen {
  readonly kind: 'process';
  readonly pid: number;
  /** With top -H: the thread; `pid` is then the process only where the TGID column is shown, else the thread. */
  readonly tid?: number;
  readonly user?: string;
  readonly state?: string;
  readonly cpuPercent?: number;
  readonly memPercent?: number;
  readonly virtKib?: number;
  readonly resKib?: number;
  readonly shrKib?: number;
  readonly cpuSeconds?: number;
  readonly command?: string;
}

/** A row of iostat, or the difference of two readings of /proc/diskstats. */
export interface DiskObservation extends Seen {
  readonly kind: 'disk';
  readonly device: string;
  readonly readsPerSec?: number;
  readonly writesPerSec?: number;
  readonly flushesPerSec?: number;
  readonly readKibPerSec?: number;
  readonly writeKibPerSec?: number;
  readonly readAwaitMs?: number;
  readonly writeAwaitMs?: number;
  readonly flushAwaitMs?: number;
  readonly awaitMs?: number;
  readonly queueSize?: number;
  readonly utilPercent?: number;
  /** Requests of any kind, where reads and writes are not told apart (iostat without -x). */
  readonly transfersPerSec?: number;
}

/** A row of pidstat -d. */
export interface ProcessIoObservation extends Seen {
  readonly kind: 'process-io';
  readonly pid: number;
  readonly tid?: number;
  readonly user?: string;
  readonly readKibPerSec?: number;
  readonly writeKibPerSec?: number;
  readonly cancelledKibPerSec?: number;
  /** Clock ticks that the task waited for block I/O in the interval. */
  readonly ioDelayTicks?: number;
  /** True for the "Average:" row over all reports. */
  readonly average?: true;
  readonly command?: string;
}

/** A row of pidstat -u. */
export interface ProcessCpuObservation extends Seen {
  readonly kind: 'process-cpu';
  readonly pid: number;
  readonly tid?: number;
  readonly user?: string;
  readonly userPercent?: number;
  readonly systemPercent?: number;
  readonly guestPercent?: number;
  /** Share of time spent runnable but waiting for a CPU. */
  readonly waitPercent?: number;
  readonly cpuPercent?: number;
  readonly cpu?: number;
  /** True for the "Average:" row over all reports. */
  readonly average?: true;
  readonly command?: string;
}

/** A row of pidstat -w. */
export interface ProcessSwitchesObservation extends Seen {
  readonly kind: 'process-switches';
  readonly pid: number;
  readonly tid?: number;
  readonly user?: string;
  readonly voluntaryPerSec?: number;
  readonly involuntaryPerSec?: number;
  /** True for the "Average:" row over all reports. */
  readonly average?: true;
  readonly command?: string;
}

/** A row of lsof, or an entry of /proc/PID/fd. */
export interface DescriptorObservation extends Seen {
  readonly kind: 'descriptor';
  readonly pid: number;
  readonly tid?: number;
  readonly command?: string;
  readonly user?: string;
  /** Number, or lsof's word (cwd, txt, mem, rtd, DEL …). */
  readonly fd: number | string;
  readonly access?: 'r' | 'w' | 'u';
  /** REG, DIR, FIFO, sock, IPv4, IPv6, unix, a_inode, CHR … */
  readonly type?: string;
  /** "8,1" for files. */
  readonly device?: string;
  /** Inode of a file or of a socket. */
  readonly inode?: number;
  readonly sizeBytes?: number;
  readonly name: string;
  readonly deleted?: boolean;
  readonly protocol?: string;
  readonly localAddress?: string;
  readonly remoteAddress?: string;
  readonly tcpState?: string;
}

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

export interface ContainerObservation extends Seen {
  readonly kind: 'container';
  readonly engine: 'docker' | 'podman';
  readonly id: string;
  readonly name: string;
  /** Absent when the container does not run. */
  readonly pid?: number;
  readonly running: boolean;
  readonly image?: string;
  /** "host", "bridge", "container:ID" … */
  readonly networkMode?: string;
}

export interface ServerConfigObservation extends Seen {
  readonly kind: 'server-config';
  readonly directive: string;
  readonly value: string;
}

export interface ServerInfoObservation extends Seen {
  readonly kind: 'server-info';
  readonly section: string;
  readonly field: string;
  readonly value: string;
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

/** A line of the server's CLIENT LIST. */
export interface ServerClientObservation extends Seen {
  readonly kind: 'server-client';
  readonly id?: number;
  readonly address: string;
  /** The server's descriptor of this connection. */
  readonly fd?: number;
  readonly name?: string;
  readonly ageSeconds?: number;
  readonly idleSeconds?: number;
  /** N normal, O monitor, P pubsub, S replica, M primary … */
  readonly flags?: string;
  readonly lastCommand?: string;
  readonly outputBytes?: number;
  readonly queryBufferBytes?: number;
}

/** One system call, whatever tracer saw it. */
export interface SyscallObservation extends Seen {
  readonly kind: 'syscall';
  /** Thread id; absent when a log of one thread does not print it. */
  readonly tid?: number;
  /** Microseconds since the epoch, or since an arbitrary start; absent when the log has no times. */
  readonly startUs?: number;
  /** Wall time inside the call; absent without strace -T. */
  readonly durationUs?: number;
  readonly name: string;
  /** First argument when it is a descriptor. */
  readonly fd?: number;
  /** Arguments as printed. */
  readonly args: string;
  /** Return value; absent for `?` and for a call that did not return in the log. */
  readonly result?: number;
  /** EAGAIN … when the call failed. */
  readonly errno?: string;
  /** Bytes that were read or written, as far as they were captured; one character a byte (latin1). */
  readonly payload?: string;
  /** What -y printed for the descriptor, for example "/data/appendonly.aof" or "socket:[15448709]". */
  readonly fdName?: string;
  /** Line of the second half of an unfinished/resumed pair. */
  readonly resumedLine?: number;
}

/** A line of strace that is no call: a signal, an exit, an attach, or a gap where somebody cut the log. */
export interface TraceEventObservation extends Seen {
  readonly kind: 'trace-event';
  readonly event: 'signal' | 'exited' | 'killed' | 'attached' | 'detached' | 'stopped' | 'gap';
  readonly tid?: number;
  readonly startUs?: number;
  readonly detail?: string;
}

export type Observation =
  | CpuObservation
  | MemoryObservation
  | LoadObservation
  | TasksObservation
  | ProcessObservation
  | DiskObservation
  | ProcessIoObservation
  | ProcessCpuObservation
  | ProcessSwitchesObservation
  | DescriptorObservation
  | TcpObservation
  | ContainerObservation
  | ServerConfigObservation
  | ServerInfoObservation
  | PressureObservation
  | ProcIoObservation
  | ProcStatObservation
  | ProcStatusObservation
  | CgroupObservation
  | MountObservation
  | UnixSocketObservation
  | CpuTicksObservation
  | DiskCountersObservation
  | VmCounterObservation
  | ServerClientObservation
  | SyscallObservation
  | TraceEventObservation;

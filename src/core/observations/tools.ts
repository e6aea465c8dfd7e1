import type { Seen } from './seen.ts';

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

/** A socket as ss shows it. */
export interface TcpSocketObservation extends Seen {
  readonly kind: 'tcp-socket';
  /** LISTEN, ESTAB, SYN-SENT … */
  readonly state: string;
  /** Of a listening socket: connections that wait to be accepted, and how many may. */
  readonly receiveQueue: number;
  readonly sendQueue: number;
  /** As printed: "127.0.0.1:6379", "[::1]:6379", "*:6379". */
  readonly localAddress: string;
  readonly remoteAddress: string;
  /** What this socket had to drop since it was opened; of a listening one, connections that found no place. */
  readonly drops?: number;
  /** Segments sent again, since the connection was made; absent where ss printed no figures of TCP. */
  readonly retransmitted?: number;
  /** Segments sent, those without data too. */
  readonly segmentsOut?: number;
  readonly rttMs?: number;
  readonly rtoMs?: number;
}

import { captureTable, type WatchedCall, watchedCalls } from '../log/calls.ts';
import type { OpenCall } from '../log/log-text.ts';
import { MAX_PAYLOAD } from '../log/record.ts';
import type { RecordStore } from '../log/record-store.ts';
import { architectureOf } from './architecture.ts';
import { BPF_F_MMAPABLE, Kernel } from './kernel.ts';
import { STATE } from './layout.ts';
import { type Libc, loadLibc, type MappedMemory } from './libc.ts';
import type { Maps } from './program-parts.ts';
import { enterProgram, exitProgram, SCRATCH_BYTES } from './programs.ts';
import { Refused } from './refusal.ts';
import { RingBuffer } from './ring-buffer.ts';
import { StateMemory } from './state-memory.ts';

/** Memory of the kernel between two readings; a second of 100,000 calls with 250 bytes each fits. */
const RING_BYTES = 32 * 1024 * 1024;
/** Processes watched at most, forked ones included; more than that is a fork storm and stays unwatched. */
const MAX_GROUPS = 1024;

export interface SessionOptions {
  readonly pids: readonly number[];
  readonly payloadBytes: number;
  readonly followForks: boolean;
}

/** What a session has seen when it is over. */
export interface SessionEnd {
  readonly open: readonly OpenCall[];
  readonly lost: number;
  /** Descriptors that did not close, each in a sentence; normally empty. */
  readonly stuck: readonly string[];
}

/** The two programs in the kernel, from attaching to detaching. */
export class Session {
  readonly calls: readonly WatchedCall[];
  private readonly fds: number[] = [];
  private readonly mapped: MappedMemory[] = [];
  private ring: RingBuffer | undefined;
  private state: StateMemory | undefined;

  private constructor(
    private readonly libc: Libc,
    calls: readonly WatchedCall[],
  ) {
    this.calls = calls;
  }

  /** Attaches. @throws Refused; then nothing stays behind */
  static async open(options: SessionOptions): Promise<Session> {
    const architecture = architectureOf(process.arch);
    if (!architecture) throw new Refused({ kind: 'architecture', name: process.arch });
    const libc = await loadLibc(architecture.bpfCall);
    const session = new Session(libc, watchedCalls(architecture.name));
    try {
      const kernel = new Kernel(libc, (fd) => session.fds.push(fd));
      const maps = createMaps(kernel, RING_BYTES);
      session.mapMemory(maps.state, maps.ring);
      for (const pid of options.pids) kernel.put(maps.groups, pid, 1);
      const payloadBytes = Math.max(0, Math.min(MAX_PAYLOAD, options.payloadBytes));
      const settings = { ...options, payloadBytes, architecture, maps };
      const exit = kernel.loadProgram(exitProgram(settings));
      const enter = kernel.loadProgram(enterProgram(settings));
      kernel.attach('sys_exit', exit);
      kernel.attach('sys_enter', enter);
      return session;
    } catch (error) {
      session.close();
      throw error;
    }
  }

  drainTo(store: RecordStore): void {
    if (this.ring) store.takeFrom(this.ring);
  }

  get lost(): number {
    return this.state?.lost ?? 0;
  }

  /** What CLOCK_MONOTONIC has to be given to become the time of day, in microseconds. */
  epochOffsetUs(): number {
    return Number((this.libc.clockNs('realtime') - this.libc.clockNs('monotonic')) / 1000n);
  }

  /** Detaches, takes what is left, and frees everything. */
  finish(store: RecordStore): SessionEnd {
    // The youngest descriptors are those that hold the programs to the tracepoints.
    const stuck = this.closeDescriptors(2);
    this.drainTo(store);
    const open = this.state?.openCalls() ?? [];
    const { lost } = this;
    return { open, lost, stuck: [...stuck, ...this.close()] };
  }

  /** Harmless when everything is closed already. */
  close(): string[] {
    const stuck = this.closeDescriptors(this.fds.length);
    this.ring = undefined;
    this.state = undefined;
    for (const memory of this.mapped.splice(0)) memory.unmap();
    return stuck;
  }

  private closeDescriptors(count: number): string[] {
    const stuck: string[] = [];
    for (let closed = 0; closed < count; closed++) {
      const fd = this.fds.pop();
      if (fd === undefined) break;
      const result = this.libc.close(fd);
      if (result < 0) stuck.push(`descriptor ${fd} of the bpf tracer did not close (error ${-result})`);
    }
    return stuck;
  }

  private mapMemory(stateMap: number, ringMap: number): void {
    const page = this.libc.pageBytes;
    this.state = new StateMemory(this.map(stateMap, STATE.bytes, 0, true));
    this.state.prepare(captureTable(this.calls));
    const consumer = this.map(ringMap, page, 0, true);
    const producer = this.map(ringMap, page + 2 * RING_BYTES, page, false);
    this.ring = new RingBuffer(consumer, producer, RING_BYTES, page);
  }

  private map(fd: number, bytes: number, offset: number, writable: boolean): ArrayBuffer {
    const memory = this.libc.mapMemory(fd, bytes, offset, writable);
    if (!memory) throw new Refused({ kind: 'failed', step: 'map its memory', error: `${bytes} bytes` });
    this.mapped.push(memory);
    return memory.buffer;
  }
}

/** The maps of one session. @throws Refused */
export function createMaps(kernel: Kernel, ringBytes: number): Maps {
  const key = { keyBytes: 4 };
  return {
    state: kernel.createMap({
      ...{ ...key, type: 'array', valueBytes: STATE.bytes, entries: 1, flags: BPF_F_MMAPABLE },
    }),
    groups: kernel.createMap({ ...key, type: 'hash', valueBytes: 4, entries: MAX_GROUPS }),
    scratch: kernel.createMap({ ...key, type: 'perCpuArray', valueBytes: SCRATCH_BYTES, entries: 1 }),
    ring: kernel.createMap({ type: 'ringBuffer', keyBytes: 0, valueBytes: 0, entries: ringBytes }),
  };
}

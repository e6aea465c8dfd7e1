import { readFileSync } from 'node:fs';
import { captureTable, type WatchedCall, watchedCalls } from '../log/calls.ts';
import type { OpenCall } from '../log/log-text.ts';
import { MAX_PAYLOAD } from '../log/record.ts';
import type { RecordStore } from '../log/record-store.ts';
import { architectureOf } from './architecture.ts';
import { Kernel } from './kernel.ts';
import { Lanes } from './lanes.ts';
import { type LaneShape, laneShape, STATE } from './layout.ts';
import { type Libc, loadLibc, type MappedMemory } from './libc.ts';
import type { Maps } from './program-parts.ts';
import { enterProgram, exitProgram } from './programs.ts';
import { Refused } from './refusal.ts';
import { StateMemory } from './state-memory.ts';

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
  private lanes: Lanes | undefined;
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
      const lanes = laneShape(possibleCpus());
      const maps = createMaps(kernel, lanes);
      session.mapMemory(maps, lanes, options.pids);
      const payloadBytes = Math.max(0, Math.min(MAX_PAYLOAD, options.payloadBytes));
      const settings = { ...options, payloadBytes, architecture, maps, lanes };
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
    if (!this.lanes) return;
    store.takeFrom(this.lanes);
    this.lanes.settle();
  }

  /** Calls that were seen to begin and whose record is missing. */
  get lost(): number {
    return (this.lanes?.lost ?? 0) + (this.state?.collisions ?? 0);
  }

  /** What CLOCK_MONOTONIC has to be given to become the time of day, in microseconds. */
  epochOffsetUs(): number {
    return Number((this.libc.clockNs('realtime') - this.libc.clockNs('monotonic')) / 1000n);
  }

  /** Detaches, takes what is left, and frees everything. */
  finish(store: RecordStore): SessionEnd {
    // The youngest descriptors are those that hold the programs to the tracepoints.
    const stuck = this.closeDescriptors(2);
    // Now nobody writes any more: the first time settles the rest, the second takes it.
    this.drainTo(store);
    this.drainTo(store);
    const open = this.state?.openCalls() ?? [];
    const { lost } = this;
    return { open, lost, stuck: [...stuck, ...this.close()] };
  }

  /** Harmless when everything is closed already. */
  close(): string[] {
    const stuck = this.closeDescriptors(this.fds.length);
    this.lanes = undefined;
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

  private mapMemory(maps: Maps, shape: LaneShape, pids: readonly number[]): void {
    this.state = new StateMemory(this.map(maps.state, STATE.bytes));
    this.state.prepare(captureTable(this.calls), pids);
    this.lanes = new Lanes(this.map(maps.lanes, shape.bytes), shape);
  }

  private map(fd: number, bytes: number): ArrayBuffer {
    const memory = this.libc.mapMemory(fd, bytes);
    if (!memory) throw new Refused({ kind: 'failed', step: 'map its memory', error: `${bytes} bytes` });
    this.mapped.push(memory);
    return memory.buffer;
  }
}

/** The maps of one session. @throws Refused */
export function createMaps(kernel: Kernel, lanes: LaneShape): Maps {
  return { state: kernel.createSharedMemory(STATE.bytes), lanes: kernel.createSharedMemory(lanes.bytes) };
}

/** CPUs that there may ever be, counted as the kernel numbers them: "0-3" are four. */
function possibleCpus(): number {
  const last = /(\d+)\s*$/.exec(readFileSync('/sys/devices/system/cpu/possible', 'latin1'))?.[1];
  return Number(last) + 1;
}

import type { OpenCall } from '../log/log-text.ts';
import { MAX_PID, SLOT, SLOTS, STATE } from './layout.ts';

/** The state that the kernel's programs keep, as this process sees it: an array map mapped into memory. */
export class StateMemory {
  private readonly view: DataView;

  constructor(private readonly memory: ArrayBuffer) {
    this.view = new DataView(memory);
  }

  /** Before the programs are attached: what is captured of which call, and the thread groups that are watched. */
  prepare(table: Uint8Array, pids: readonly number[]): void {
    new Uint8Array(this.memory, STATE.captures, table.length).set(table);
    const groups = new Uint8Array(this.memory, STATE.groups, MAX_PID);
    for (const pid of pids) groups[pid] = 1;
    this.view.setBigUint64(STATE.groupCount, BigInt(pids.length), true);
  }

  /** Calls that were seen to begin and whose slot another thread took before they returned. */
  get collisions(): number {
    return Number(this.view.getBigUint64(STATE.collisions, true));
  }

  /** Calls that are under way, as far as the slots tell. */
  openCalls(): OpenCall[] {
    const { view } = this;
    const open: OpenCall[] = [];
    for (let slot = 0; slot < SLOTS; slot++) {
      const at = STATE.slots + slot * SLOT.bytes;
      const startNs = Number(view.getBigUint64(at + SLOT.startNs, true));
      if (startNs === 0) continue;
      open.push({
        startNs,
        tid: view.getUint32(at + SLOT.tid, true),
        pid: view.getUint32(at + SLOT.pid, true),
        number: view.getUint16(at + SLOT.number, true),
        firstArgument: view.getInt32(at + SLOT.firstArgument, true),
      });
    }
    return open;
  }
}

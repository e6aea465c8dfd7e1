import { limitCpu } from '../lab/faults/cpu-limit.ts';
import { attachTracer } from '../lab/faults/foreign-tracer.ts';
import { limitWrites } from '../lab/faults/iops-limit.ts';
import { limitMemory } from '../lab/faults/memory-limit.ts';
import { pin } from '../lab/faults/pinned.ts';
import type { Fault } from '../scenario/fault.ts';
import type { Part } from '../scenario/part.ts';
import type { Cast } from './cast.ts';
import { configure } from './configure.ts';
import type { Stage } from './stage.ts';

type Undo = () => Promise<void>;

/** The faults that are on. Each is undone when it is removed, and all when the play ends. */
export class Ailments {
  private readonly on = new Map<string, Undo>();
  private isClosing = false;

  constructor(
    private readonly stage: Stage,
    private readonly cast: Cast,
    /** What healthy clients do, for the place that a fault took. */
    private readonly load: readonly Part[],
  ) {}

  async begin(fault: Fault): Promise<void> {
    const undo = await this.bring(fault);
    if (undo) this.on.set(fault.name, undo);
  }

  async remove(name: string): Promise<void> {
    const undo = this.on.get(name);
    this.on.delete(name);
    await undo?.();
  }

  /** The last first. A fault that cannot be undone does not keep the others from it. */
  async close(progress: (line: string) => void): Promise<void> {
    this.isClosing = true;
    for (const name of [...this.on.keys()].reverse())
      await this.remove(name).catch((error: Error) => progress(`clean-up: ${error.message}`));
  }

  private async bring(fault: Fault): Promise<Undo | undefined> {
    const { stage, cast } = this;
    switch (fault.kind) {
      case 'part': {
        await cast.start(fault.part);
        const { instead, name } = fault.part;
        const before = this.load.find((part) => part.name === instead);
        // A fix may have put somebody else there meanwhile.
        return async () => {
          // At the end all parts are ended together; nobody takes a place any more.
          if (this.isClosing || cast.inSlot(name)?.name !== name) return;
          if (before) await cast.start(before);
          else await cast.end(name);
        };
      }
      case 'server':
        // Given to the server when it was started.
        return undefined;
      case 'config': {
        const before = await configure(stage, fault.config);
        return async () => void (await configure(stage, before));
      }
      case 'cpu-limit':
        return limitCpu(stage.facts.serverPid, fault.cpus);
      case 'memory-limit':
        return limitMemory(stage.facts.serverPid, fault);
      case 'asks':
        await cast.ask(fault.of, fault.begin);
        return () => cast.ask(fault.of, fault.end);
      case 'iops-limit':
        return limitWrites(stage.facts.serverPid, { folder: stage.folder, perSec: fault.writes });
      case 'pinned':
        return pin(stage.facts.serverPid);
      case 'tracer':
        return attachTracer(stage.facts.serverPid);
    }
  }
}

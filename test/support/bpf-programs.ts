import { readdirSync, readFileSync } from 'node:fs';
import { architectureOf } from '../../src/tracers/bpf/architecture.ts';
import { loadLibc } from '../../src/tracers/bpf/libc.ts';

/** BPF_PROG_GET_NEXT_ID in enum bpf_cmd of linux/bpf.h. */
const NEXT_PROGRAM = 11;

/** Ids of all BPF programs that the kernel holds now, whoever loaded them. */
export async function loadedPrograms(): Promise<Set<number>> {
  const libc = await loadLibc(architectureOf(process.arch)!.bpfCall);
  const ids = new Set<number>();
  const attributes = Buffer.alloc(16);
  while (libc.bpf(NEXT_PROGRAM, attributes) >= 0) {
    const id = attributes.readUInt32LE(4);
    ids.add(id);
    attributes.writeUInt32LE(id, 0);
  }
  return ids;
}

/** Ids of the BPF programs that a process holds, by proc_pid_fdinfo(5); none when it is gone. */
export function programsOf(pid: number): number[] {
  const ids: number[] = [];
  try {
    for (const fd of readdirSync(`/proc/${pid}/fdinfo`)) {
      const id = /^prog_id:\s*(\d+)/m.exec(infoOf(pid, fd))?.[1];
      if (id !== undefined) ids.push(Number(id));
    }
  } catch {
    return [];
  }
  return ids;
}

/** Descriptors come and go while they are listed. */
function infoOf(pid: number, fd: string): string {
  try {
    return readFileSync(`/proc/${pid}/fdinfo/${fd}`, 'latin1');
  } catch {
    return '';
  }
}

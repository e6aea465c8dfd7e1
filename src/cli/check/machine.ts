import { existsSync, readFileSync } from 'node:fs';
import { arch, availableParallelism, release, totalmem } from 'node:os';

/** The machine, as far as it matters to a diagnosis. What the kernel does not say is absent. */
export interface Machine {
  /** PRETTY_NAME of os-release(5). */
  readonly os: string;
  /** ID and ID_LIKE of os-release(5): "debian", "ubuntu debian" … */
  readonly distribution: readonly string[];
  readonly kernel: string;
  readonly arch: string;
  readonly node: string;
  readonly cpus: number;
  readonly memoryMiB: number;
  /** /proc/pressure is there (kernel with PSI, and not switched off). */
  readonly pressure: boolean;
}

export interface Privileges {
  readonly uid: number;
  readonly root: boolean;
  /** Effective capabilities (capabilities(7)). */
  readonly capSysPtrace: boolean;
  readonly capSysAdmin: boolean;
  /** /proc/sys/kernel/yama/ptrace_scope; absent in a kernel without Yama. */
  readonly yamaPtraceScope?: number;
  /** Mount option of /proc: other users' processes are hidden. Absent when they are not. */
  readonly hidepid?: string;
}

const CAP_SYS_PTRACE = 19n;
const CAP_SYS_ADMIN = 21n;

/** @param root where / is, for tests */
export function readMachine(root = '/'): Machine {
  const fields = new Map<string, string>();
  for (const line of (read(`${root}etc/os-release`) || read(`${root}usr/lib/os-release`)).split('\n')) {
    const [, key, value] = /^(\w+)=(?:"(.*)"|(.*))$/.exec(line) ?? [];
    if (key !== undefined) fields.set(key, value ?? line.slice(key.length + 1));
  }
  return {
    os: fields.get('PRETTY_NAME') ?? 'Linux of an unknown distribution',
    distribution: `${fields.get('ID') ?? ''} ${fields.get('ID_LIKE') ?? ''}`.split(' ').filter(Boolean),
    kernel: release(),
    arch: arch(),
    node: process.versions.node,
    cpus: availableParallelism(),
    memoryMiB: Math.round(totalmem() / 1024 / 1024),
    pressure: existsSync(`${root}proc/pressure/io`),
  };
}

/** @param proc where /proc is, for tests */
export function readPrivileges(proc = '/proc'): Privileges {
  const effective = BigInt(`0x${/^CapEff:\s*([0-9a-f]+)$/m.exec(read(`${proc}/self/status`))?.[1] ?? '0'}`);
  const scope = read(`${proc}/sys/kernel/yama/ptrace_scope`).trim();
  const hidepid = readHidepid(read(`${proc}/self/mountinfo`));
  const uid = process.geteuid?.() ?? -1;
  return {
    uid,
    root: uid === 0,
    capSysPtrace: ((effective >> CAP_SYS_PTRACE) & 1n) === 1n,
    capSysAdmin: ((effective >> CAP_SYS_ADMIN) & 1n) === 1n,
    ...(scope === '' ? {} : { yamaPtraceScope: Number(scope) }),
    ...(hidepid === undefined ? {} : { hidepid }),
  };
}

/** `22 27 0:21 / /proc rw,relatime - proc proc rw,hidepid=invisible`: the option's value unless it hides nothing. */
export function readHidepid(mountinfo: string): string | undefined {
  const line = mountinfo.split('\n').find((text) => text.split(' ')[4] === '/proc');
  const value = /[\s,]hidepid=(\w+)/.exec(line ?? '')?.[1];
  return value === '0' || value === 'off' ? undefined : value;
}

function read(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}

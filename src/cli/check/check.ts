import { setMaxListeners } from 'node:events';
import { VERSION } from '../../core/version.ts';
import { netnsSupport } from '../../lab/netns.ts';
import { slowDiskSupport } from '../../lab/slow-disk-support.ts';
import type { Support } from '../../lab/support.ts';
import { runLocal } from '../../runners/local.ts';
import { AUTO } from '../../tracers/ladder.ts';
import { type Machine, type Privileges, readMachine, readPrivileges } from './machine.ts';
import { type FoundTool, findTool, TOOLS } from './tools.ts';
import { type TracerCheck, tryTracers } from './tracers.ts';

/** Something that this machine does not offer, and what that costs. */
export interface Lack {
  readonly what: string;
  readonly lost: string;
}

/** `perfcase check --format json`. */
export interface Check {
  readonly schema: 'perfcase.check/1';
  readonly perfcase: string;
  readonly machine: Machine;
  readonly privileges: Privileges;
  readonly tools: readonly {
    readonly name: string;
    readonly group: string;
    readonly status: FoundTool['status'];
    readonly path?: string;
    readonly version?: string;
    readonly reason?: string;
    readonly package: string;
  }[];
  /** What `--tracer` can use here, tried on a process of our own. */
  readonly tracers: readonly TracerCheck[];
  readonly containerEngines: readonly string[];
  readonly lab: { readonly slowDisk: Support; readonly networkNamespace: Support };
  readonly missing: readonly Lack[];
  /** The one command that installs the rest; absent when nothing is to be installed, or not from packages. */
  readonly install?: string;
  /** Whether `diagnose` can do its main job, and if not, why. */
  readonly diagnose: { readonly ready: boolean; readonly reasons: readonly string[] };
}

/** Looks at everything; starts the tools to ask for their versions, and tries each tracer on a child of its own. */
export async function checkMachine(env: NodeJS.ProcessEnv, outer: AbortSignal): Promise<Check> {
  const signal = AbortSignal.any([outer]);
  // Every tool is asked at once, and each of them listens.
  setMaxListeners(4 * TOOLS.length, signal);
  const machine = readMachine();
  const privileges = readPrivileges();
  const path = env.PATH ?? '';
  const [tools, tracers] = await Promise.all([
    Promise.all(TOOLS.map((tool) => findTool(tool, path, signal).then((found) => reachable(found, signal)))),
    tryTracers(signal),
  ]);
  const missing = lacking(tools, privileges, tracers);
  const install = installCommand(tools, machine, privileges.root);
  const usual = tracers.filter(({ name }) => AUTO.includes(name));
  const ready = usual.some(({ usable }) => usable);
  return {
    schema: 'perfcase.check/1',
    perfcase: VERSION,
    machine,
    privileges,
    tools: tools.map(({ tool, ...found }) => ({
      name: tool.name,
      group: tool.group,
      ...found,
      package: packageOf(tool, machine),
    })),
    tracers,
    containerEngines: tools
      .filter((found) => found.tool.oneOf && found.status === 'found')
      .map((f) => f.tool.name),
    lab: { slowDisk: slowDiskSupport(), networkNamespace: netnsSupport() },
    missing,
    ...(install === undefined ? {} : { install }),
    diagnose: { ready, reasons: ready ? [] : usual.flatMap((it) => (it.usable ? [] : [it.reason])) },
  };
}

/** Docker's client is of no use without its service, or without the right to talk to it. */
async function reachable(found: FoundTool, signal: AbortSignal): Promise<FoundTool> {
  if (found.tool.name !== 'docker' || found.status !== 'found') return found;
  const outcome = await runLocal({ file: 'docker', args: ['ps', '--quiet'], timeoutMs: 5000 }, signal);
  if (outcome.status === 'captured') return found;
  return { ...found, status: 'unusable', reason: outcome.reason ?? outcome.status };
}

function lacking(
  tools: readonly FoundTool[],
  privileges: Privileges,
  tracers: readonly TracerCheck[],
): Lack[] {
  const losses = new Map<string, string[]>();
  for (const found of tools) {
    if (!isMissed(found, tools)) continue;
    losses.set(found.tool.without, [...(losses.get(found.tool.without) ?? []), found.tool.name]);
  }
  const lacks = [...losses].map(([lost, names]) => ({ what: names.join(', '), lost }));
  // Those that "auto" would rather take than the first one that works.
  const works = AUTO.findIndex((name) => tracers.some((tracer) => tracer.name === name && tracer.usable));
  const preferred = works < 0 ? AUTO : AUTO.slice(0, works);
  for (const tracer of tracers) {
    // A tool that is missing is named already.
    if (tracer.usable || losses.size > 0 || !preferred.includes(tracer.name)) continue;
    lacks.unshift({ what: `the tracer ${tracer.name}`, lost: tracer.reason });
  }
  if (!privileges.capSysPtrace) {
    lacks.push({
      what: 'CAP_SYS_PTRACE',
      lost: "other users' processes cannot be watched; run as root for those",
    });
  }
  if (privileges.hidepid !== undefined && !privileges.root) {
    lacks.push({
      what: 'a /proc that shows all',
      lost: "hidepid hides other users' processes: clients stay unnamed",
    });
  }
  if (!privileges.root)
    lacks.push({ what: 'root', lost: 'no slow disk and no network namespaces for scenarios' });
  return lacks;
}

function isMissed({ tool, status }: FoundTool, tools: readonly FoundTool[]): boolean {
  if (status === 'found' || tool.optional) return false;
  const others = tools.filter((found) => tool.oneOf !== undefined && found.tool.oneOf === tool.oneOf);
  return !others.some((found) => found.status === 'found');
}

function packageOf(tool: FoundTool['tool'], { distribution }: Machine): string {
  const other = distribution.find((id) => tool.packageOn?.[id] !== undefined);
  return other === undefined ? tool.package : tool.packageOn![other]!;
}

/** For Debian and its relatives a command that can be copied; elsewhere packages have other names. */
function installCommand(tools: readonly FoundTool[], machine: Machine, root: boolean): string | undefined {
  const wanted = tools.filter((found) => found.status === 'missing' && isMissed(found, tools));
  // Of several that do the same, the one that needs no service.
  const chosen = wanted.filter(({ tool }) => tool.oneOf === undefined || tool.name === 'podman');
  if (chosen.length === 0) return undefined;
  if (!machine.distribution.includes('debian') && !machine.distribution.includes('ubuntu')) return undefined;
  const packages = [...new Set(chosen.map(({ tool }) => packageOf(tool, machine)))];
  return `${root ? '' : 'sudo '}apt-get install ${packages.join(' ')}`;
}

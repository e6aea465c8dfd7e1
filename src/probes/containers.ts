import type { CaptureOutcome, CommandSpec, Parsed, Probe } from '../core/capture.ts';
import type { ContainerObservation } from '../core/observation.ts';
import { readContainers } from './containers-json.ts';
import { GRACE_MS, type ProbeRun } from './options.ts';

/*
 * docker inspect and podman inspect: https://docs.docker.com/reference/cli/docker/inspect/
 * https://docs.podman.io/en/latest/markdown/podman-inspect.1.html
 *
 * Asked for a handful of fields, one container a line, in the shape that a full `inspect` has them too:
 *   {"Id":"ec41…","Name":"/redis","State":{"Pid":9085,"Running":true},"Config":{"Image":"…"},"HostConfig":{"NetworkMode":"bridge"}}
 */

export const ENGINES = ['docker', 'podman'] as const;
export type Engine = (typeof ENGINES)[number];

// ".ID": podman's templates see the field's name in Go, docker's accept it too.
const FORMAT =
  '{"Id":{{json .ID}},"Name":{{json .Name}},' +
  '"State":{"Pid":{{json .State.Pid}},"Running":{{json .State.Running}}},' +
  '"Config":{"Image":{{json .Config.Image}}},' +
  '"HostConfig":{"NetworkMode":{{json .HostConfig.NetworkMode}}}}';

/** Asks an engine for containers by name or id. */
export function containerSpec(engine: Engine, names: readonly string[], timeoutMs = GRACE_MS): CommandSpec {
  return engineSpec(engine, ['inspect', '--type', 'container', '--format', FORMAT, ...names], timeoutMs);
}

/** Asks an engine for the ids of the running containers, one a line. */
export function runningSpec(engine: Engine, timeoutMs = GRACE_MS): CommandSpec {
  return engineSpec(engine, ['ps', '--no-trunc', '--quiet'], timeoutMs);
}

function engineSpec(engine: Engine, args: readonly string[], timeoutMs: number): CommandSpec {
  return {
    file: engine,
    args,
    timeoutMs,
    debianPackage: engine === 'docker' ? 'docker.io' : 'podman',
    privilege: engine === 'docker' ? 'root or the group docker' : 'the user who started the container',
  };
}

function engineProbe(engine: Engine): Probe<ContainerObservation, ProbeRun> {
  return {
    name: engine,
    summary: `containers of ${engine}: name, id, pid, network mode, image`,
    debianPackage: engine === 'docker' ? 'docker.io' : 'podman',
    command: (run) =>
      run.args
        ? engineSpec(engine, run.args, run.timeoutMs ?? GRACE_MS)
        : runningSpec(engine, run.timeoutMs ?? GRACE_MS),
    parse: (text) => parseContainers(text, engine),
  };
}

export const dockerProbe = engineProbe('docker');
export const podmanProbe = engineProbe('podman');

/** Reads `inspect`, whole or by the format above. Never throws. */
export function parseContainers(text: string, engine: Engine): Parsed<ContainerObservation> {
  return readContainers(text, engine);
}

/** Runs a command; how and where is the caller's. */
export type RunCommand = (spec: CommandSpec) => Promise<CaptureOutcome>;

/** What asking every engine came to: containers found, and for each engine that did not answer why. */
export interface ContainerAnswers {
  readonly containers: readonly ContainerObservation[];
  readonly captures: readonly CaptureOutcome[];
  /** One line an engine, for a person. */
  readonly reasons: readonly string[];
}

/** The container of this name or id, in whichever engine has it. */
export async function findContainer(name: string, run: RunCommand): Promise<ContainerAnswers> {
  const captures = await Promise.all(ENGINES.map((engine) => run(containerSpec(engine, [name]))));
  return answers(captures);
}

/** Every running container of every engine, or of one. */
export async function runningContainers(run: RunCommand, only?: Engine): Promise<ContainerAnswers> {
  const captures = await Promise.all(
    (only ? [only] : ENGINES).map(async (engine) => {
      const listed = await run(runningSpec(engine));
      const ids = listed.status === 'captured' ? listed.stdout.match(/^[0-9a-f]{12,64}$/gm) : null;
      return ids ? run(containerSpec(engine, ids)) : listed;
    }),
  );
  return answers(captures);
}

function answers(captures: readonly CaptureOutcome[]): ContainerAnswers {
  const containers: ContainerObservation[] = [];
  const reasons: string[] = [];
  for (const capture of captures) {
    const engine = ENGINES.find((known) => known === capture.command.file) ?? 'docker';
    // An engine that knows some of the names prints these and fails for the rest. A list of ids says nothing yet.
    const found = parseContainers(capture.stdout, engine).items;
    for (const container of found) {
      // docker may be podman's own stand-in of that name: the same container is listed once.
      if (!containers.some((known) => known.id === container.id)) containers.push(container);
    }
    if (capture.status !== 'captured' && found.length === 0)
      reasons.push(capture.reason ?? `${engine} failed`);
  }
  return { containers, captures, reasons };
}

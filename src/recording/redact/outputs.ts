import type { RawOutput } from '../../capture/raw-capture.ts';
import type { Observation } from '../../core/observation.ts';
import { programOf, withoutClientNames, withoutSecrets } from '../../core/redact.ts';
import { parseContainers } from '../../probes/containers.ts';
import { parsePidstat } from '../../probes/pidstat.ts';
import { isSecret } from '../../probes/redis/directives.ts';
import { parseServer } from '../../probes/redis/transcript.ts';
import { parseTop } from '../../probes/top.ts';
import { isPublicError } from './words.ts';

/** What stands in for a line of which nothing may be kept. */
const LEFT_OUT = '(left out)';

type Redact = (text: string) => string;

/** What the kernel prints in its own files, and what lsof and ss print: numbers, paths, addresses. Reports show them too. */
const asItIs: Redact = (text) => byLine(text, withoutSecrets);

const REDACTIONS: Readonly<Record<string, Redact>> = {
  top: (text) => commandLines(text, parseTop(text).items),
  pidstat: (text) => commandLines(withoutHost(text), parsePidstat(text).items),
  iostat: (text) => asItIs(withoutHost(text)),
  lsof: asItIs,
  ss: asItIs,
  proc: asItIs,
  'proc-fd': asItIs,
  redis: redactServer,
  docker: (text) => containers(text, 'docker'),
  podman: (text) => containers(text, 'podman'),
};

/**
 * A tool's output without what is nobody's business: arguments of programs, names of hosts, the environment of
 * containers. Line for line, so that evidence names the same lines.
 * @returns undefined for a tool of which it is not known what may be kept
 */
export function redactOutput(output: RawOutput): RawOutput | undefined {
  if (!Object.hasOwn(REDACTIONS, output.probe)) return undefined;
  return { ...output, text: REDACTIONS[output.probe]!(output.text) };
}

function byLine(text: string, change: (line: string, number: number) => string): string {
  return text
    .split('\n')
    .map((line, index) => change(line, index + 1))
    .join('\n');
}

/** "Linux 6.1.0 (name-of-the-host) 11/22/26 …" at the head of what sysstat's tools print. */
function withoutHost(text: string): string {
  return text.replace(/^(\s*Linux \S+ )\([^)\n]*\)/gm, '$1(host)');
}

/** Of a program with arguments, its name: arguments may be anything. */
function commandLines(text: string, items: readonly Observation[]): string {
  const commands = new Map<number, string>();
  for (const item of items) {
    if ('command' in item && item.command !== undefined && /\s/.test(item.command))
      commands.set(item.line, item.command);
  }
  return byLine(text, (line, number) => {
    const command = commands.get(number);
    if (command === undefined) return withoutSecrets(line);
    const at = line.lastIndexOf(command);
    const before = at < 0 ? line.slice(0, line.indexOf(command.split(/\s/, 1)[0]!)) : line.slice(0, at);
    const after = at < 0 ? '' : line.slice(at + command.length);
    // Columns behind it stay where they are.
    const program = programOf(command);
    return `${withoutSecrets(before)}${after === '' ? program : program.padEnd(command.length)}${after}`;
  });
}

/** Of a server's answers, those that a parser knows. */
function redactServer(text: string): string {
  const known = new Map(parseServer(text).items.map((item) => [item.line, item]));
  return byLine(text, (line, number) => {
    const item = known.get(number);
    switch (item?.kind) {
      case 'server-config':
        return isSecret(item.directive) ? LEFT_OUT : withoutSecrets(line);
      case 'server-info':
        return publicField(item.field) ? withoutSecrets(line) : LEFT_OUT;
      case 'server-client':
        return withoutClientNames(line);
      case 'server-latency':
      case 'server-slowlog':
        return line;
      default:
        return serverLine(line.replace(/\r$/, ''));
    }
  });
}

/** errorstat_CODE is named by what scripts return. */
function publicField(field: string): boolean {
  const code = /^errorstat_(.*)$/.exec(field)?.[1];
  return code === undefined || isPublicError(code);
}

function serverLine(line: string): string {
  if (/^(?:> [A-Z]{1,12}(?: [A-Za-z-]{1,40}){0,2}|# [A-Z][A-Za-z_]{1,40}|PONG|OK|\s*)$/.test(line))
    return line;
  const error = /^((?:\(error\) |-)([A-Z]{2,20}))\b/.exec(line);
  if (error && isPublicError(error[2]!)) return `${error[1]} …`;
  const failure = /^! [a-z-]+: /.exec(line);
  return failure ? `${failure[0]}…` : LEFT_OUT;
}

/** Of a container, what perfcase asks for: no labels, arguments or environment. */
function containers(text: string, engine: 'docker' | 'podman'): string {
  const lines = parseContainers(text, engine).items.map(({ id, name, pid, running, image, networkMode }) =>
    JSON.stringify({
      Id: id,
      Name: name,
      State: { ...(pid === undefined ? {} : { Pid: pid }), Running: running },
      Config: image === undefined ? {} : { Image: image },
      HostConfig: networkMode === undefined ? {} : { NetworkMode: networkMode },
    }),
  );
  return lines.map((line) => `${line}\n`).join('');
}

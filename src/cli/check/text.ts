import type { Check } from './check.ts';

const WIDTH = 80;
const LABEL = 18;

const GROUPS: Readonly<Record<string, string>> = {
  diagnose: 'Tools of a diagnosis',
  lab: 'Tools of the lab',
  servers: 'Servers to practise on',
  containers: 'Container engines',
  tracers: 'Tools of other tracers (not needed where bpf works)',
};

/** The tracers were tried on a process of this user; those of others need a privilege. */
function whose({ privileges }: Check): string {
  return privileges.root || privileges.capSysPtrace
    ? ''
    : ' for processes of this user; for those of others, run it as root';
}

/** The check for a terminal: 80 columns, no colour, every word readable by a screen reader. */
export function checkText(check: Check): string {
  const { machine, privileges, tracers, lab, diagnose } = check;
  const lines = [
    ...wrap(
      `perfcase ${check.perfcase}: diagnose ${diagnose.ready ? `can do its job here${whose(check)}.` : `cannot do its job here: ${diagnose.reasons.join('; ')}.`}`,
      0,
    ),
    '',
    'Machine',
    ...row('system', machine.os),
    ...row('kernel', `${machine.kernel} ${machine.arch}`),
    ...row('node', machine.node),
    ...row('size', `${machine.cpus} CPUs, ${machine.memoryMiB} MiB of memory`),
    ...row('pressure (PSI)', machine.pressure ? 'yes' : 'no: stalls are not measured by the kernel'),
    '',
    'Privileges',
    ...row('root', privileges.root ? 'yes' : `no, user ${privileges.uid}`),
    ...row('CAP_SYS_PTRACE', yes(privileges.capSysPtrace)),
    ...row('ptrace_scope', scopeWords(privileges.yamaPtraceScope)),
    ...row('hidepid', privileges.hidepid ?? 'no: all processes are visible'),
    '',
    'Tracers, tried on a process of its own',
    ...tracers.flatMap((it) => row(it.name, it.usable ? 'works' : `does not work: ${it.reason}`)),
  ];
  for (const [group, title] of Object.entries(GROUPS)) {
    lines.push('', title);
    for (const tool of check.tools.filter((it) => it.group === group)) {
      lines.push(...row(tool.name, statusWords(tool)));
    }
  }
  lines.push(
    '',
    'Lab',
    ...row('slow disk', lab.slowDisk.ok ? 'yes' : `no: ${lab.slowDisk.reason}`),
    ...row('network namespace', lab.networkNamespace.ok ? 'yes' : `no: ${lab.networkNamespace.reason}`),
  );
  if (check.missing.length > 0) {
    lines.push('', 'Missing, and what is lost by it');
    for (const { what, lost } of check.missing) lines.push(...wrap(`${what}: ${lost}`, 2));
  }
  // The command stays on one line, so that it can be copied.
  if (check.install !== undefined) lines.push('', 'This installs the rest:', `  ${check.install}`);
  return `${lines.join('\n')}\n`;
}

function statusWords({ status, version, reason }: Check['tools'][number]): string {
  switch (status) {
    case 'found':
      return version ?? 'found, version unknown';
    case 'missing':
      return 'missing';
    case 'not-on-path':
    case 'unusable':
      return `not usable: ${reason ?? 'unknown'}`;
  }
}

/** Yama's documentation: 0 classic, 1 only descendants, 2 only with CAP_SYS_PTRACE, 3 nobody. */
function scopeWords(scope: number | undefined): string {
  const words = [
    'any process of the same user may be traced',
    'only with CAP_SYS_PTRACE, or its own children',
    'only with CAP_SYS_PTRACE',
    'nobody may trace',
  ];
  if (scope === undefined) return 'not set (a kernel without Yama)';
  return words[scope] === undefined ? `${scope}` : `${scope}: ${words[scope]}`;
}

function yes(value: boolean): string {
  return value ? 'yes' : 'no';
}

function row(label: string, text: string): string[] {
  const [first, ...rest] = wrap(text, LABEL + 2);
  return [`  ${label.padEnd(LABEL - 1)} ${first!.trimStart()}`, ...rest];
}

/** Breaks at blanks so that no line is wider than 80 columns, except for a single longer word. */
function wrap(text: string, indent: number): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    if (line !== '' && indent + line.length + 1 + word.length > WIDTH) {
      lines.push(line);
      line = word;
    } else line = line === '' ? word : `${line} ${word}`;
  }
  return [...lines, line].map((it) => ' '.repeat(indent) + it);
}

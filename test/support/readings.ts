import type { RawOutput } from '../../src/capture/raw-capture.ts';

export type Files = Readonly<Record<string, string>>;

/** Readings of the kernel's files before the window, where a tracer is attached, and after it, as a capture keeps them. */
export function readings(before: Files, after: Files, seconds = 10): { outputs: RawOutput[] } {
  return {
    outputs: [reading('proc before', 1000, before), reading('proc after', 1000 + seconds, after)],
  };
}

/** One reading, at a time of the kernel's clock. */
export function reading(source: string, uptime: number, files: Files): RawOutput {
  const sections = Object.entries({ '/proc/uptime': `${uptime.toFixed(2)} 1.00`, ...files });
  return {
    ...{ source, probe: 'proc' },
    text: sections.map(([name, text]) => `==> ${name} <==\n${text}\n`).join('\n'),
  };
}

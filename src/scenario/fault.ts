import type { Field } from './field.ts';
import { PART_FIELDS, type Part, readPart } from './part.ts';

/** What makes the patient ill. Each is undone when it ends. */
export type Fault = { readonly name: string } & (
  | { readonly kind: 'part'; readonly part: Part }
  /** Directives that the server starts with. */
  | { readonly kind: 'server'; readonly directives: Readonly<Record<string, string>> }
  /** CONFIG SET when the fault begins. */
  | { readonly kind: 'config'; readonly config: Readonly<Record<string, string>> }
  /** The server gets so much of one CPU, 0 to 1 or more. */
  | { readonly kind: 'cpu-limit'; readonly cpus: number }
  /** The server gets so much memory; the rest of it goes to a swap file. */
  | { readonly kind: 'memory-limit'; readonly mib: number; readonly swapMib: number }
  /** A request of a python part begins it, another ends it. */
  | { readonly kind: 'asks'; readonly of: string; readonly begin: string; readonly end: string }
  /** The server gets so many writes a second of the disk that its data is on. */
  | { readonly kind: 'iops-limit'; readonly writes: number }
  /** The server may run on the first CPU only. */
  | { readonly kind: 'pinned' }
  /** Somebody's strace is attached to the server. */
  | { readonly kind: 'tracer' }
);

const OTHER = [
  'server',
  'config',
  'cpu-limit',
  'memory-limit',
  'asks',
  'iops-limit',
  'pinned',
  'tracer',
] as const;

export function readFault(field: Field, index: number): Fault {
  const kind = OTHER.find((each) => field.at(each).isThere);
  if (kind === undefined) {
    const fallback = `fault-${index + 1}`;
    const part = readPart(field, fallback);
    if (part) return { kind: 'part', name: part.name, part };
    field.mapping(...PART_FIELDS, ...OTHER);
    field.wrong(
      'one of do, http, writes, spins, python, server, config, cpu-limit, memory-limit, asks, iops-limit, pinned or tracer',
    );
    return { kind: 'tracer', name: fallback };
  }
  field.mapping('name', kind);
  const name = field.optional('name', (each) => each.text()) ?? kind;
  const value = field.at(kind);
  switch (kind) {
    // A new kind of fault: its data here, one file in src/lab/faults/.
    case 'server':
      return { kind, name, directives: readDirectives(value) };
    case 'config':
      return { kind, name, config: readDirectives(value) };
    case 'cpu-limit':
      return {
        kind,
        name,
        cpus: value.mapping('cpus').at('cpus').number({ least: 0.01, most: 64 }),
      };
    case 'memory-limit':
      value.mapping('mib', 'swap-mib');
      return {
        kind,
        name,
        mib: value.at('mib').number({ least: 8, most: 65_536, whole: true }),
        swapMib: value.at('swap-mib').number({ least: 1, most: 65_536, whole: true }),
      };
    case 'asks': {
      const asks = value.mapping('of', 'begin', 'end');
      const text = (of: string) => asks.at(of).text();
      return { kind, name, of: text('of'), begin: text('begin'), end: text('end') };
    }
    case 'iops-limit':
      return {
        kind,
        name,
        writes: value.mapping('writes').at('writes').number({ least: 1, most: 1e6, whole: true }),
      };
    case 'pinned':
    case 'tracer':
      if (!value.flag()) value.wrong('true');
      return { kind, name };
  }
}

export function readDirectives(field: Field): Record<string, string> {
  return field.entries('directives and their values', (each) => each.anyText());
}

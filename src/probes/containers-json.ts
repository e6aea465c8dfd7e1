import type { Parsed } from '../core/capture.ts';
import type { ContainerObservation } from '../core/observation.ts';
import { isDecoration, type Line, linesOf } from './text/lines.ts';
import { Notes } from './text/notes.ts';
import { present } from './text/values.ts';

type Engine = ContainerObservation['engine'];

/**
 * Reads one JSON object a line (`--format '{{json .}}'`), or the array that `inspect` prints, which is spread over
 * many lines. Text around it, such as a prompt, is passed over.
 */
export function readContainers(text: string, engine: Engine): Parsed<ContainerObservation> {
  const items: ContainerObservation[] = [];
  const notes = new Notes();
  let block: Line[] = [];
  const finish = () => {
    if (block.length === 0) return;
    const lines = block;
    block = [];
    const value = parsed(lines.map((line) => line.text).join('\n'));
    if (value === undefined) notes.add(lines[0]!, 'JSON that ends early or is not well formed');
    for (const entry of Array.isArray(value) ? value : [value]) {
      if (entry === undefined) continue;
      const found = container(entry, lines, engine);
      if (found) items.push(found);
      else notes.add(lines[0]!, 'JSON without the Id and Name of a container');
    }
  };
  for (const line of linesOf(text)) {
    if (block.length > 0) {
      block.push(line);
      // A pretty-printed value ends with its closing bracket in the first column.
      if (/^[\]}]/.test(line.text)) finish();
    } else if (/^\s*[[{]/.test(line.text) && !/^\s*\[[.…]+\]\s*$/.test(line.text)) {
      block.push(line);
      if (parsed(line.text) !== undefined) finish();
    } else if (/^[0-9a-f]{12,64}$/.test(line.text)) {
      notes.add(line, 'an id alone; inspect it for its name and pid');
    } else if (!isDecoration(line.text)) {
      notes.add(line, `not JSON; ${engine} inspect prints JSON`);
    }
  }
  finish();
  return { items, problems: notes.done() };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function container(value: unknown, lines: readonly Line[], engine: Engine): ContainerObservation | undefined {
  const id = string(value, 'Id');
  const name = string(value, 'Name')?.replace(/^\//, '');
  if (!id || !name) return undefined;
  const state = field(value, 'State');
  const pid = field(state, 'Pid');
  const running = field(state, 'Running') === true;
  const line = lines.find((candidate) => candidate.text.includes(id)) ?? lines[0]!;
  return {
    kind: 'container',
    line: line.number,
    text: line.raw,
    engine,
    id,
    name,
    running,
    ...present({
      // Engines say 0 of a container that does not run.
      pid: running && typeof pid === 'number' && pid > 0 ? pid : undefined,
      image: string(field(value, 'Config'), 'Image') ?? string(value, 'ImageName'),
      networkMode: string(field(value, 'HostConfig'), 'NetworkMode'),
    }),
  };
}

function field(value: unknown, key: string): unknown {
  return typeof value === 'object' && value !== null && Object.hasOwn(value, key)
    ? (value as Record<string, unknown>)[key]
    : undefined;
}

function string(value: unknown, key: string): string | undefined {
  const found = field(value, key);
  return typeof found === 'string' && found !== '' ? found : undefined;
}

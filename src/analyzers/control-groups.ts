import type { CgroupValueObservation, Observation } from '../core/observation.ts';
import { type Change, changeOf } from './change.ts';
import { type Facts, type Sighting, seen } from './facts.ts';

type Value = CgroupValueObservation;

/** The control groups whose files were read, the target's own first, then those around it. */
export function groupsWith(facts: Facts, file: string): string[] {
  const rows = seen(facts, 'cgroup-value').filter(({ item }) => item.file === file);
  return [...new Set(rows.map(({ item }) => item.group))];
}

/** The last reading of a number; undefined when the file was not there. Its `value` is absent where there is no limit. */
export function groupValue(
  facts: Facts,
  group: string,
  files: readonly string[],
  name: string,
): Sighting<Value> | undefined {
  return seen(facts, 'cgroup-value').findLast(
    ({ item }) => item.group === group && files.includes(item.file) && item.name === name,
  );
}

/** How a counter of a group changed while it was watched. */
export function groupChange(
  facts: Facts,
  group: string,
  file: string,
  name: string,
  device?: string,
): Change<Value> | undefined {
  return changeOf(facts, {
    is: (item: Observation): item is Value =>
      item.kind === 'cgroup-value' &&
      item.group === group &&
      item.file === file &&
      item.name === name &&
      item.device === device,
    value: (item) => item.value,
    name: (item) =>
      `${item.group}/${item.file}: ${item.device === undefined ? '' : `${item.device} `}${item.name}`,
  });
}

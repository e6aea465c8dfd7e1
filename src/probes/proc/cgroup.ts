import type { Parsed } from '../../core/capture.ts';
import type { CgroupObservation } from '../../core/observation.ts';
import { isDecoration, linesOf } from '../text/lines.ts';
import { Notes } from '../text/notes.ts';
import { present } from '../text/values.ts';
import { seen } from './key-values.ts';

/*
 * /proc/PID/cgroup: https://man7.org/linux/man-pages/man7/cgroups.7.html
 *
 *   0::/system.slice/docker-ec41cb9e4dd5….scope              (v2)
 *   4:memory:/docker/ec41cb9e4dd5…                           (v1)
 *   0::/machine.slice/libpod-2c54eb252d05….scope/container   (podman)
 */

const CONTAINER_ID = /(?:^|[/\-:])([0-9a-f]{64})(?:\.scope)?(?:\/|$)/;

export function parseCgroup(text: string): Parsed<CgroupObservation> {
  const items: CgroupObservation[] = [];
  const notes = new Notes();
  for (const line of linesOf(text)) {
    if (notes.overlong(line) || isDecoration(line.text)) continue;
    const match = /^(\d{1,6}):([^:]*):(\/.*)$/.exec(line.text);
    if (!match) {
      notes.add(line, 'no line of a cgroup');
      continue;
    }
    const [, hierarchy, controllers, path] = match;
    items.push({
      kind: 'cgroup',
      ...seen(line),
      hierarchy: Number(hierarchy),
      controllers: controllers === '' ? [] : controllers!.split(','),
      path: path!,
      ...present({ containerId: CONTAINER_ID.exec(path!)?.[1] }),
    });
  }
  return { items, problems: notes.done() };
}

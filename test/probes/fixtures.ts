import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { toJson } from '../../src/cli/probe/render.ts';
import { type AnyProbe, PROBES } from '../../src/probes/index.ts';

/** A tool's output, and what its parser must make of it. */
export interface Fixture {
  /** "lsof/debian12-lsof4.95--p": the probe, where the text is from, and what it shows. */
  readonly name: string;
  readonly probe: AnyProbe;
  readonly text: string;
  readonly expectedPath: string;
}

const ROOT = join(dirname(fileURLToPath(import.meta.url)), '..', 'fixtures');

/** Every .out in a folder of test/fixtures that is named for a probe. */
export function fixtures(): Fixture[] {
  return [...PROBES.values()].flatMap((probe) =>
    filesOf(join(ROOT, probe.name))
      .filter((file) => file.endsWith('.out'))
      .map((file) => {
        const path = join(ROOT, probe.name, file);
        return {
          name: `${probe.name}/${file.replace(/\.out$/, '')}`,
          probe,
          text: readFileSync(path, 'utf8'),
          expectedPath: path.replace(/\.out$/, '.json'),
        };
      }),
  );
}

/** The golden text of a fixture: the JSON that `perfcase probe --format json` prints. */
export function golden({ probe, text }: Fixture): string {
  return [...toJson(probe.parse(text))].join('');
}

function filesOf(directory: string): string[] {
  try {
    return readdirSync(directory).sort();
  } catch {
    return [];
  }
}

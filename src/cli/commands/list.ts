import { readdir, readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import Table from 'cli-table3';
import type { Command } from 'commander';
import { parse } from 'yaml';
import { UserError } from '../../core/errors.ts';
import type { Io } from '../command.ts';

interface Entry {
  readonly id: string;
  readonly summary: string;
}

/** What can be listed, and where it comes from. */
const CATALOGUES: Readonly<Record<string, () => Promise<Entry[]>>> = {
  causes: async () => {
    const { RULES } = await import('../../analyzers/rules/index.ts');
    return RULES.map(({ id, question }) => ({ id, summary: question }));
  },
  scenarios: listScenarios,
  probes: async () => {
    const { PROBES } = await import('../../probes/index.ts');
    return [...PROBES.values()].map(({ name, summary }) => ({ id: name, summary }));
  },
};

export function configure(command: Command, io: Io): void {
  command
    .argument('<what>', Object.keys(CATALOGUES).join(', '))
    .option('--format <format>', 'text or json', 'text')
    .action(async (what: string, { format }: { format: string }) => {
      const load = Object.hasOwn(CATALOGUES, what) ? CATALOGUES[what] : undefined;
      if (!load)
        throw new UserError(`there is no catalogue "${what}"; list ${Object.keys(CATALOGUES).join(', ')}.`);
      if (format !== 'text' && format !== 'json')
        throw new UserError(`list prints text or json, not "${format}".`);
      const entries = await load();
      io.stdout.write(format === 'json' ? `${JSON.stringify(entries, null, 2)}\n` : `${tableOf(entries)}\n`);
    });
}

function tableOf(entries: readonly Entry[]): string {
  const idWidth = Math.max(0, ...entries.map((entry) => entry.id.length)) + 2;
  const table = new Table({
    chars: {
      ...{ top: '', 'top-mid': '', 'top-left': '', 'top-right': '', bottom: '', 'bottom-mid': '' },
      ...{ 'bottom-left': '', 'bottom-right': '', left: '', 'left-mid': '', mid: '', 'mid-mid': '' },
      ...{ right: '', 'right-mid': '', middle: '' },
    },
    style: { 'padding-left': 0, 'padding-right': 0, head: [], border: [] },
    colWidths: [idWidth, 78 - idWidth],
    wordWrap: true,
  });
  for (const { id, summary } of entries) table.push([id, summary]);
  return table.toString().replaceAll(/ +$/gm, '');
}

/** Every folder of scenarios/ with its title. */
async function listScenarios(): Promise<Entry[]> {
  const root = await scenarioRoot();
  if (root === undefined) return [];
  const entries: Entry[] = [];
  for (const id of (await readdir(root)).sort()) {
    const text = await readFile(join(root, id, 'scenario.yaml'), 'utf8').catch(() => undefined);
    if (text === undefined) continue;
    const scenario: unknown = parse(text);
    const field = (name: string) =>
      typeof scenario === 'object' && scenario !== null
        ? (scenario as Record<string, unknown>)[name]
        : undefined;
    entries.push({ id, summary: String(field('summary') ?? field('title') ?? '') });
  }
  return entries;
}

/** scenarios/ of this package: this file may run from src/ or from the bundle in dist/. */
async function scenarioRoot(): Promise<string | undefined> {
  for (let at = dirname(fileURLToPath(import.meta.url)); ; at = dirname(at)) {
    const candidate = join(at, 'scenarios');
    const isHere = await readdir(candidate).then(
      () => true,
      () => false,
    );
    if (isHere) return candidate;
    if (at === dirname(at)) return undefined;
  }
}

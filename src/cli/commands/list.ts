import Table from 'cli-table3';
import type { Command } from 'commander';
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

async function listScenarios(): Promise<Entry[]> {
  const { loadScenario, scenarioIds } = await import('../../scenario/catalogue.ts');
  return Promise.all(
    (await scenarioIds()).map(async (id) => ({ id, summary: (await loadScenario(id)).title })),
  );
}

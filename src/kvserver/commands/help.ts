import { array, simple } from '../resp/reply.ts';
import type { CommandSpec, Group } from './spec.ts';

/** The HELP subcommand of a container: one line for each form, one for what it does. */
export function helpCommand(container: string, group: Group, lines: readonly string[]): CommandSpec {
  const text = [
    `${container} <subcommand> [<arg> [value] [opt] ...]. Subcommands are:`,
    ...lines,
    'HELP',
    '    These lines.',
  ];
  return {
    name: 'help',
    arity: 2,
    flags: ['loading', 'stale'],
    group,
    since: '5.0.0',
    summary: `Lists the subcommands of ${container}.`,
    complexity: 'O(1)',
    run: () => array(text.map(simple)),
  };
}

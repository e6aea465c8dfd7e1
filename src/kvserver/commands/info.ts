import { DEFAULT_SECTIONS, EXTRA_SECTIONS, INFO_SECTIONS } from '../info/sections.ts';
import { bulk, verbatim } from '../resp/reply.ts';
import type { CommandSpec } from './spec.ts';

const info: CommandSpec = {
  name: 'info',
  arity: -1,
  flags: ['loading', 'stale'],
  group: 'server',
  since: '1.0.0',
  summary: 'Returns facts and counters of the server, in sections.',
  complexity: 'O(1)',
  run({ server, resp }, args) {
    const asked = args.length > 1 ? args.slice(1).map((name) => name.toLowerCase()) : ['default'];
    const wanted = new Set<string>();
    for (const name of asked) {
      if (name === 'default') for (const one of DEFAULT_SECTIONS) wanted.add(one);
      else if (name === 'all' || name === 'everything') {
        for (const one of [...DEFAULT_SECTIONS, ...EXTRA_SECTIONS]) {
          if (name === 'everything' || one !== 'modules') wanted.add(one);
        }
      } else wanted.add(name);
    }
    const parts: string[] = [];
    for (const [name, section] of Object.entries(INFO_SECTIONS)) {
      if (!wanted.has(name)) continue;
      const lines = Object.entries(section.fields(server)).map(([field, value]) => `${field}:${value}\r\n`);
      parts.push(`# ${section.title}\r\n${lines.join('')}`);
    }
    const text = parts.join('\r\n');
    return text === '' ? bulk('') : verbatim(resp, text);
  },
};

/** Cost: `complexity` of each. Source: the command reference of Redis 7, page INFO. */
export const INFO_COMMANDS: readonly CommandSpec[] = [info];

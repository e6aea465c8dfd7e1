import { verbatim } from '../resp/reply.ts';
import { REDIS_VERSION } from '../server.ts';
import type { CommandSpec } from './spec.ts';

const lolwut: CommandSpec = {
  name: 'lolwut',
  arity: -1,
  flags: ['readonly', 'fast'],
  group: 'server',
  since: '5.0.0',
  summary: 'Returns the version whose protocol is spoken; other servers draw a picture, too.',
  complexity: 'O(1)',
  run: ({ resp }) => verbatim(resp, `Redis ver. ${REDIS_VERSION}\n`),
};

/** Cost: `complexity` of each. Source: the command reference of Redis 7, page LOLWUT. */
export const SERVER_COMMANDS: readonly CommandSpec[] = [lolwut];

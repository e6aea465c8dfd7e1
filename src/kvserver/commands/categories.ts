import type { CommandSpec } from './spec.ts';

/** The categories of access control, in the order in which ACL CAT lists them. Some have no command here. */
export const CATEGORIES = [
  'keyspace',
  'read',
  'write',
  'set',
  'sortedset',
  'list',
  'hash',
  'string',
  'bitmap',
  'hyperloglog',
  'geo',
  'stream',
  'pubsub',
  'admin',
  'fast',
  'slow',
  'blocking',
  'dangerous',
  'connection',
  'transaction',
  'scripting',
] as const;

/** Commands that can take a server down or show other people's data although no flag says so. */
const DANGEROUS = new Set(['flushall', 'flushdb', 'keys', 'sort', 'sort_ro', 'swapdb', 'info']);

/** The categories that follow from what a command is and does: "@read", "@string", "@fast" … */
export function categories(spec: CommandSpec): string[] {
  const has = (flag: CommandSpec['flags'][number]) => spec.flags.includes(flag);
  const found: string[] = [];
  if (has('write')) found.push('@write');
  if (has('readonly')) found.push('@read');
  if (spec.group === 'generic') found.push('@keyspace');
  else if (spec.group === 'sorted-set') found.push('@sortedset');
  else if (spec.group === 'transactions') found.push('@transaction');
  else if (spec.group !== 'server') found.push(`@${spec.group}`);
  if (has('admin')) found.push('@admin');
  if (has('admin') || DANGEROUS.has(spec.name)) found.push('@dangerous');
  if (has('blocking')) found.push('@blocking');
  found.push(has('fast') ? '@fast' : '@slow');
  return CATEGORIES.map((name) => `@${name}`).filter((name) => found.includes(name));
}

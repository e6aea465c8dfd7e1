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
const DANGEROUS = new Set([
  'flushall',
  'flushdb',
  'keys',
  'restore',
  'role',
  'sort',
  'sort_ro',
  'swapdb',
  'info',
]);
/** Commands of the group "server" that belong to another category. */
const KEYSPACE = new Set(['dbsize', 'flushdb', 'flushall', 'swapdb']);
/** Commands without the flag "admin" that are for administrators. */
const ADMIN = new Set(['lastsave', 'role']);

/**
 * The categories that follow from what a command is and does: "@read", "@string", "@fast" …
 * @param parent the container of a subcommand
 */
export function categories(spec: CommandSpec, parent?: string): string[] {
  const has = (flag: CommandSpec['flags'][number]) => spec.flags.includes(flag);
  const found: string[] = [];
  if (has('write')) found.push('@write');
  if (has('readonly')) found.push('@read');
  found.push(...familyOf(spec, parent));
  const admin = has('admin') || ADMIN.has(spec.name);
  if (admin) found.push('@admin');
  if (admin || (parent === undefined && DANGEROUS.has(spec.name))) found.push('@dangerous');
  if (has('blocking')) found.push('@blocking');
  found.push(has('fast') ? '@fast' : '@slow');
  return CATEGORIES.map((name) => `@${name}`).filter((name) => found.includes(name));
}

/** What kind of data or work a command belongs to. */
function familyOf({ name, group, subcommands }: CommandSpec, parent?: string): string[] {
  if (parent === 'command' || name === 'command' || name === 'wait') return ['@connection'];
  // A container does nothing by itself, and HELP of PUBSUB tells of no channel.
  if (subcommands !== undefined || (parent === 'pubsub' && name === 'help')) return [];
  if (name === 'sort' || name === 'sort_ro') return ['@set', '@sortedset', '@list'];
  if (group === 'generic' || KEYSPACE.has(name)) return ['@keyspace'];
  if (group === 'sorted-set') return ['@sortedset'];
  if (group === 'transactions') return ['@transaction'];
  return group === 'server' ? [] : [`@${group}`];
}

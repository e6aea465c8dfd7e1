import { basename } from 'node:path';
import { UserError } from '../core/errors.ts';
import { shellLine, wordsOf } from './words.ts';

export interface Setting {
  readonly directive: string;
  readonly value: string;
}

/** What is done to the live server for a while, and how it is undone. */
export type Change =
  | { readonly kind: 'config'; readonly settings: readonly Setting[] }
  | {
      readonly kind: 'commands';
      readonly steps: readonly { readonly apply: readonly string[]; readonly revert: readonly string[] }[];
    };

/**
 * Settings that leave nothing behind when they are put back: they change how the server works from then on, and neither
 * its data, its files, nor who is connected to it. What is not named here is not touched.
 */
const REVERSIBLE: ReadonlySet<string> = new Set(
  (
    'appendfsync no-appendfsync-on-rewrite aof-rewrite-incremental-fsync rdb-save-incremental-fsync ' +
    'auto-aof-rewrite-percentage auto-aof-rewrite-min-size ' +
    'lazyfree-lazy-user-del lazyfree-lazy-user-flush lazyfree-lazy-expire lazyfree-lazy-eviction ' +
    'lazyfree-lazy-server-del activerehashing activedefrag active-expire-effort hz dynamic-hz ' +
    'slowlog-log-slower-than latency-monitor-threshold latency-tracking lua-time-limit busy-reply-threshold ' +
    'tcp-keepalive maxmemory-samples'
  ).split(' '),
);

/** Why the best known of the others stay as they are. */
const IRREVERSIBLE: Readonly<Record<string, string>> = {
  save: 'what is not saved meanwhile is lost in a crash, and the count of changes starts anew',
  appendonly: 'switching it off gives up the file, switching it on rewrites it',
  maxmemory: 'keys that are evicted meanwhile do not come back',
  'maxmemory-policy': 'keys that are evicted meanwhile do not come back',
  dir: 'files that are written meanwhile lie elsewhere',
  dbfilename: 'files that are written meanwhile lie elsewhere',
  timeout: 'clients that are hung up on do not come back by themselves',
  'client-output-buffer-limit': 'clients that are hung up on do not come back by themselves',
};

/** Commands of a server that nothing undoes. */
const NO_WAY_BACK =
  /^(?:FLUSHALL|FLUSHDB|SHUTDOWN|REPLICAOF|SLAVEOF|FAILOVER|DEBUG|MIGRATE|DEL|UNLINK|GETDEL|CONFIG REWRITE|CLUSTER \w+|CLIENT KILL|SCRIPT FLUSH|FUNCTION FLUSH)\b/i;

const SERVER_CLIENT = /^(?:redis|valkey|keydb)-cli$/;

/**
 * The change that the fix of a finding is.
 * @param command the fix's own words, such as "CONFIG SET appendfsync everysec"
 * @throws UserError with one line when it cannot be undone, or is none
 */
export function planOfFix(finding: string, command: string | undefined): Change {
  const other = 'give a command and its opposite with --apply and --revert';
  if (command === undefined)
    throw new UserError(
      `the fix of ${finding} is a change of the application, no command; ${other}. Nothing was changed.`,
    );
  const words = wordsOf(command);
  if (!isSet(words))
    throw new UserError(
      `the fix of ${finding} (${command}) is no setting that could be put back; ${other}. Nothing was changed.`,
    );
  return { kind: 'config', settings: settingsOf(words.slice(2)) };
}

function isSet([config = '', set = '', ...pairs]: readonly string[]): boolean {
  return /^CONFIG$/i.test(config) && /^SET$/i.test(set) && pairs.length >= 2 && pairs.length % 2 === 0;
}

function settingsOf(pairs: readonly string[]): Setting[] {
  const settings: Setting[] = [];
  for (let at = 0; at + 1 < pairs.length; at += 2) {
    const directive = pairs[at]!.toLowerCase();
    const reason = whyNot(directive);
    if (reason !== undefined)
      throw new UserError(
        `CONFIG SET ${directive} is not tried on a live server: ${reason}. Nothing was changed.`,
      );
    settings.push({ directive, value: pairs[at + 1]! });
  }
  return settings;
}

function whyNot(directive: string): string | undefined {
  if (REVERSIBLE.has(directive)) return undefined;
  return IRREVERSIBLE[directive] ?? 'it is not among the settings that are known to leave nothing behind';
}

/**
 * The change that somebody names with --apply and --revert, each as often as the other.
 * @throws UserError when one lacks its opposite, holds a password, or cannot be undone
 */
export function planOfCommands(applies: readonly string[], reverts: readonly string[]): Change {
  if (applies.length !== reverts.length)
    throw new UserError('each --apply needs its --revert, in the same order. Nothing was changed.');
  const steps = applies.map((line, index) => {
    const step = { apply: wordsOf(line), revert: wordsOf(reverts[index]!) };
    if (step.apply.length === 0 || step.revert.length === 0)
      throw new UserError('--apply and --revert take a command each. Nothing was changed.');
    refuse(step.apply);
    refuse(step.revert);
    return step;
  });
  return { kind: 'commands', steps };
}

function refuse(words: readonly string[]): void {
  const [program = '', ...args] = words;
  if (!SERVER_CLIENT.test(basename(program))) return;
  if (args.some((word) => /^(?:-a.*|--pass|-u)$/.test(word)))
    throw new UserError(
      `${basename(program)} gets the password from REDISCLI_AUTH or --pass-file, not from its arguments. Nothing was changed.`,
    );
  const at = args.findIndex((_, index) => NO_WAY_BACK.test(args.slice(index).join(' ')));
  if (at >= 0)
    throw new UserError(
      `${args.slice(at).join(' ')} cannot be undone, so it is not tried on a live server. Nothing was changed.`,
    );
  const set = args.findIndex((word, index) => /^CONFIG$/i.test(word) && /^SET$/i.test(args[index + 1] ?? ''));
  const directive = args[set + 2]?.toLowerCase() ?? '';
  if (set >= 0 && IRREVERSIBLE[directive] !== undefined) settingsOf([directive, '']);
}

/** "CONFIG SET appendfsync everysec", or the commands, for people. */
export function describeChange(change: Change): string {
  switch (change.kind) {
    case 'config':
      return `CONFIG SET ${change.settings.map(({ directive, value }) => `${directive} ${quoted(value)}`).join(' ')}`;
    case 'commands':
      return change.steps.map(({ apply }) => shellLine(apply)).join('; ');
  }
}

export function quoted(value: string): string {
  return /^[\w.-]+$/.test(value) ? value : `"${value}"`;
}

export function isServerClient(program: string): boolean {
  return SERVER_CLIENT.test(basename(program));
}

import { CommandError } from '../command-error.ts';
import { dumpPayload, openPayload, readPayload } from '../rdb/dump-payload.ts';
import { bulk, nil, OK } from '../resp/reply.ts';
import type { Session } from '../session.ts';
import type { Value } from '../store/values.ts';
import { integerArg } from './arguments.ts';
import type { CommandSpec } from './spec.ts';

const ONE_KEY = { first: 1, last: 1, step: 1 } as const;
const MAX = Number.MAX_SAFE_INTEGER;

const dump: CommandSpec = {
  name: 'dump',
  arity: 2,
  flags: ['readonly'],
  keys: ONE_KEY,
  group: 'generic',
  since: '2.6.0',
  summary: 'Returns what a key holds in the format of snapshots.',
  complexity: 'O(N), N being the bytes of the value',
  run({ db, resp, server }, args) {
    const value = db.peek(args[1]!);
    if (value === undefined) return nil(resp);
    return bulk(dumpPayload(value, server.config.values.rdbcompression));
  },
};

/** An integer within a range; what is no integer has an error of its own. */
function between(text: string, min: number, max: number, message: string): number {
  const value = integerArg(text);
  if (value < min || value > max) throw new CommandError(message);
  return value;
}

interface Options {
  replace: boolean;
  absolute: boolean;
  idleSeconds?: number;
  frequency?: number;
}

function readOptions(args: readonly string[]): Options {
  const options: Options = { replace: false, absolute: false };
  for (let i = 4; i < args.length; i++) {
    const word = args[i]!.toLowerCase();
    const value = args[i + 1];
    const free = options.idleSeconds === undefined && options.frequency === undefined;
    if (word === 'replace') options.replace = true;
    else if (word === 'absttl') options.absolute = true;
    else if (word === 'idletime' && value !== undefined && free) {
      options.idleSeconds = between(value, 0, MAX, 'ERR Invalid IDLETIME value, must be >= 0');
      i++;
    } else if (word === 'freq' && value !== undefined && free) {
      options.frequency = between(value, 0, 255, 'ERR Invalid FREQ value, must be >= 0 and <= 255');
      i++;
    } else throw CommandError.syntax();
  }
  return options;
}

function readValue(payload: string): Value {
  const bytes = openPayload(payload);
  if (!bytes) throw new CommandError('ERR DUMP payload version or checksum are wrong');
  const value = readPayload(bytes);
  if (value === undefined) throw new CommandError('ERR Bad data format');
  return value;
}

const restore: CommandSpec = {
  name: 'restore',
  arity: -4,
  flags: ['write', 'denyoom'],
  keys: ONE_KEY,
  group: 'generic',
  since: '2.6.0',
  summary: 'Makes a key out of what DUMP returned.',
  complexity: 'O(N), N being the bytes of the value; O(N*log(N)) for a sorted set',
  run(session, args) {
    const { db, server } = session;
    const [, key, ttlText, payload] = args as readonly [string, string, string, string];
    const options = readOptions(args);
    if (!options.replace && db.has(key)) throw new CommandError('BUSYKEY Target key name already exists.');
    const ttl = between(ttlText, 0, MAX, 'ERR Invalid TTL value, must be >= 0');
    const value = readValue(payload);
    const replaced = options.replace && db.delete(key);
    const expiry = ttl === 0 || options.absolute ? ttl : server.now + ttl;
    if (expiry > 0 && expiry <= server.now) {
      if (replaced) gone(session, key);
      return OK;
    }
    db.set(key, value);
    if (expiry > 0) db.expireAt(key, expiry);
    if (options.idleSeconds !== undefined) db.setStamp(key, server.accessClock.withIdle(options.idleSeconds));
    if (options.frequency !== undefined) {
      db.setStamp(key, server.accessClock.withFrequency(options.frequency));
    }
    db.changed(key, 'restore');
    server.propagateAs(['RESTORE', key, String(expiry), payload, 'REPLACE', 'ABSTTL']);
    return OK;
  },
};

/** What was to be restored had expired already; what was there before has gone nevertheless. */
function gone({ db, server }: Session, key: string): void {
  db.changed(key, 'del');
  server.propagateAs(['DEL', key]);
}

/** Cost: `complexity` of each. Source: the command reference of Redis 7, pages DUMP, RESTORE. */
export const DUMP_COMMANDS: readonly CommandSpec[] = [dump, restore];

import type { Redis } from 'ioredis';
import { type CacheType, fill, findInMemory, findOnServer, isCacheType } from './cache.ts';

export const DEFAULT_KEYS = 5000;
/** Enough for any lesson; a typing error shall not fill the memory. */
const MAX_KEYS = 10_000_000;
const MAX_COUNT = 1_000_000;

export interface Answer {
  readonly status: number;
  readonly body: string | Readonly<Record<string, unknown>>;
}

/** A request that asks for something that is not there or makes no sense. */
class BadRequest extends Error {
  readonly status: number;
  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

/**
 * Answers one GET request.
 * @param seconds a clock that never goes back, in seconds
 */
export async function answer(
  path: string,
  query: URLSearchParams,
  redis: Redis,
  seconds: () => number,
): Promise<Answer> {
  const [name, argument, ...rest] = path.split('/').slice(1);
  const started = seconds();
  try {
    if (rest.length > 0) throw new BadRequest(404, `nothing is served at ${path}`);
    switch (name) {
      case '':
        return { status: 200, body: 'hello redis' };
      case 'init': {
        const keys = readNumber(argument || String(DEFAULT_KEYS), 'number of keys', MAX_KEYS);
        await fill(redis, keys);
        return { status: 200, body: { elapsed_seconds: seconds() - started, keys_initialized: keys } };
      }
      case 'get_cache': {
        const type = readType(argument);
        return found(type, await findOnServer(redis, type), seconds() - started);
      }
      case 'get_cache_data': {
        const type = readType(argument);
        const count = query.get('count');
        const page = count === null ? undefined : readNumber(count, 'count', MAX_COUNT);
        return found(type, await findInMemory(redis, type, page), seconds() - started);
      }
      default:
        throw new BadRequest(404, `nothing is served at ${path}`);
    }
  } catch (error) {
    if (error instanceof BadRequest) return { status: error.status, body: { error: error.message } };
    throw error;
  }
}

function found(type: CacheType, data: readonly string[], elapsed: number): Answer {
  return { status: 200, body: { count: data.length, data, elapsed_seconds: elapsed, type } };
}

function readType(text: string | undefined): CacheType {
  const type = text || 'good';
  if (!isCacheType(type)) throw new BadRequest(400, `"${type}" is no type; good, bad and normal are`);
  return type;
}

function readNumber(text: string, what: string, max: number): number {
  const value = /^\d{1,10}$/.test(text) ? Number(text) : 0;
  if (value < 1 || value > max) throw new BadRequest(400, `"${text}" is no ${what} from 1 to ${max}`);
  return value;
}

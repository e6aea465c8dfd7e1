import { authenticate, openClient } from '../probes/redis/capture.ts';
import { failureOf, ServerError } from '../probes/redis/failures.ts';
import type { ServerAddress } from '../probes/redis.ts';
import type { ServerIdentity } from './messages.ts';

const TIMEOUT_MS = 1500;

/** A conversation about settings, on one connection. Each question throws the server's own "no". */
export interface Link {
  /** @returns undefined when the server knows no such setting */
  get(directive: string): Promise<string | undefined>;
  set(directive: string, value: string): Promise<void>;
  identity(): Promise<ServerIdentity>;
}

/**
 * Connects, does the work and hangs up, within 1.5 s: nothing stays open that a trace of the server would show.
 * @throws Unreachable with one line; what was sent before may have been done all the same
 */
export async function withServer<T>(server: ServerAddress, work: (link: Link) => Promise<T>): Promise<T> {
  const where = server.socketPath ?? `${server.host ?? '127.0.0.1'}:${server.port ?? 6379}`;
  const request = { ...server, timeoutMs: TIMEOUT_MS };
  let client: ReturnType<typeof openClient> | undefined;
  let cause: unknown;
  let timer: NodeJS.Timeout | undefined;
  try {
    client = openClient(request);
    client.on('error', (error: Error) => {
      cause ??= error;
    });
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(() => reject(new ServerError('timed-out', 'no answer')), TIMEOUT_MS);
    });
    return await Promise.race([converse(client, server, work), late]);
  } catch (error) {
    if (error instanceof Refusal) throw error;
    const { status, reason } = failureOf(error, cause, where, request);
    if (status === 'failed' && error instanceof Error && error.name === 'ReplyError')
      throw new Refusal(`${where} does not let its settings be read and set (${oneLine(error.message)})`);
    throw new Unreachable(reason, status === 'refused');
  } finally {
    clearTimeout(timer);
    client?.disconnect();
  }
}

/** It makes no sense, or the server does not allow it. */
export class Refusal extends Error {
  override readonly name = 'Refusal';
}

export class Unreachable extends Error {
  override readonly name = 'Unreachable';
  constructor(
    message: string,
    /** Nothing listens there. */
    readonly isRefused: boolean,
  ) {
    super(message);
  }
}

const oneLine = (text: string): string => text.replaceAll(/\s+/g, ' ').slice(0, 200);

async function converse<T>(
  client: ReturnType<typeof openClient>,
  { user, password }: ServerAddress,
  work: (link: Link) => Promise<T>,
): Promise<T> {
  await client.connect();
  if (password !== undefined) await authenticate(client, user, password, []);
  return work({
    get: async (directive) => {
      const reply = await client.call('CONFIG', 'GET', directive);
      return Array.isArray(reply) && reply.length >= 2 ? String(reply[1]) : undefined;
    },
    set: async (directive, value) => {
      await client.call('CONFIG', 'SET', directive, value);
    },
    identity: async () => {
      const info = String(await client.call('INFO', 'server'));
      const runId = /^run_id:(\w+)/m.exec(info)?.[1];
      const dir = await client.call('CONFIG', 'GET', 'dir');
      return {
        ...(runId === undefined ? {} : { runId }),
        ...(Array.isArray(dir) && dir.length >= 2 ? { dir: String(dir[1]) } : {}),
      };
    },
  });
}

import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { Redis } from 'ioredis';
import { type Answer, answer } from './routes.ts';

export interface AppOptions {
  /** 0 takes a free port. */
  readonly port: number;
  readonly host: string;
  readonly redis: { readonly host: string; readonly port: number; readonly password?: string };
  /** Milliseconds that never go back. */
  readonly monotonic: () => number;
  readonly log?: (line: string) => void;
}

export interface RunningApp {
  readonly port: number;
  close(): Promise<void>;
}

/** Time for one attempt to reach the server. */
const CONNECT_TIMEOUT_MS = 2000;

/**
 * The case's web application: a few GET endpoints over one connection to the server. The connection is made
 * when it is first needed and made again when it was lost; while the server cannot be reached, requests are
 * answered at once with 503 instead of waiting.
 * @throws NodeJS.ErrnoException when the port cannot be had
 */
export async function startApp(options: AppOptions): Promise<RunningApp> {
  const redis = connect(options);
  const http = createServer((request, response) => {
    void handle(request, response, redis, options);
  });
  await new Promise<void>((settle, fail) => {
    http.once('error', fail);
    http.listen(options.port, options.host, () => settle());
  }).catch((error: unknown) => {
    redis.disconnect();
    throw error;
  });
  const address = http.address();
  return {
    port: address && typeof address === 'object' ? address.port : options.port,
    close: () =>
      new Promise<void>((settle) => {
        redis.disconnect();
        http.close(() => settle());
        http.closeAllConnections();
      }),
  };
}

function connect({ redis: where, log }: AppOptions): Redis {
  const redis = new Redis({
    host: where.host,
    port: where.port,
    ...(where.password !== undefined && { password: where.password }),
    lazyConnect: true,
    connectTimeout: CONNECT_TIMEOUT_MS,
    // Fail a command whose connection is lost, and try to connect again when the next request comes.
    maxRetriesPerRequest: 0,
    retryStrategy: () => null,
    enableAutoPipelining: false,
    clientInfoTag: 'perfcase-app',
  });
  let said = '';
  redis.on('error', (error: Error) => {
    if (error.message !== said) log?.(`redis: ${error.message}`);
    said = error.message;
  });
  redis.on('ready', () => {
    said = '';
  });
  return redis;
}

async function handle(
  request: IncomingMessage,
  response: ServerResponse,
  redis: Redis,
  options: AppOptions,
): Promise<void> {
  try {
    send(response, await answerRequest(request, redis, options));
  } catch (error) {
    const { host, port } = options.redis;
    const reason = error instanceof Error ? error.message : String(error);
    send(response, {
      status: 503,
      body: { error: `the server at ${host}:${port} did not answer: ${reason}` },
    });
  }
}

async function answerRequest(request: IncomingMessage, redis: Redis, options: AppOptions): Promise<Answer> {
  if (request.method !== 'GET')
    return { status: 405, body: { error: `${request.method} is not served; GET is` } };
  const url = new URL(request.url ?? '/', 'http://app');
  if (url.pathname !== '/') await ensureConnected(redis);
  return answer(url.pathname, url.searchParams, redis, () => options.monotonic() / 1000);
}

async function ensureConnected(redis: Redis): Promise<void> {
  if (redis.status === 'wait' || redis.status === 'end' || redis.status === 'close') await redis.connect();
}

function send(response: ServerResponse, { status, body }: Answer): void {
  const text = typeof body === 'string' ? body : `${JSON.stringify(body)}\n`;
  response.writeHead(status, {
    'content-type': typeof body === 'string' ? 'text/plain; charset=utf-8' : 'application/json',
    'content-length': Buffer.byteLength(text),
  });
  response.end(text);
}

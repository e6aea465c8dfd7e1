import { bulk, int, list, NIL, OK, page, request, TraceLog } from './trace-log.ts';

/** The pid of the traced application, the client of the server. */
export const APP_PID = 9181;
const SOCKET = 5;

/**
 * An application that is traced together with its server: HTTP requests come in on a descriptor, commands go out on
 * another one.
 */
export class AppLog extends TraceLog {
  constructor() {
    super({ pid: APP_PID, stepUs: 40 });
  }

  ask(words: readonly string[], reply: string): this {
    return this.call(
      'sendto',
      `${SOCKET}, ${JSON.stringify(request(...words))}, ${request(...words).length}, 0, NULL, 0`,
      request(...words).length,
    ).call('recvfrom', `${SOCKET}, ${JSON.stringify(reply)}, 65536, 0, NULL, NULL`, reply.length, 200);
  }

  http(method: string, path: string, serve: (log: this) => void, fd = 12): this {
    this.read(fd, `${method} ${path} HTTP/1.1\r\nHost: app\r\n\r\n`);
    serve(this);
    return this.write(fd, 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}');
  }
}

/** One command that the server sees, so that the log is one of a conversation. */
const SERVER_SIDE = new TraceLog().turn(8, ['PING'], '+PONG\r\n').text;

/** Both ends' logs in one, as strace -p SERVER -p APP prints them. */
export const withServer = (log: AppLog): string => `${SERVER_SIDE}${log.text}`;
/** Both processes, for the thread table. */
export const BOTH = { target: { pid: 9085, comm: 'redis-server' } };
export const THREADS: readonly (readonly [number, number])[] = [
  [9085, 9085],
  [APP_PID, APP_PID],
];

const keys = Array.from({ length: 60 }, (_, index) => `item:${1000 + index}`);

/** GET /get_cache/good: a scan, a GET for each key, SADD of the matches. */
export const queryThatWrites = () =>
  new AppLog().http('GET', '/get_cache/good?token=planted-token', (log) => {
    log.ask(['SCAN', '0', 'COUNT', '1000'], page(0, keys));
    keys.forEach((key, index) => {
      log.ask(['GET', key], bulk(index % 3 === 0 ? 'good' : 'bad'));
      if (index % 3 === 0) log.ask(['SADD', 'found', key.slice(5)], int(1));
    });
    log.ask(['SMEMBERS', 'found'], list()).ask(['DEL', 'found'], int(1));
  });

/** A page that counts its visits and renews the session. */
export const pageWithCounter = () => {
  const log = new AppLog();
  for (let index = 0; index < 40; index++) {
    log.http('GET', `/article/${index}`, (each) =>
      each
        .ask(['GET', `article:${index}`], bulk('text'))
        .ask(['INCR', `views:${index}`], int(index))
        .ask(['EXPIRE', `sess:${index}`, '1800'], int(1)),
    );
  }
  return log;
};

/** A page that fills its cache on misses, one by one. */
export const pageThatFillsItsCache = () =>
  new AppLog().http('GET', '/catalogue', (log) => {
    for (const key of keys) log.ask(['GET', key], NIL).ask(['SET', key, 'fresh'], OK);
  });

/** The same with one MGET. */
export const pageThatFillsItsCacheAtOnce = () =>
  new AppLog().http('GET', '/catalogue', (log) => {
    log.ask(['MGET', ...keys], list(...keys.map(() => NIL)));
    for (const key of keys) log.ask(['TTL', key], int(-2)).ask(['SET', key, 'fresh'], OK);
  });

/** A form that writes: what a POST is for. */
export const postThatWrites = () =>
  new AppLog().http('POST', '/import', (log) => {
    for (const key of keys) log.ask(['GET', key], bulk('old')).ask(['SET', key, 'new'], OK);
  });

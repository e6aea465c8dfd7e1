import {
  bulk,
  bulks,
  int,
  list,
  NIL,
  OK,
  page,
  request,
  TraceLog,
  type TraceLogOptions,
} from './trace-log.ts';

/** Logs of servers and clients that behave well, each in a way that resembles a cause. Several rules are shown them. */

const quiet: TraceLogOptions = { appendfsync: 'everysec' };
const id = (index: number): string => `${(0x10000000 + index * 7919).toString(16)}-user`;

/** GET misses, the value is made elsewhere, SET with a lifetime. */
export const cacheFill = (options = quiet) =>
  new TraceLog(options).times(60, (log, index) =>
    log
      .turn(8, ['GET', `page:${id(index)}`], NIL)
      .turn(8, ['SETEX', `page:${id(index)}`, '60', `html of ${index}`], OK)
      .turn(8, ['GET', `page:${id(index)}`], bulk(`html of ${index}`)),
  );

/** MGET with nulls, each null filled by a SET. */
export const cacheFillOfMany = () =>
  new TraceLog(quiet).times(20, (log, index) => {
    const keys = [0, 1, 2, 3].map((each) => `item:${id(index * 4 + each)}`);
    log.turn(8, ['MGET', ...keys], list(bulk('known'), NIL, NIL, bulk('known')));
    for (const key of keys.slice(1, 3)) log.turn(8, ['SET', key, 'fresh'], OK);
  });

/** A worker: takes a job off a queue, reads it, marks it as done. */
export const queueWorker = () =>
  new TraceLog(quiet).times(60, (log, index) =>
    log
      .turn(8, ['BRPOPLPUSH', 'jobs', 'running', '5'], bulk(id(index)))
      .turn(8, ['GET', `job:${id(index)}`], bulk(`{"n":${index}}`))
      .turn(8, ['SADD', 'done', id(index)], int(1)),
  );

/** Reads one key, changes it, writes it back. */
export const readModifyWrite = () =>
  new TraceLog(quiet).times(60, (log, index) =>
    log
      .turn(8, ['GET', 'account:7'], bulk(`balance ${index}`))
      .turn(8, ['SET', 'account:7', `balance ${index + 1}`], OK),
  );

/** A web application that looks a session up and renews it. */
export const sessions = () =>
  new TraceLog(quiet).times(60, (log, index) =>
    log
      .turn(8, ['GET', `sess:${id(index % 9)}`], bulk(`user-${index % 9}`))
      .turn(8, ['EXPIRE', `sess:${id(index % 9)}`, '1800'], int(1))
      .turn(8, ['HGETALL', `user:${index % 9}`], bulks('name', `Name ${index % 9}`)),
  );

/** Who is online: the value of the session is written, once a request, with no list before it. */
export const onlineUsers = () =>
  new TraceLog(quiet).times(60, (log, index) =>
    log
      .turn(8, ['GET', `sess:${id(index)}`], bulk(`user-${index}`))
      .turn(8, ['ZADD', 'online', String(1_700_000_000 + index), `user-${index}`], int(1)),
  );

/** Reads of random keys without a pause, by one client. */
export const busyReader = (options = quiet) =>
  new TraceLog({ thinkUs: 20, ...options }).times(300, (log, index) =>
    log.turn(8, ['GET', `item:${(index * 7919) % 100_003}`], bulk(`value ${index}`)),
  );

/** Lists keys, then reads them all with MGET. */
export const pagesByMget = () =>
  new TraceLog(quiet).times(30, (log, index) => {
    const keys = Array.from({ length: 10 }, (_, each) => `item:${id(index * 10 + each)}`);
    log
      .turn(8, ['SCAN', String(index), 'COUNT', '1000'], page(index === 29 ? 0 : index + 1, keys))
      .turn(8, ['MGET', ...keys], bulks(...keys.map(() => 'value')));
  });

/** Lists keys, then reads them in one packet. */
export const pagesByPipeline = () =>
  new TraceLog(quiet).times(30, (log, index) => {
    const keys = Array.from({ length: 10 }, (_, each) => `item:${id(index * 10 + each)}`);
    log.turn(8, ['SCAN', String(index), 'COUNT', '1000'], page(index === 29 ? 0 : index + 1, keys)).pipeline(
      8,
      keys.map((key) => [['GET', key], bulk('value')] as const),
    );
  });

/** A walk over a small key space. */
export const shortScan = () =>
  busyReader().times(8, (log, index) =>
    log.turn(9, ['SCAN', String(index)], page(index === 7 ? 0 : index + 1, [`item:${id(index)}`])),
  );

/** Fifty connections that read and write keys of their own. */
export const fiftyClients = (options = quiet) =>
  new TraceLog({ thinkUs: 0, ...options }).times(400, (log, index) => {
    const fd = 10 + (index % 50);
    if (index % 5 === 0) log.turn(fd, ['SET', `own:${fd}:${index}`, `value ${index}`], OK);
    else log.turn(fd, ['GET', `own:${fd}:${index - 1}`], index % 3 === 0 ? NIL : bulk(`value ${index}`));
  });

/** Measurements collected in a list, flushed now and then. */
export const writeBuffer = () =>
  new TraceLog(quiet).times(6, (log, round) =>
    log
      .times(20, (each, index) =>
        each.turn(8, ['RPUSH', 'buffer', `measure ${round} ${index}`], int(index + 1)),
      )
      .turn(
        8,
        ['LRANGE', 'buffer', '0', '-1'],
        bulks(...Array.from({ length: 20 }, (_, index) => `measure ${round} ${index}`)),
      )
      .turn(8, ['DEL', 'buffer'], int(1)),
  );

/** Cached pages that are forgotten together by a tag. */
export const taggedCache = () =>
  new TraceLog(quiet).times(4, (log, round) =>
    log
      .times(10, (each, index) =>
        each
          .turn(8, ['GET', `page:${id(round * 10 + index)}`], NIL)
          .turn(8, ['SET', `page:${id(round * 10 + index)}`, 'html'], OK)
          .turn(8, ['SADD', `tag:${round}`, `page:${id(round * 10 + index)}`], int(1)),
      )
      .turn(
        8,
        ['SMEMBERS', `tag:${round}`],
        bulks(...Array.from({ length: 10 }, (_, index) => `page:${id(round * 10 + index)}`)),
      )
      .times(10, (each, index) => each.turn(8, ['DEL', `page:${id(round * 10 + index)}`], int(1)))
      .turn(8, ['DEL', `tag:${round}`], int(1)),
  );

/** MONITOR, a subscriber and a replica beside a reader: what goes out to them answers nothing. */
export const streams = () => {
  const log = new TraceLog(quiet)
    .turn(20, ['MONITOR'], OK)
    .turn(21, ['SUBSCRIBE', 'news'], list(bulk('subscribe'), bulk('news'), int(1)))
    .turn(22, ['PSYNC', '?', '-1'], '+FULLRESYNC 0123456789012345678901234567890123456789 1\r\n');
  return log.times(100, (each, index) =>
    each
      .turn(8, ['GET', `item:${index}`], bulk('value'))
      .write(20, `+1700000000.1 [0 127.0.0.1:1] "GET" "item:${index}"\r\n`)
      .write(21, list(bulk('message'), bulk('news'), bulk(`number ${index}`)))
      .write(22, request('SADD', 'seen', String(index)))
      .read(22, request('REPLCONF', 'ACK', String(index))),
  );
};

/** A client that says who it is, then pings inline. */
export const greetings = () =>
  new TraceLog(quiet)
    .turn(8, ['AUTH', 'app', 'secret-password'], OK)
    .turn(9, ['HELLO', '3', 'AUTH', 'app', 'secret-password'], '%1\r\n+server\r\n+redis\r\n')
    .times(40, (log) => log.read(10, 'PING\r\n').write(10, '+PONG\r\n'));

/** The child of a rewrite syncs a file of its own, on a descriptor number that the parent uses too. */
export const rewriteChild = () => {
  const log = new TraceLog({ ...quiet, syncUs: 200_000 });
  const child = log.pid + 50;
  log.times(20, (each, index) => each.turn(8, ['SET', `key:${index}`, 'value'], OK));
  log.call('clone', 'child_stack=NULL, flags=CLONE_CHILD_CLEARTID|SIGCHLD, child_tidptr=0x7f0', child);
  log.call('openat', 'AT_FDCWD, "temp-rewriteaof-1.aof", O_WRONLY|O_CREAT, 0644', 7, 20, child);
  return log.times(30, (each, index) =>
    each
      .write(7, request('SET', `key:${index}`, 'value'), child)
      .sync(7, child)
      .turn(8, ['SET', `key:${index}`, 'value'], OK),
  );
};

/** An HTTP server without any RESP. */
export const webServer = () =>
  new TraceLog().times(60, (log, index) =>
    log
      .read(12, `GET /items/${index} HTTP/1.1\r\nHost: shop\r\n\r\n`)
      .write(12, 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok'),
  );

/** A database: its own protocol on sockets, writes and syncs of a file. */
export const otherDatabase = () =>
  new TraceLog({ syncUs: 6000 }).times(60, (log, index) =>
    log
      .read(12, `Q\0\0\0\x1dINSERT INTO t VALUES (${index})\0`)
      .write(30, `\x01\x02wal record ${index}`)
      .sync(30)
      .write(12, 'C\0\0\0\x0fINSERT 0 1\0Z\0\0\0\x05I'),
  );

/** Every key of one name is copied to a key of another name, as fast as it goes or with rests. */
export const migration = (restUs = 100) =>
  new TraceLog(quiet).times(12, (log, step) => {
    const keys = Array.from({ length: 10 }, (_, index) => `old:${id(step * 10 + index)}`);
    log.wait(restUs).turn(8, ['SCAN', String(step * 16 + 5)], page((step + 1) * 16 + 5, keys));
    for (const key of keys) {
      log.turn(8, ['GET', key], bulk(`content of ${key}`));
      log.turn(8, ['SET', key.replace('old', 'new'), `content of ${key}`], OK);
    }
  });

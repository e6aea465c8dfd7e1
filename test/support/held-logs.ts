import { bulk, bulks, OK, request, TraceLog, type TraceLogOptions } from './trace-log.ts';

/** Logs of servers that work on one command for a while. */

const quiet: TraceLogOptions = { appendfsync: 'off' };

/** One command, on which the server works for `workUs` before it replies. */
export const work = (
  log: TraceLog,
  words: readonly string[],
  reply: string,
  workUs: number,
  fd = 9,
): TraceLog =>
  log
    .wait(100)
    .read(fd, request(...words))
    .wait(workUs)
    .write(fd, reply);

/** Other clients' cheap commands, each of which keeps the server for `workUs`. */
export const others = (log: TraceLog, count = 60, workUs = 20): TraceLog =>
  log.times(count, (each, index) => work(each, ['GET', `user:${index}`], bulk('x'), workUs, 8));

/** Cheap commands of one client, and in between `count` of another's on which the server works for a while. */
export function among(
  words: readonly string[],
  reply: string,
  workUs: number,
  count = 5,
  options: TraceLogOptions = quiet,
): TraceLog {
  return new TraceLog(options).times(count, (log) => {
    others(log, 12);
    work(log, words, reply, workUs);
    log.call('epoll_wait', '5, [{events=EPOLLIN, data={u32=8, u64=8}}], 10128, 0', 3);
  });
}

/** Every command is late: the thread has no CPU. */
export const preempted = (words: readonly string[], reply: string): TraceLog =>
  new TraceLog(quiet).times(10, (log) => {
    others(log, 6, 20_000);
    work(log, words, reply, 20_000);
  });

export const names = (count: number): string =>
  bulks(...Array.from({ length: count }, (_, index) => `key:${index}`));
export { OK };

import { int, request, TraceLog } from './trace-log.ts';

/** Logs of a server that writes all its data from time to time, while clients append. */

export interface JobLog {
  /** What a sync takes while the job runs, and otherwise. */
  readonly duringUs: number;
  readonly otherwiseUs: number;
  /** Only each of so many syncs takes longer while the job runs. */
  readonly longEach?: number;
  readonly writes?: number;
  readonly kind?: 'rewrite' | 'snapshot';
  /** It had begun before the log, and its file is not seen: only that it is waited for. */
  readonly early?: boolean;
  /** Threads of the server write, not a child. */
  readonly threads?: boolean;
  /** What each tenth append takes while the job runs. */
  readonly appendUs?: number;
  readonly policy?: 'always' | 'everysec';
}

const CHILD = 9200;

export function jobLog(options: JobLog): TraceLog {
  const { writes = 40, kind = 'rewrite', early = false, threads = false } = options;
  const { duringUs, otherwiseUs, longEach = 1, appendUs = 20, policy = 'always' } = options;
  const log = new TraceLog({ appendfsync: 'off' });
  const file = kind === 'rewrite' ? `temp-rewriteaof-${CHILD}.aof` : `temp-${CHILD}.rdb`;
  const write = (syncUs: number, held: number, index: number) => {
    const words = ['SADD', 'seen', String(index)];
    const bytes = request(...words);
    log.wait(100).read(8, bytes);
    log.call('write', `7, "${bytes.replaceAll('\r\n', '\\r\\n')}", ${bytes.length}`, bytes.length, held);
    if (policy === 'always') log.call('fdatasync', '7', 0, syncUs);
    log.write(8, int(1));
  };
  if (!early) log.times(writes, (_, index) => write(otherwiseUs, 20, index));
  const begin = () => {
    if (!threads && !early)
      log.call('clone', 'child_stack=NULL, flags=CLONE_CHILD_SETTID|SIGCHLD', CHILD, 900);
    if (!early)
      log.call('openat', `AT_FDCWD, "${file}", O_WRONLY|O_CREAT`, 11, 20, threads ? log.pid : CHILD);
  };
  begin();
  log.times(writes, (_, index) => {
    if (!threads && index % 5 === 0) log.call('wait4', '-1, 0x7ffe, WNOHANG, NULL', 0);
    write(index % longEach === 0 ? duringUs : otherwiseUs, index % 10 === 3 ? appendUs : 20, index);
  });
  if (!threads) log.call('wait4', '-1, [{WIFEXITED(s)}], WNOHANG, NULL', CHILD);
  if (kind === 'rewrite' || threads) log.call('rename', `"${file}", "whole"`, 0);
  return log.times(writes, (_, index) => write(otherwiseUs, 20, index));
}

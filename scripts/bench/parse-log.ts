import { closeSync, openSync, writeSync } from 'node:fs';

/**
 * A log as `strace -f -ttt -T -s 1024` prints it of the case: a server that syncs each write, and a client that walks
 * keys with SCAN, reads each and copies some into a set. Made up line by line from the shape of a recorded one, always
 * the same; a background thread waits, and now and then a call is split in two.
 */
export function writeLog(path: string, bytes: number): { bytes: number; lines: number } {
  const fd = openSync(path, 'w');
  const log = new CaseLog();
  let written = 0;
  try {
    while (written < bytes) written += writeSync(fd, log.take(1024 * 1024));
  } finally {
    closeSync(fd);
  }
  return { bytes: written, lines: log.lines };
}

class CaseLog {
  lines = 1;
  private text = 'strace: Process 9085 attached with 5 threads\n';
  private us = 1_795_298_718_000_000;
  private seed = 42;
  private turn = 0;

  /** About as many bytes of whole lines. */
  take(length: number): string {
    while (this.text.length < length) this.command();
    const { text } = this;
    this.text = '';
    return text;
  }

  private command(): void {
    const turn = this.turn++;
    const id = this.uuid();
    if (turn % 12 === 0) this.roundTrip(['scan', String(turn), 'MATCH', 'uuid:*'], this.keys());
    const value = turn % 3 === 0 ? 'good' : turn % 3 === 1 ? 'normal' : 'bad';
    this.roundTrip(['get', `uuid:${id}`], `$${value.length}\\r\\n${value}\\r\\n`);
    if (value === 'good') this.roundTrip(['sadd', 'good', id], ':1\\r\\n', true);
    if (turn % 500 === 499) {
      this.roundTrip(['smembers', 'good'], this.keys());
      this.roundTrip(['del', 'good'], ':1\\r\\n', true);
    }
    if (turn % 200 === 0) {
      this.call('openat(AT_FDCWD, "/proc/self/stat", O_RDONLY)', 10, 30);
      this.call('read(10, "9085 (redis-server) S 1 9085"..., 4096)', 312, 20);
      this.call('close(10)', 0, 9);
    }
    if (turn % 1000 === 0) {
      this.line(9088, 'futex(0x55c394643c48, FUTEX_WAIT_PRIVATE, 0, NULL <unfinished ...>');
      this.line(9088, '<... futex resumed>) = 0 <0.000310>');
    }
  }

  private roundTrip(words: readonly string[], reply: string, isWrite = false): void {
    this.call('epoll_wait(5, [{events=EPOLLIN, data={u32=9, u64=9}}], 10128, 68)', 1, 90 + this.random(60));
    const parts = words.map((word) => `$${word.length}\\r\\n${word}\\r\\n`);
    const request = `*${words.length}\\r\\n${parts.join('')}`;
    const length = request.replaceAll('\\r\\n', '  ').length;
    this.call(`read(9, "${request}", 20474)`, length, 10 + this.random(9));
    if (isWrite) {
      this.call(`write(8, "${request}", ${length})`, length, 12 + this.random(9));
      this.call('fdatasync(8)', 0, 240 + this.random(120));
    }
    const size = reply.replaceAll('\\r\\n', '  ').length;
    this.call(`write(9, "${reply}", ${size})`, size, 35 + this.random(20));
  }

  private keys(): string {
    const keys = Array.from({ length: 6 }, () => `$41\\r\\nuuid:${this.uuid()}\\r\\n`);
    return `*2\\r\\n$3\\r\\n512\\r\\n*6\\r\\n${keys.join('')}`;
  }

  private call(text: string, result: number, us: number): void {
    this.line(9085, `${text} = ${result} <${(us / 1e6).toFixed(6)}>`);
    this.us += us + 40;
  }

  private line(tid: number, text: string): void {
    const seconds = Math.floor(this.us / 1e6);
    this.text += `[pid  ${tid}] ${seconds}.${String(this.us % 1e6).padStart(6, '0')} ${text}\n`;
    this.lines++;
  }

  private uuid(): string {
    const hex = (digits: number) =>
      this.random(16 ** digits)
        .toString(16)
        .padStart(digits, '0');
    return `${hex(4)}${hex(4)}-${hex(4)}-${hex(4)}-${hex(4)}-${hex(6)}${hex(6)}`;
  }

  /** Below `limit`. A linear congruential generator, the constants of Numerical Recipes. */
  private random(limit: number): number {
    this.seed = (Math.imul(this.seed, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((this.seed / 2 ** 32) * limit);
  }
}

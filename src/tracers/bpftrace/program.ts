import { constants } from 'node:os';
import { CAPTURE, type WatchedCall } from '../log/calls.ts';
import { MAX_PAYLOAD } from '../log/record.ts';

/**
 * Bytes that one printf shows of a buffer. They lie on the stack of a BPF program, which has 512 bytes for everything;
 * bpftrace 0.17 needs them twice. Longer buffers are shown in several pieces.
 */
export const PIECE_BYTES = 128;
const PIECES = MAX_PAYLOAD / PIECE_BYTES;
/** Paths are shown up to this many pieces. */
export const PATH_PIECES = 2;
/** Parts of an I/O vector that are looked at. */
export const VECTOR_PARTS = 8;
/** A wait that took less time was none. */
const SHORTEST_WAIT_NS = 4000;
const CLONE_THREAD = 0x10000;
/**
 * With its output fully buffered, bpftrace hands on nothing until the buffer (BUFSIZ of glibc) is full. The word that
 * it is attached is needed at once, so it comes with so many dots.
 */
const BUFFER_BYTES = 8192;

export interface BpftraceProgram {
  readonly pids: readonly number[];
  readonly calls: readonly WatchedCall[];
  /** Also watch the processes that a watched process forks. */
  readonly followForks: boolean;
  /** It ends by itself after this time. */
  readonly limitSeconds: number;
}

/**
 * A program for bpftrace (0.17 and later) on the tracepoints of all system calls. What it prints, one line each:
 *
 *   ready....                                            attached
 *   c TID PID NUMBER START DURATION RESULT A B C D [BYTES]  a call that returned: nanoseconds, hexadecimal arguments,
 *                                                        and the beginning of what it moved or named
 *   + TID START OFFSET BYTES                             what follows in that buffer
 *   v TID START PART LENGTH BYTES                        a part of its I/O vector
 *   f TID START FLAGS                                    the flags of clone3
 *   (at the end) @n: COUNT                              calls that were printed: it drops what it has not written yet
 *   (at the end) @s[TID]: (START, PID, NUMBER, A, …)     a call that has not returned
 *
 * BYTES in hexadecimal, "0d 0a": what %r prints is shorter, and does not tell a byte from a text like "\\x0d". Calls that found nothing to do (EAGAIN) are left out: each line wakes
 * bpftrace up, and costs the target more than the call.
 */
export function bpftraceProgram({ pids, calls, followForks, limitSeconds }: BpftraceProgram): string {
  const groups = pids.map((pid) => `@g[${pid}] = 1;`);
  const captures = calls.map(({ number, capture }) => `@c[${number}] = ${CAPTURE[capture]};`);
  return `BEGIN {
  ${groups.join(' ')}
  ${captures.join(' ')}
}
tracepoint:raw_syscalls:sys_enter /@g[pid] && @c[args->id]/ {
  @s[tid] = (nsecs, pid, args->id, args->args[0], args->args[1], args->args[2], args->args[3]);
}
tracepoint:raw_syscalls:sys_exit /@s[tid].0/ {
  $t = @s[tid];
  $c = @c[$t.2];
  $r = args->ret;
  $d = nsecs - $t.0;
  delete(@s[tid]);
  if ($r != ${-constants.errno.EAGAIN} && ($c != ${CAPTURE.wait} || $d >= ${SHORTEST_WAIT_NS})) {
    @n = count();
    $p = (uint64)0;
    $n = (int64)${PIECE_BYTES};
    if ($c == ${CAPTURE.firstPath}) { $p = (uint64)$t.3; }
    if ($c == ${CAPTURE.secondPath}) { $p = (uint64)$t.4; }
    if ($c == ${CAPTURE.buffer} && $r > 0) {
      $p = (uint64)$t.4;
      if ($r < ${PIECE_BYTES}) { $n = (int64)$r; }
    }
    if ($p != 0) {
      printf("c %d %d %d %lu %lu %ld %lx %lx %lx %lx %rh\\n", tid, $t.1, $t.2, $t.0, $d, $r, $t.3, $t.4, $t.5, $t.6, buf(uptr($p), $n));
      $e = $c == ${CAPTURE.buffer} ? (int64)$r : (int64)${PATH_PIECES * PIECE_BYTES};
      $o = (int64)${PIECE_BYTES};
      unroll(${PIECES - 1}) {
        if ($e > $o) {
          $n = $e - $o;
          if ($n > ${PIECE_BYTES}) { $n = (int64)${PIECE_BYTES}; }
          $p = $p + ${PIECE_BYTES};
          printf("+ %d %lu %d %rh\\n", tid, $t.0, $o, buf(uptr($p), $n));
          $o = $o + ${PIECE_BYTES};
        }
      }
    } else {
      printf("c %d %d %d %lu %lu %ld %lx %lx %lx %lx\\n", tid, $t.1, $t.2, $t.0, $d, $r, $t.3, $t.4, $t.5, $t.6);
      if ($r > 0 && ($c == ${CAPTURE.vector} || $c == ${CAPTURE.message})) {
        $v = (uint64)$t.4;
        $k = (uint64)$t.5;
        if ($c == ${CAPTURE.message}) {
          $k = *(uint64 *)uptr($v + 24);
          $v = *(uint64 *)uptr($v + 16);
        }
        $i = (uint64)0;
        $e = (int64)$r;
        unroll(${VECTOR_PARTS}) {
          if ($i < $k && $e > 0) {
            $p = *(uint64 *)uptr($v);
            $n = (int64)*(uint64 *)uptr($v + 8);
            if ($n > $e) { $n = $e; }
            $e = $e - $n;
            $l = $n;
            if ($n > ${PIECE_BYTES}) { $n = (int64)${PIECE_BYTES}; }
            printf("v %d %lu %d %ld %rh\\n", tid, $t.0, $i, $l, buf(uptr($p), $n));
            $v = $v + 16;
            $i = $i + 1;
          }
        }
      }
      if ($c == ${CAPTURE.clone} || $c == ${CAPTURE.clone3} || $c == ${CAPTURE.fork}) {
        $f = (uint64)0;
        if ($c == ${CAPTURE.clone}) { $f = (uint64)$t.3; }
        if ($c == ${CAPTURE.clone3}) {
          $f = *(uint64 *)uptr($t.3);
          printf("f %d %lu %lx\\n", tid, $t.0, $f);
        }
        ${followForks ? `if ($r > 0 && ($f & ${CLONE_THREAD}) == 0) { @g[$r] = 1; }` : ''}
      }
    }
  }
}
interval:ms:20 /!@r/ { @r = 1; printf("ready${'.'.repeat(BUFFER_BYTES)}\\n"); }
interval:s:${limitSeconds} { exit(); }
END { clear(@g); clear(@c); clear(@r); }
`;
}

import type { Parsed } from '../../core/capture.ts';
import type { UnixSocketObservation } from '../../core/observation.ts';
import { isDecoration, linesOf } from '../text/lines.ts';
import { Notes } from '../text/notes.ts';
import { present } from '../text/values.ts';
import { seen } from './key-values.ts';

/*
 * /proc/PID/net/unix: https://man7.org/linux/man-pages/man5/proc_pid_net.5.html
 *
 *   Num               RefCount Protocol Flags    Type St Inode Path
 *   0000000000000000: 00000002 00000000 00010000 0001 01 15448709 /run/redis/redis.sock
 */

const ROW =
  /^[0-9a-f]+: [0-9A-Fa-f]+ [0-9A-Fa-f]+ ([0-9A-Fa-f]{8}) [0-9A-Fa-f]+ [0-9A-Fa-f]+\s+(\d{1,15})(?: (.*))?$/;
/** __SO_ACCEPTCON: the socket accepts connections. */
const LISTENING = 0x10000;

export function parseUnixSockets(text: string): Parsed<UnixSocketObservation> {
  const items: UnixSocketObservation[] = [];
  const notes = new Notes();
  for (const line of linesOf(text)) {
    if (notes.overlong(line) || isDecoration(line.text) || /^Num\s/.test(line.text)) continue;
    const match = ROW.exec(line.text);
    if (!match) {
      notes.add(line, 'no row of a socket');
      continue;
    }
    const listening = (Number.parseInt(match[1]!, 16) & LISTENING) !== 0;
    const path = match[3] === '' ? undefined : match[3];
    items.push({
      kind: 'unix-socket',
      ...seen(line),
      inode: Number(match[2]),
      listening,
      ...present({ path }),
    });
  }
  return { items, problems: notes.done() };
}

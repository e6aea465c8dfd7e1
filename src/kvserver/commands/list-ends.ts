import { CommandError } from '../command-error.ts';
import type { Session } from '../session.ts';
import { ListValue } from '../store/values.ts';

export type End = 'left' | 'right';

/** Which end a word means. @throws CommandError */
export function endArg(word: string): End {
  const lower = word.toLowerCase();
  if (lower !== 'left' && lower !== 'right') throw CommandError.syntax();
  return lower;
}

export function push(list: ListValue, end: End, item: string): void {
  if (end === 'left') list.items.pushLeft(item);
  else list.items.pushRight(item);
}

/** Takes up to `count` items off an end; the key goes with the last one. Says that the key has changed. */
export function popMany({ db }: Session, key: string, list: ListValue, end: End, count: number): string[] {
  const popped: string[] = [];
  while (popped.length < count && list.size > 0) {
    popped.push((end === 'left' ? list.items.popLeft() : list.items.popRight())!);
  }
  db.changed(key, end === 'left' ? 'lpop' : 'rpop');
  db.deleteIfEmpty(key, list);
  return popped;
}

/** The list under a key for a change, made when there is none. */
export function listForWrite({ db }: Session, key: string): ListValue {
  let list = db.writableList(key);
  if (!list) {
    list = new ListValue();
    db.put(key, list);
  }
  return list;
}

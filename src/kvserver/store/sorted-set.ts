import { DenseMap } from './dense-map.ts';
import { isBefore, SkipList, type SkipNode } from './skip-list.ts';

export interface Scored {
  readonly member: string;
  readonly score: number;
}

/** A sorted set: a table from member to score, and a skip list in the order of scores. */
export class SortedSet {
  readonly scores = new DenseMap<number>();
  private readonly list = new SkipList();

  get size(): number {
    return this.scores.size;
  }

  score(member: string): number | undefined {
    return this.scores.get(member);
  }

  /** Adds a member or moves it to a new score. O(log N). @returns true when it is new */
  set(member: string, given: number): boolean {
    // Minus zero is zero.
    const score = given === 0 ? 0 : given;
    const before = this.scores.get(member);
    if (before === score) return false;
    if (before !== undefined) this.list.remove(before, member);
    this.list.insert(score, member);
    this.scores.set(member, score);
    return before === undefined;
  }

  /** O(log N). */
  delete(member: string): boolean {
    const score = this.scores.get(member);
    if (score === undefined) return false;
    this.list.remove(score, member);
    this.scores.delete(member);
    return true;
  }

  /** Place in the order, from 0. O(log N). */
  rank(member: string): number | undefined {
    const score = this.scores.get(member);
    if (score === undefined) return undefined;
    return this.list.countWhile((node) => isBefore(node.score, node.member, { score, member }));
  }

  /** How many members come before the first one for which `holds` is false. O(log N). */
  countWhile(holds: (one: Scored) => boolean): number {
    return this.list.countWhile(holds);
  }

  /** Members from one rank on, forwards or backwards. O(log N + count). */
  range(from: number, count: number, reverse = false): Scored[] {
    const found: Scored[] = [];
    let node: SkipNode | undefined = this.list.at(from);
    while (node && found.length < count) {
      found.push({ member: node.member, score: node.score });
      node = reverse ? node.previous : node.next[0];
    }
    return found;
  }

  clone(): SortedSet {
    const copy = new SortedSet();
    for (const { member, score } of this.range(0, this.size)) copy.set(member, score);
    return copy;
  }
}

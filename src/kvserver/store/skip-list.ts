const MAX_LEVEL = 32;
/** Chance that a node also stands on the next level. */
const P = 0.25;

export interface SkipNode {
  readonly member: string;
  readonly score: number;
  /** The next node on each level the node stands on. */
  readonly next: (SkipNode | undefined)[];
  /** How many places each of these steps goes forward; it makes ranks logarithmic. */
  readonly span: number[];
  previous: SkipNode | undefined;
}

/** Order of a sorted set: by score, then by bytes. */
export function isBefore(score: number, member: string, than: { score: number; member: string }): boolean {
  return score < than.score || (score === than.score && member < than.member);
}

/**
 * An ordered list with express lanes: a node stands on level 0 and, with a chance of one in four for each, on
 * levels above. Search walks the highest lane as far as it can, then goes down. All operations O(log N) on
 * average.
 * Source: W. Pugh, "Skip lists: a probabilistic alternative to balanced trees", 1990, with the spans of section
 * "linear list operations".
 */
export class SkipList {
  private readonly head: SkipNode = {
    member: '',
    score: 0,
    next: [undefined],
    span: [0],
    previous: undefined,
  };
  private tail: SkipNode | undefined;
  private count = 0;

  get length(): number {
    return this.count;
  }
  get first(): SkipNode | undefined {
    return this.head.next[0];
  }
  get last(): SkipNode | undefined {
    return this.tail;
  }

  /** Adds a member that is not there yet. */
  insert(score: number, member: string): void {
    const { before, rank } = this.path((node) => isBefore(node.score, node.member, { score, member }));
    const level = randomLevel();
    while (this.head.next.length < level) {
      before.push(this.head);
      rank.push(0);
      this.head.next.push(undefined);
      this.head.span.push(this.count);
    }
    // Of their length at once: an array that grows sets room for sixteen more aside.
    const next = new Array<SkipNode | undefined>(level);
    const node: SkipNode = { member, score, next, span: new Array<number>(level), previous: undefined };
    for (let i = 0; i < this.head.next.length; i++) {
      const left = before[i]!;
      if (i >= level) {
        left.span[i]!++;
        continue;
      }
      const skipped = rank[0]! - rank[i]!;
      node.next[i] = left.next[i];
      node.span[i] = left.span[i]! - skipped;
      left.next[i] = node;
      left.span[i] = skipped + 1;
    }
    node.previous = before[0] === this.head ? undefined : before[0];
    if (node.next[0]) node.next[0].previous = node;
    else this.tail = node;
    this.count++;
  }

  /** Removes a member that is there with this score. */
  remove(score: number, member: string): void {
    const { before } = this.path((node) => isBefore(node.score, node.member, { score, member }));
    const node = before[0]!.next[0]!;
    for (let i = 0; i < this.head.next.length; i++) {
      const left = before[i]!;
      if (left.next[i] === node) {
        left.span[i] = left.span[i]! + node.span[i]! - 1;
        left.next[i] = node.next[i];
      } else {
        left.span[i]!--;
      }
    }
    if (node.next[0]) node.next[0].previous = node.previous;
    else this.tail = node.previous;
    this.count--;
  }

  /** How many nodes satisfy a condition that holds for a beginning of the list and for nothing after it. */
  countWhile(holds: (node: SkipNode) => boolean): number {
    return this.path(holds).rank[0]!;
  }

  /** The node at a rank from 0; undefined beyond the end. */
  at(rank: number): SkipNode | undefined {
    if (rank < 0 || rank >= this.count) return undefined;
    let node = this.head;
    let left = rank + 1;
    for (let i = this.head.next.length - 1; i >= 0; i--) {
      while (node.next[i] && node.span[i]! <= left) {
        left -= node.span[i]!;
        node = node.next[i]!;
      }
      if (left === 0) return node;
    }
    return undefined;
  }

  /** On each level the last node that satisfies the condition (the head when none does), and its rank from 1. */
  private path(holds: (node: SkipNode) => boolean): { before: SkipNode[]; rank: number[] } {
    const levels = this.head.next.length;
    const before: SkipNode[] = new Array(levels);
    const rank: number[] = new Array(levels);
    let node = this.head;
    let passed = 0;
    for (let i = levels - 1; i >= 0; i--) {
      for (let next = node.next[i]; next && holds(next); next = node.next[i]) {
        passed += node.span[i]!;
        node = next;
      }
      before[i] = node;
      rank[i] = passed;
    }
    return { before, rank };
  }
}

function randomLevel(): number {
  let level = 1;
  while (level < MAX_LEVEL && Math.random() < P) level++;
  return level;
}

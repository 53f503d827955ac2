/** A binary heap: `pop` takes the member that `compare` puts first. */
export class PriorityQueue<Member> {
  readonly #members: Member[] = [];
  readonly #compare: (a: Member, b: Member) => number;

  constructor(compare: (a: Member, b: Member) => number) {
    this.#compare = compare;
  }

  push(member: Member): void {
    const members = this.#members;
    let index = members.length;
    members.push(member);
    while (index > 0) {
      const parentIndex = (index - 1) >> 1;
      const parent = members[parentIndex];
      if (parent === undefined || this.#compare(parent, member) <= 0) break;
      members[index] = parent;
      index = parentIndex;
    }
    members[index] = member;
  }

  pop(): Member | undefined {
    const members = this.#members;
    const first = members[0];
    const last = members.pop();
    if (last !== undefined && members.length > 0) this.#sink(last);
    return first;
  }

  /** Puts `member` in the place of the first one, then down to where it belongs. */
  #sink(member: Member): void {
    const members = this.#members;
    let index = 0;
    for (;;) {
      const left = members[2 * index + 1];
      if (left === undefined) break;
      const right = members[2 * index + 2];
      const isRight = right !== undefined && this.#compare(right, left) < 0;
      const child = isRight ? right : left;
      if (this.#compare(member, child) <= 0) break;
      members[index] = child;
      index = 2 * index + (isRight ? 2 : 1);
    }
    members[index] = member;
  }
}

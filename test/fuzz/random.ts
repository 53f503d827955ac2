/** Random numbers that a seed decides: sfc32 of Chris Doty-Humphrey's PractRand, which is small, fast and good enough. */
export class Random {
  #a = 0;
  #b = 0;
  #c = 0;
  #counter = 1;

  /** @param name makes the streams of different targets differ under one seed */
  constructor(seed: number, name: string) {
    this.#a = seed | 0;
    this.#b = Math.trunc(seed / 2 ** 32) | 0;
    for (const character of name) this.#c = (Math.imul(this.#c, 31) + character.charCodeAt(0)) | 0;
    for (let warmUp = 0; warmUp < 15; warmUp++) this.#next();
  }

  /** A whole number from 0 up to and not including `limit`, which is at most 2^32. */
  below(limit: number): number {
    return Math.floor((this.#next() / 2 ** 32) * limit);
  }

  /** True once in `times`. */
  once(times: number): boolean {
    return this.below(times) === 0;
  }

  pick<Member>(list: readonly Member[]): Member {
    if (list.length === 0) throw new RangeError('nothing to pick from');
    return list[this.below(list.length)] as Member;
  }

  /** Mostly small, now and then up to `limit`. */
  size(limit: number): number {
    return this.once(16) ? this.below(limit + 1) : this.below(Math.min(limit, 8) + 1);
  }

  bytes(length: number): Buffer {
    const bytes = Buffer.allocUnsafe(length);
    for (let index = 0; index < length; index++) bytes[index] = this.#next();
    return bytes;
  }

  #next(): number {
    const sum = (this.#a + this.#b + this.#counter) | 0;
    this.#counter = (this.#counter + 1) | 0;
    this.#a = this.#b ^ (this.#b >>> 9);
    this.#b = (this.#c + (this.#c << 3)) | 0;
    this.#c = (((this.#c << 21) | (this.#c >>> 11)) + sum) | 0;
    return sum >>> 0;
  }
}

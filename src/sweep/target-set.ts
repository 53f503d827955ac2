import { hash } from 'node:crypto';

const WORDS = 4;
const FIRST_CAPACITY = 1 << 12;
/** Of the places, those that may be used; more would make the walks long. */
const MAX_LOAD = 0.7;

/**
 * A set of targets, for millions of them: 16 octets a place instead of a string and its object. Told apart by 128 bits of
 * SHA-256, with which no two targets of any list are taken for one another, and none for a free place.
 */
export class TargetSet {
  #capacity = FIRST_CAPACITY;
  #words = new Uint32Array(FIRST_CAPACITY * WORDS);
  #size = 0;

  get size(): number {
    return this.#size;
  }

  /** Whether it is a new one. */
  add(target: string): boolean {
    if (this.#size >= this.#capacity * MAX_LOAD) this.#grow();
    return this.#put(wordsOf(target));
  }

  /** Forgets all, and keeps the room for as many others. */
  clear(): void {
    this.#words.fill(0);
    this.#size = 0;
  }

  #put(words: Uint32Array): boolean {
    const mask = this.#capacity - 1;
    let place = (words[0] ?? 0) & mask;
    for (; !this.#isFree(place); place = (place + 1) & mask) if (this.#holds(place, words)) return false;
    this.#words.set(words, place * WORDS);
    this.#size++;
    return true;
  }

  #isFree(place: number): boolean {
    const at = place * WORDS;
    for (let index = 0; index < WORDS; index++) if (this.#words[at + index] !== 0) return false;
    return true;
  }

  #holds(place: number, words: Uint32Array): boolean {
    const at = place * WORDS;
    for (let index = 0; index < WORDS; index++) if (this.#words[at + index] !== words[index]) return false;
    return true;
  }

  #grow(): void {
    const before = this.#words;
    this.#capacity *= 2;
    this.#words = new Uint32Array(this.#capacity * WORDS);
    this.#size = 0;
    for (let at = 0; at < before.length; at += WORDS) {
      const words = before.subarray(at, at + WORDS);
      if (words.some((word) => word !== 0)) this.#put(words);
    }
  }
}

function wordsOf(target: string): Uint32Array {
  const digest = hash('sha256', target, 'buffer');
  return Uint32Array.from({ length: WORDS }, (_, index) => digest.readUInt32LE(index * 4));
}

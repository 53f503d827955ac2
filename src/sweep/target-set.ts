import { hash } from 'node:crypto';

const WORDS = 4;
const FIRST_CAPACITY = 1 << 12;
/** Of the places, those that may be used; more would make the walks long. */
const MAX_LOAD = 0.7;

const FREE = 0;
const PRESENT = 1;
const TAKEN = 2;

/**
 * A set of targets from which each can be taken once, for tens of millions of them: 17 octets a place in place of a
 * string and its object. Told apart by 128 bits of SHA-256, with which no two targets of any list are taken for one
 * another.
 */
export class TargetSet {
  #capacity = FIRST_CAPACITY;
  #states = new Uint8Array(FIRST_CAPACITY);
  #words = new Uint32Array(FIRST_CAPACITY * WORDS);
  #used = 0;
  #left = 0;

  /** Targets that have not been taken. */
  get size(): number {
    return this.#left;
  }

  /** Whether it is a new one. */
  add(target: string): boolean {
    if (this.#used >= this.#capacity * MAX_LOAD) this.#grow();
    const words = wordsOf(target);
    const place = this.#find(words);
    if (this.#states[place] !== FREE) return false;
    this.#put(place, words, PRESENT);
    this.#left++;
    return true;
  }

  /** Whether it was there and had not been taken. */
  take(target: string): boolean {
    const place = this.#find(wordsOf(target));
    if (this.#states[place] !== PRESENT) return false;
    this.#states[place] = TAKEN;
    this.#left--;
    return true;
  }

  /** The place that holds these words, or the free one where they would stand. */
  #find(words: Uint32Array): number {
    const mask = this.#capacity - 1;
    let place = (words[0] ?? 0) & mask;
    while (this.#states[place] !== FREE && !this.#holds(place, words)) place = (place + 1) & mask;
    return place;
  }

  #holds(place: number, words: Uint32Array): boolean {
    const at = place * WORDS;
    for (let index = 0; index < WORDS; index++) if (this.#words[at + index] !== words[index]) return false;
    return true;
  }

  #put(place: number, words: Uint32Array, state: number): void {
    this.#states[place] = state;
    this.#words.set(words, place * WORDS);
    this.#used++;
  }

  #grow(): void {
    const states = this.#states;
    const words = this.#words;
    this.#capacity *= 2;
    this.#states = new Uint8Array(this.#capacity);
    this.#words = new Uint32Array(this.#capacity * WORDS);
    this.#used = 0;
    for (const [place, state] of states.entries()) {
      if (state === FREE) continue;
      const own = words.subarray(place * WORDS, (place + 1) * WORDS);
      this.#put(this.#find(own), own, state);
    }
  }
}

function wordsOf(target: string): Uint32Array {
  const digest = hash('sha256', target, 'buffer');
  return Uint32Array.from({ length: WORDS }, (_, index) => digest.readUInt32LE(index * 4));
}

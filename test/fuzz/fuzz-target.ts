import type { Random } from './random.ts';

/** Code that takes hostile octets, and what must hold for all of them. */
export interface FuzzTarget {
  /** Inputs that mutation begins with, the same in every run. */
  readonly corpus: readonly Buffer[];
  /** An input made from `input`; `donor` is another one, parts of which may be put in. */
  readonly mutate: (input: Buffer, random: Random, donor: Buffer) => Buffer;
  /**
   * Throws when the code breaks a promise. What it gives tells behaviours apart: an input with a new one is mutated
   * further.
   */
  readonly check: (input: Buffer) => string | Promise<string>;
}

/** A broken promise. */
export class BrokenPromise extends Error {}

/** Throws `BrokenPromise` unless `holds`. */
export function promise(holds: boolean, what: string): asserts holds {
  if (!holds) throw new BrokenPromise(what);
}

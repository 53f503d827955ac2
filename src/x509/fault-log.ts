import type { Fault } from '../domain/fault.ts';
import { RULES } from '../domain/rules.ts';
import type { Violation } from './der.ts';

/** Places at which one rule is reported for one certificate; further ones are only counted. */
const MAX_PLACES = 4;

/** The departures of one certificate, in the order met, bounded for each rule so that none hides another. */
export class FaultLog {
  /** Of the certificate, lower-case hex. */
  readonly sha256: string;
  readonly #violations: Violation[] = [];
  readonly #totals = new Map<string, number>();

  constructor(sha256: string) {
    this.sha256 = sha256;
  }

  add(violation: Violation): void {
    const total = (this.#totals.get(violation.rule) ?? 0) + 1;
    this.#totals.set(violation.rule, total);
    if (total <= MAX_PLACES) this.#violations.push(violation);
  }

  /** One fault for each place; the last one of a rule says at how many more places it is broken. */
  list(): Fault[] {
    const places = new Map<string, number>();
    return this.#violations.map((violation) => {
      const place = (places.get(violation.rule) ?? 0) + 1;
      places.set(violation.rule, place);
      const more = place === MAX_PLACES ? (this.#totals.get(violation.rule) ?? 0) - MAX_PLACES : 0;
      return faultOf(violation, this.sha256, more);
    });
  }
}

/** The fault of one departure: its rule's code, the offset as evidence. */
export function faultOf({ rule, offset, detail }: Violation, sha256: string, more = 0): Fault {
  return {
    code: RULES[rule].code,
    rule,
    certificate: sha256,
    detail: `at octet ${offset}: ${detail}${more > 0 ? `, and at ${more} more places` : ''}`,
    evidence: { offset, ...(more > 0 ? { more_places: more } : {}) },
  };
}

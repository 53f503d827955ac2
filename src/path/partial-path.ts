import type { PathStep } from '../domain/path.ts';
import type { SignatureOutcome } from '../x509/signature.ts';

/** A path from the leaf upwards, as far as the search has taken it. */
export interface PartialPath {
  /** The uppermost certificate. */
  readonly step: PathStep;
  /** The path without it; null for the leaf. */
  readonly below: PartialPath | null;
  /** Whether the key of `step` made the signature of the certificate below; null for the leaf. */
  readonly link: SignatureOutcome | 'unchecked' | null;
  /** Certificates in it. */
  readonly length: number;
  /** Intermediates in it, `step` included, self-issued ones not counted (RFC 5280 §6.1.4(l)). */
  readonly intermediates: number;
  /** Names times constraints of all its pairs of certificates. */
  readonly nameComparisons: number;
  readonly merit: Merit;
}

/**
 * What any path that begins like this has at least. Every member only grows when the path is extended (`hint` apart,
 * which counts for an unchecked link), so that the search meets paths in about the order in which they are preferred.
 */
export interface Merit {
  /** Links whose signature does not verify. */
  readonly broken: number;
  /** No names lead from here to an anchor. */
  readonly isUnreachable: boolean;
  readonly trustErrors: number;
  readonly otherErrors: number;
  /** 1: the key identifiers speak against the unchecked link. They may mislead, so they only change the order. */
  readonly hint: number;
  /** Earliest notAfter so far, milliseconds since the epoch. */
  readonly validUntil: number;
  /** Certificates that a whole path has at least. */
  readonly lengthExpected: number;
}

/** Negative when `a` is to be followed before `b`; 0 only for the same certificates. */
export function comparePartialPaths(a: PartialPath, b: PartialPath): number {
  return (
    a.merit.broken - b.merit.broken ||
    Number(a.merit.isUnreachable) - Number(b.merit.isUnreachable) ||
    a.merit.trustErrors - b.merit.trustErrors ||
    a.merit.otherErrors - b.merit.otherErrors ||
    a.merit.hint - b.merit.hint ||
    compareNumbers(b.merit.validUntil, a.merit.validUntil) ||
    compareNumbers(a.merit.lengthExpected, b.merit.lengthExpected) ||
    // Of equals the one that is nearest to its end, so that one path is finished before the next begins.
    b.length - a.length ||
    compareCertificates(a, b)
  );
}

/** As a difference, also of infinities. */
export function compareNumbers(a: number, b: number): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}

/** An order that does not depend on the order in which certificates were sent. */
function compareCertificates(a: PartialPath | null, b: PartialPath | null): number {
  if (a === null || b === null) return Number(b === null) - Number(a === null);
  if (a.step.certificate.sha256 !== b.step.certificate.sha256) {
    return a.step.certificate.sha256 < b.step.certificate.sha256 ? -1 : 1;
  }
  return compareCertificates(a.below, b.below);
}

/** Its steps, leaf first. */
export function stepsOf(path: PartialPath): PathStep[] {
  const steps: PathStep[] = [];
  for (let part: PartialPath | null = path; part !== null; part = part.below) steps.push(part.step);
  return steps.reverse();
}

/** Its links, lowest first, without the leaf. */
export function linksOf(path: PartialPath): (PartialPath & { readonly below: PartialPath })[] {
  const links: (PartialPath & { readonly below: PartialPath })[] = [];
  for (let part: PartialPath = path; part.below !== null; part = part.below) links.push({ ...part, below: part.below });
  return links.reverse();
}

/**
 * Whether the CA of `step` is in the path already: the same name and key, be it by another certificate. Such a path
 * is never needed: leaving out what stands between the two leaves a shorter path with no other certificates, and each
 * certificate of a path can only add to its faults. The leaf is left aside: a path cannot do without it.
 */
export function hasEntity(path: PartialPath, { certificate }: PathStep): boolean {
  for (let part: PartialPath = path; part.below !== null; part = part.below) {
    const other = part.step.certificate;
    if (other.subject.key === certificate.subject.key && other.spki.sha256 === certificate.spki.sha256) return true;
  }
  return false;
}

import type { AnchorSet } from '../domain/anchor-set.ts';
import type { Certificate } from '../domain/certificate.ts';
import type { Candidate, PathStep } from '../domain/path.ts';

const SOURCE_ORDER: readonly Candidate['source'][] = ['presented', 'request', 'authority', 'aia'];
/** Above every position in a presented chain. */
const NOT_PRESENTED = 1_000_000;

/**
 * Who may have issued whom, by names alone (RFC 5280 §6.1.3(a)(4)). Copies of one certificate are one; what is an
 * anchor is nothing else.
 */
export class IssuerGraph {
  readonly #anchors: AnchorSet;
  readonly #leaf: Certificate;
  readonly #candidates: ReadonlyMap<string, Candidate>;
  readonly #bySubject: ReadonlyMap<string, readonly Candidate[]>;
  readonly #issuers = new Map<string, readonly PathStep[]>();
  readonly #distances: ReadonlyMap<string, number>;

  constructor(leaf: Certificate, candidates: readonly Candidate[], anchors: AnchorSet) {
    this.#leaf = leaf;
    this.#anchors = anchors;
    this.#candidates = withoutCopies(candidates);
    const usable = [...this.#candidates.values()].filter(
      ({ certificate }) => certificate.sha256 !== leaf.sha256 && !anchors.has(certificate.sha256),
    );
    this.#bySubject = Map.groupBy(usable, ({ certificate }) => certificate.subject.key);
    this.#distances = distancesFromAnchors([leaf, ...usable.map(({ certificate }) => certificate)], anchors);
  }

  /** The anchors and candidates that have the name of the issuer; never the leaf. */
  issuersOf({ issuer }: Certificate): readonly PathStep[] {
    const knownSteps = this.#issuers.get(issuer.key);
    if (knownSteps !== undefined) return knownSteps;
    const steps = [
      ...this.#anchors
        .bySubject(issuer.key)
        .filter(({ sha256 }) => sha256 !== this.#leaf.sha256)
        .map((certificate) => this.#anchorStep(certificate)),
      ...(this.#bySubject.get(issuer.key) ?? []),
    ];
    this.#issuers.set(issuer.key, steps);
    return steps;
  }

  /** Certificates that are at least needed above this one, the anchor included; Infinity when no names lead to one. */
  distance({ sha256 }: Certificate): number {
    return this.#distances.get(sha256) ?? Number.POSITIVE_INFINITY;
  }

  #anchorStep(certificate: Certificate): PathStep {
    const presentedIndex = this.#candidates.get(certificate.sha256)?.presentedIndex ?? null;
    return { certificate, source: 'anchor', presentedIndex };
  }
}

/** One candidate for each certificate: the first that was presented, else by the order of sources. */
function withoutCopies(candidates: readonly Candidate[]): ReadonlyMap<string, Candidate> {
  const bySha256 = new Map<string, Candidate>();
  for (const candidate of candidates) {
    const other = bySha256.get(candidate.certificate.sha256);
    if (other === undefined || precedence(candidate) < precedence(other)) {
      bySha256.set(candidate.certificate.sha256, candidate);
    }
  }
  return bySha256;
}

function precedence({ source, presentedIndex }: Candidate): number {
  return presentedIndex ?? NOT_PRESENTED + SOURCE_ORDER.indexOf(source);
}

/**
 * For each certificate the least number of certificates above it, by names, from the anchors downwards. What no names
 * lead to can never be trusted: the search leaves it for the explanation, and spends nothing on it before.
 */
function distancesFromAnchors(certificates: readonly Certificate[], anchors: AnchorSet): ReadonlyMap<string, number> {
  const byIssuer = Map.groupBy(certificates, ({ issuer }) => issuer.key);
  const distances = new Map<string, number>();
  let reached = certificates.filter(({ issuer }) => anchors.bySubject(issuer.key).length > 0);
  for (let distance = 1; reached.length > 0; distance++) {
    const next: Certificate[] = [];
    for (const certificate of reached) {
      if (distances.has(certificate.sha256)) continue;
      distances.set(certificate.sha256, distance);
      next.push(...(byIssuer.get(certificate.subject.key) ?? []));
      // Its name is reached now; whoever else has it adds nothing.
      byIssuer.delete(certificate.subject.key);
    }
    reached = next;
  }
  return distances;
}

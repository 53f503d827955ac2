import type { AnchorSet } from '../domain/anchor-set.ts';
import type { Certificate } from '../domain/certificate.ts';
import type { Fault } from '../domain/fault.ts';
import type { Candidate, CertificationPath, PathStep } from '../domain/path.ts';
import type { Policy } from '../domain/policy.ts';
import type { SignatureOutcome } from '../x509/signature.ts';
import { signatureCost } from '../x509/signature-cost.ts';
import type { CertificateSignatureCheck } from './certificate-signature.ts';
import { compareFinishedPaths, FinishedPath, isClean, type PathEnd } from './finished-path.ts';
import { IssuerGraph } from './issuer-graph.ts';
import { KnownErrors } from './known-errors.ts';
import { endFaults, leafIsAnchor, linkFaults } from './near-miss.ts';
import { comparePartialPaths, hasEntity, type PartialPath, stepsOf } from './partial-path.ts';
import { PriorityQueue } from './priority-queue.ts';
import { SearchBudget, type SearchLimits, type SearchWork } from './search-limits.ts';
import { exceedsPathLength, readingFaults, validatePath } from './validate-path.ts';

export interface SearchInput {
  readonly leaf: Certificate;
  /** In any order; copies, the leaf itself and anchors among them do no harm. */
  readonly candidates: readonly Candidate[];
  readonly anchors: AnchorSet;
  /** The moment to judge for, milliseconds since the epoch: certificates outside of their dates are avoided. */
  readonly at: number;
  readonly policy: Policy;
  /** Faults of the areas other than trust: of trusted paths the one with the fewest is chosen. */
  readonly judge: (path: CertificationPath) => readonly Fault[];
  readonly verify: CertificateSignatureCheck;
  readonly limits: SearchLimits;
}

export interface SearchResult {
  readonly best: FinishedPath;
  /** The limit that ended the search while a trusted path was still possible. */
  readonly limit: keyof SearchLimits | null;
  readonly work: SearchWork;
}

/**
 * Best-first search from the leaf upwards. Partial paths wait in a queue in the order of what is known against them;
 * the best is followed, its link checked only then, and its issuers are put in the queue. So dead ends are left as
 * soon as something better is there, nothing is tried twice, and the first paths that are finished are the best ones.
 * When nothing trusted is left, the same queue goes on to near misses: paths to no anchor, then broken signatures.
 */
export class PathSearch {
  readonly #input: SearchInput;
  readonly #graph: IssuerGraph;
  readonly #queue = new PriorityQueue<PartialPath>(comparePartialPaths);
  readonly #links = new Map<string, SignatureOutcome>();
  readonly #budget: SearchBudget;
  readonly #errors: KnownErrors;
  #best: FinishedPath | null = null;

  constructor(input: SearchInput) {
    this.#input = input;
    this.#graph = new IssuerGraph(input.leaf, input.candidates, input.anchors);
    this.#budget = new SearchBudget(input.limits);
    this.#errors = new KnownErrors(input.policy.profile, input.at, this.#budget);
  }

  run(): SearchResult {
    const start = this.#start();
    if (this.#input.anchors.has(this.#input.leaf.sha256)) {
      this.#finish({ ...start, step: { ...start.step, source: 'anchor' } }, 'anchor', [leafIsAnchor(this.#input.leaf)]);
    }
    this.#queue.push(start);
    for (;;) {
      const path = this.#queue.pop();
      if (path === undefined || this.#isSettledBefore(path)) break;
      if (this.#cannotImprove(path)) continue;
      this.#follow(path);
      if (this.#budget.reached !== null) return this.#settleAtLimit(path, start);
    }
    return { best: this.#best ?? this.#unexplained(start), limit: null, work: this.#budget.work };
  }

  /** A limit ended the search at `path`: where nothing could be trusted any more, only the explanation is cut short. */
  #settleAtLimit(path: PartialPath, start: PartialPath): SearchResult {
    const limit = this.#budget.reached;
    const isDecided = path.merit.broken > 0 || path.merit.isUnreachable;
    const checked = path.link === 'unchecked' ? path.below : path;
    if (isDecided && this.#best === null && checked !== null && checked.merit.broken > 0) {
      // A broken signature is reason enough.
      this.#budget.reached = null;
      this.#finish(checked, 'open', []);
    }
    const best = this.#best ?? this.#unexplained(start);
    return { best, limit: isDecided && this.#best !== null ? null : limit, work: this.#budget.work };
  }

  #start(): PartialPath {
    const { leaf } = this.#input;
    const distance = this.#graph.distance(leaf);
    return {
      step: { certificate: leaf, source: 'presented', presentedIndex: 0 },
      below: null,
      link: null,
      length: 1,
      intermediates: 0,
      nameComparisons: 0,
      merit: {
        broken: 0,
        isUnreachable: distance === Number.POSITIVE_INFINITY,
        trustErrors: 0,
        otherErrors: 0,
        hint: 0,
        validUntil: endOf(leaf),
        lengthExpected: 1 + distance,
      },
    };
  }

  /** The best path found is better than all that begin like `path` or like those behind it in the queue. */
  #isSettledBefore({ merit }: PartialPath): boolean {
    const best = this.#best;
    if (best === null) return false;
    if (merit.broken !== best.broken) return merit.broken > best.broken;
    return best.end === 'anchor' && merit.isUnreachable;
  }

  #cannotImprove({ merit }: PartialPath): boolean {
    const best = this.#best;
    if (best === null || !isClean(best) || merit.validUntil > best.validUntil) return false;
    return merit.validUntil < best.validUntil || merit.lengthExpected >= best.path.steps.length;
  }

  #follow(path: PartialPath): void {
    if (path.below !== null && path.link === 'unchecked') {
      const outcome = this.#checkLink(path.step.certificate, path.below.step.certificate);
      if (outcome === null) return;
      if (outcome !== 'valid') {
        this.#queue.push({ ...path, link: outcome, merit: { ...path.merit, broken: path.merit.broken + 1, hint: 0 } });
        return;
      }
      this.#advance({ ...path, link: outcome });
    } else {
      this.#advance(path);
    }
  }

  /** All signatures of `path` are checked: it ends here, or goes on with each possible issuer. */
  #advance(path: PartialPath): void {
    const { certificate, source } = path.step;
    if (source === 'anchor') {
      this.#finish(path, 'anchor', []);
      return;
    }
    let extensions = 0;
    for (const issuer of this.#graph.issuersOf(certificate)) {
      if (hasEntity(path, issuer)) continue;
      const extended = this.#extend(path, issuer);
      if (extended === null) return;
      this.#queue.push(extended);
      extensions++;
    }
    const selfSignature = certificate.selfIssued ? this.#checkLink(certificate, certificate) : null;
    if (this.#budget.reached !== null) return;
    if (selfSignature !== 'valid' && extensions > 0) return;
    const isRoot = selfSignature === 'valid' || (selfSignature !== null && namesOwnKey(certificate));
    const faults = endFaults(path, this.#input.anchors, isRoot ? selfSignature : null);
    this.#finish(path, isRoot ? 'root' : 'open', faults);
  }

  #extend(below: PartialPath, step: PathStep): PartialPath | null {
    if (!this.#budget.spend('steps', 1)) return null;
    const { certificate } = step;
    const names = this.#errors.ofNames(below, certificate);
    if (names === null) return null;
    const own = this.#errors.ofIssuer(step);
    const length = below.length + 1;
    const distance = step.source === 'anchor' ? 0 : this.#graph.distance(certificate);
    return {
      step,
      below,
      link: 'unchecked',
      length,
      intermediates: below.intermediates + (certificate.selfIssued ? 0 : 1),
      nameComparisons: below.nameComparisons + names.comparisons,
      merit: {
        broken: below.merit.broken,
        isUnreachable: distance === Number.POSITIVE_INFINITY,
        trustErrors:
          below.merit.trustErrors +
          own.trust +
          names.errors +
          Number(exceedsPathLength(certificate, below.intermediates)),
        otherErrors: below.merit.otherErrors + own.other,
        hint: Number(isOtherKeyIdentifier(below.step.certificate, certificate)),
        validUntil: Math.min(below.merit.validUntil, endOf(certificate)),
        lengthExpected: length + distance,
      },
    };
  }

  /** Null at the limit. */
  #checkLink(issuer: Certificate, signed: Certificate): SignatureOutcome | null {
    const link = issuer.spki.sha256 + signed.sha256;
    const known = this.#links.get(link);
    if (known !== undefined) return known;
    if (!this.#budget.spend('signatureCost', signatureCost(issuer.spki, signed.tbs))) return null;
    const outcome = this.#input.verify(issuer.spki, signed);
    this.#links.set(link, outcome);
    return outcome;
  }

  /** @param endFaults what there is to say of its end */
  #finish(partial: PartialPath, end: PathEnd, endFaults: readonly Fault[]): void {
    if (!this.#budget.spend('paths', 1)) return;
    const { policy, judge } = this.#input;
    const steps = stepsOf(partial);
    const faults = [
      ...linkFaults(partial),
      ...endFaults,
      ...validatePath({ steps, maxIntermediates: policy.maxIntermediates, judgeNames: this.#errors.judgeNames }),
    ];
    // A path that was not judged in full is none.
    if (this.#budget.reached !== null) return;
    const path: CertificationPath = { steps, anchored: end === 'anchor', faults };
    const { broken, validUntil } = partial.merit;
    const finished = new FinishedPath({ path, end, broken, validUntil }, judge, policy.profile);
    if (this.#best === null || compareFinishedPaths(finished, this.#best) < 0) this.#best = finished;
  }

  /** When a limit was reached before any path was finished. */
  #unexplained({ step, merit }: PartialPath): FinishedPath {
    const path: CertificationPath = { steps: [step], anchored: false, faults: readingFaults(step.certificate) };
    const { judge, policy } = this.#input;
    return new FinishedPath({ path, end: 'open', broken: 0, validUntil: merit.validUntil }, judge, policy.profile);
  }
}

/** An unreadable time (which has a fault) is no time. */
function endOf({ notAfter }: Certificate): number {
  return Number.isNaN(notAfter) ? Number.NEGATIVE_INFINITY : notAfter;
}

/** RFC 5280 §4.2.1.1: both have key identifiers, and they differ. */
function isOtherKeyIdentifier(signed: Certificate, issuer: Certificate): boolean {
  const wanted = signed.decoded.authorityKeyIdentifier?.keyIdentifier ?? null;
  const has = issuer.decoded.subjectKeyIdentifier;
  return wanted !== null && has !== undefined && wanted !== has;
}

/** A self-issued certificate that does not say that another key of its CA signed it, as one for a new key does. */
function namesOwnKey(certificate: Certificate): boolean {
  return !isOtherKeyIdentifier(certificate, certificate);
}

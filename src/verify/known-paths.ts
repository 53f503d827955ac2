import { LRUCache } from 'lru-cache';
import { turningPoints } from '../checks/validity.ts';
import type { AnchorSet } from '../domain/anchor-set.ts';
import { type Certificate, isReadable, type ReadCertificate } from '../domain/certificate.ts';
import type { TrustEvidence } from '../domain/path.ts';
import type { Policy } from '../domain/policy.ts';

/** Hosts that a service watches in turn; an entry takes a few hundred octets beside the certificates, which it shares. */
const MAX_KNOWN = 2048;
/** Chains with more certificates are searched anew: the key would be longer than the search. */
const MAX_CERTIFICATES = 8;
/** Kept apart from a turning point, whose last digits depend on how it was computed. */
const MARGIN_MS = 1000;

/** Paths that led to trust through nothing but what the server sent. */
export interface KnownPaths {
  /** The outcome of `search`, remembered or had from `build`. */
  of(search: KnownSearch, anchors: AnchorSet, build: () => TrustEvidence): TrustEvidence;
}

/** All that decides what is found with the presented certificates alone. */
export interface KnownSearch {
  readonly leaf: Certificate;
  /** As sent, leaf first. */
  readonly presented: readonly ReadCertificate[];
  readonly at: number;
  readonly policy: Policy;
  /** What else the faults depend on by which paths are ranked, in one word. */
  readonly judgedBy: string;
}

interface Known {
  readonly evidence: TrustEvidence;
  /** Milliseconds since the epoch, both inclusive: no date or threshold is crossed between them. */
  readonly from: number;
  readonly until: number;
}

/**
 * A search depends on bytes (the presented certificates, the anchors), on the policy, and on the moment only where a
 * certificate begins, ends or crosses a threshold. So its outcome is kept by all of these, and for as long as no
 * certificate that the search can meet comes to such a point. Nothing is kept of who asked or of what a request brought:
 * anchors of a request, and paths that need more than what was sent, are searched each time.
 */
export function createKnownPaths(): KnownPaths {
  const known = new LRUCache<string, Known>({ max: MAX_KNOWN });
  return {
    of(search, anchors, build) {
      if (anchors.name === 'inline' || search.presented.length > MAX_CERTIFICATES) return build();
      const key = keyOf(search, anchors);
      const last = known.get(key);
      if (last !== undefined && last.from <= search.at && search.at <= last.until) return last.evidence;
      const evidence = build();
      const { from, until } = spanOf(search, anchors);
      if (evidence.trusted && from <= search.at && search.at <= until) known.set(key, { evidence, from, until });
      return evidence;
    },
  };
}

/** Anchors are named by their bytes: a set that was read again under the same name may hold others. */
function keyOf({ presented, policy, judgedBy }: KnownSearch, { name, sha256 }: AnchorSet): string {
  const { profile, purpose, maxIntermediates, warn, critical } = policy;
  const thresholds = `${warn?.days} ${warn?.percent} ${critical?.days} ${critical?.percent}`;
  const certificates = presented.map((certificate) => certificate.sha256).join(' ');
  return `${name} ${sha256} ${judgedBy} ${profile} ${purpose} ${maxIntermediates} ${thresholds} ${certificates}`;
}

/** From the last turning point of a certificate that the search can meet to the next one. */
function spanOf({ presented, at, policy }: KnownSearch, anchors: AnchorSet): { from: number; until: number } {
  const sent = presented.filter(isReadable);
  const met = new Set([...sent, ...sent.flatMap(({ issuer }) => anchors.bySubject(issuer.key))]);
  let from = Number.NEGATIVE_INFINITY;
  let until = Number.POSITIVE_INFINITY;
  for (const certificate of met) {
    for (const point of turningPoints(certificate, policy)) {
      if (point <= at) from = Math.max(from, point + MARGIN_MS);
      else until = Math.min(until, point - MARGIN_MS);
    }
  }
  return { from, until };
}

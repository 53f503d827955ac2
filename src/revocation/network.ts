import { hash } from 'node:crypto';
import type { Fault } from '../domain/fault.ts';
import type { RevocationAttempt, UnknownReason } from '../domain/revocation.ts';
import { Claimants } from '../net/claimants.ts';
import { type FetchFailure, type FetchSession, TOO_MANY_DOCUMENTS, TURN_MISSED } from '../net/fetch-document.ts';
import type { Subject } from './crl-judgement.ts';
import type { DocumentCache, Keepable } from './document-cache.ts';
import { keepFailureMs } from './document-cache.ts';

/** How one verification reaches the addresses that certificates name. */
export interface RevocationNetwork {
  readonly session: FetchSession;
  /** Who asks; fetches count for it. */
  readonly caller: string;
  /** Null for a caller's own CA: nothing of it outlives the request, and nothing of others is told to it. */
  readonly cache: DocumentCache | null;
  /** The wall clock, milliseconds since the epoch. */
  readonly now: () => number;
  /** For one document. */
  readonly timeoutMs: number;
  /** Ends the wait for documents. */
  readonly signal: AbortSignal;
}

/** A document that was asked for and is of no use. */
export interface NoDocument {
  readonly reason: UnknownReason;
  readonly faults: readonly Fault[];
  /** What became of asking; told to nobody with a CA of its own. */
  readonly detail?: string;
  /** It met a bound of one caller, which says nothing to others. */
  readonly isOurs?: boolean;
  /** The document was there, and nobody has signed it of those whom one caller knew as its issuer (by name key). */
  readonly refused?: { readonly issuerKey: string; readonly grounds: string };
}

/** The addresses that are asked: `ldap:` and the like are passed over where there are some that can be. */
export function askable(urls: readonly string[]): readonly string[] {
  const http = urls.filter((url) => /^http:/i.test(url));
  return http.length > 0 ? http : urls;
}

export function noDocument({ error, detail }: FetchFailure): NoDocument {
  return { reason: error, faults: [], detail, isOurs: error === 'overloaded' };
}

export function isNoDocument(document: object): document is NoDocument {
  return 'reason' in document;
}

/** A failure that others may be told for a while. */
export function failing(failure: NoDocument): Keepable<NoDocument> {
  const { issuerKey = '', grounds = '' } = failure.refused ?? {};
  const bytes = FAILURE_BYTES + 2 * (issuerKey.length + grounds.length);
  return { document: failure, bytes, keepMs: failure.isOurs ? 0 : keepFailureMs };
}

/** A few faults with their evidence; the name of an issuer can be of any length. */
const FAILURE_BYTES = 4096;
const TOO_MANY: NoDocument = {
  reason: 'too_many_documents',
  faults: [],
  detail: TOO_MANY_DOCUMENTS,
  isOurs: true,
};

const TOO_LATE: NoDocument = { reason: 'unreachable', faults: [] };

/** What is loaded, and how. */
export interface Load<Document> {
  readonly kind: string;
  readonly url: string;
  readonly subject: Subject;
  /** Whether a failure that another caller met is this caller's too; absent: those that are nobody's own. */
  readonly fits?: (failure: NoDocument) => boolean;
  readonly make: (claimants: Claimants) => Promise<Keepable<Document | NoDocument>>;
}

/**
 * Loads a document about certificates of one issuer, over the cache where there is one. Whatever comes back is to be
 * judged by the one who asked, also when it was kept: who may have signed it depends on the certificates at hand. What
 * a caller with a CA of its own is told of a failure is its kind alone, or this service would read foreign answers to
 * it.
 */
export async function load<Document extends object>(
  { cache, session, signal, caller }: RevocationNetwork,
  { kind, url, subject, fits = () => true, make }: Load<Document>,
): Promise<{ readonly document: Document | NoDocument; readonly cached: boolean }> {
  // Counted also where nothing is fetched: what is kept must not let one verification have more than it would alone.
  if (!session.takeOne()) return { document: TOO_MANY, cached: false };
  try {
    if (cache === null) {
      const { document } = await make(new Claimants(caller));
      return { document: isNoDocument(document) ? forCaller(document, { session }) : document, cached: false };
    }
    const isFit = (document: Document | NoDocument): boolean =>
      !isNoDocument(document) || (document.isOurs !== true && fits(document));
    const loaded = await cache.load(keyOf({ kind, url, subject }), { caller, signal, fits: isFit }, make);
    if (!('hadTurn' in loaded)) return loaded;
    return { document: loaded.hadTurn ? TOO_LATE : noDocument(TURN_MISSED), cached: false };
  } catch (error) {
    if (!signal.aborted) throw error;
    return { document: TOO_LATE, cached: false };
  }
}

/** A failure as the caller may be told of it. */
export function forCaller(failure: NoDocument, { session }: Pick<RevocationNetwork, 'session'>): NoDocument {
  if (!session.isInline) return failure;
  const { detail: _, ...rest } = failure;
  return { ...rest, faults: [] };
}

/** A digest: names and addresses may have many kilobytes, and nobody counts those of keys. */
function keyOf({ kind, url, subject }: Pick<Load<object>, 'kind' | 'url' | 'subject'>): string {
  const { issuer } = subject;
  return hash('sha256', JSON.stringify([kind, url, issuer.subject.der.toString('latin1'), issuer.spki.sha256]));
}

/** The row of a source that was of no use. */
export function failedAttempt(
  source: 'ocsp' | 'crl',
  url: string,
  { reason, detail, cached }: Pick<NoDocument, 'reason' | 'detail'> & { readonly cached: boolean },
): RevocationAttempt {
  return {
    source,
    foundBy: 'network',
    url,
    status: 'unknown',
    reason,
    ...(detail !== undefined && { detail }),
    thisUpdate: null,
    nextUpdate: null,
    cached,
    revokedAt: null,
    revocationReason: null,
  };
}

import type { Fault } from '../domain/fault.ts';
import type { RevocationAttempt, UnknownReason } from '../domain/revocation.ts';
import type { FetchFailure, FetchSession } from '../net/fetch-document.ts';
import type { Subject } from './crl-judgement.ts';
import type { DocumentCache, Keepable } from './document-cache.ts';
import { keepFailureMs } from './document-cache.ts';

/** How one verification reaches the addresses that certificates name. */
export interface RevocationNetwork {
  readonly session: FetchSession;
  /** Null for a caller's own CA: nothing of it outlives the request, and nothing of others is told to it. */
  readonly cache: DocumentCache | null;
  /** The wall clock, milliseconds since the epoch. */
  readonly now: number;
  /** For one document. */
  readonly timeoutMs: number;
  /** Ends the wait for documents. */
  readonly signal: AbortSignal;
}

/** A document that was asked for and is of no use. */
export interface NoDocument {
  readonly reason: UnknownReason;
  readonly faults: readonly Fault[];
  /** Our own bound was met, which others need not be told. */
  readonly isOurs?: boolean;
}

export function noDocument({ error, isOurs = false }: FetchFailure): NoDocument {
  return { reason: error, faults: [], isOurs };
}

export function isNoDocument(document: object): document is NoDocument {
  return 'reason' in document;
}

/** A failure that others may be told for a while. */
export function failing(failure: NoDocument): Keepable<NoDocument> {
  return { document: failure, bytes: 1024, keepMs: failure.isOurs ? 0 : keepFailureMs };
}

/**
 * Loads a document about certificates of one issuer, over the cache where there is one. What a caller with a CA of its
 * own is told of a failure is its kind alone, or this service would read foreign answers to it.
 */
export async function load<Document extends object>(
  network: RevocationNetwork,
  key: { readonly kind: string; readonly url: string; readonly subject: Subject },
  make: () => Promise<Keepable<Document | NoDocument>>,
): Promise<{ readonly document: Document | NoDocument; readonly cached: boolean }> {
  const { cache, session, signal } = network;
  try {
    const { subject, spki } = key.subject.issuer;
    const name = [key.kind, key.url, subject.der.toString('base64'), spki.sha256].join(' ');
    const loaded =
      cache === null ? { document: (await make()).document, cached: false } : await cache.load(name, signal, make);
    if (!session.isInline || !isNoDocument(loaded.document)) return loaded;
    return { ...loaded, document: { ...loaded.document, faults: [] } };
  } catch (error) {
    if (!signal.aborted) throw error;
    return { document: { reason: 'unreachable', faults: [] }, cached: false };
  }
}

/** The row of a source that was of no use. */
export function failedAttempt(
  source: 'ocsp' | 'crl',
  url: string,
  { reason, cached }: { readonly reason: UnknownReason; readonly cached: boolean },
): RevocationAttempt {
  return {
    source,
    foundBy: 'network',
    url,
    status: 'unknown',
    reason,
    thisUpdate: null,
    nextUpdate: null,
    cached,
    revokedAt: null,
    revocationReason: null,
  };
}

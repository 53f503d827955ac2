import type { DocumentFetcher, FetchAllowance, FetchSession } from '../net/fetch-document.ts';
import type { DocumentCache } from '../revocation/document-cache.ts';
import type { Deadline } from './deadline.ts';

/** Where documents come from, and what is kept of them between requests. */
export interface DocumentSources {
  readonly fetcher: DocumentFetcher;
  readonly cache: DocumentCache;
}

/** For a document that others will be told of as well: it does not depend on how long its first caller waits. */
const SHARED_TIMEOUT_MS = 10_000;

/** How one verification fetches documents of one kind. */
export interface DocumentAccess {
  readonly session: FetchSession;
  /** Null where nothing is kept: of what the caller brought, nothing outlives the request. */
  readonly cache: DocumentCache | null;
  /** For one document, once it is asked for. */
  readonly timeoutMs: number;
  /** A signal that ends a wait of this verification that begins now. */
  readonly patience: () => AbortSignal;
}

interface AccessOptions {
  readonly ca: string;
  readonly isCallers: boolean;
  readonly share: number;
  readonly allowance: FetchAllowance;
}

/**
 * @param ca the reference whose anchors the documents are for
 * @param isCallers the addresses come from the caller: its CA, or its chain
 * @param share of the time that is left, for one wait
 * @param allowance of the whole verification
 */
export function accessDocuments(
  { fetcher, cache }: DocumentSources,
  { signal, shareMs }: Deadline,
  { ca, isCallers, share, allowance }: AccessOptions,
): DocumentAccess {
  const waitMs = shareMs(share);
  const isNamed = ca !== 'inline';
  const patience = () => AbortSignal.any([signal, AbortSignal.timeout(waitMs)]);
  if (isCallers) {
    const session = fetcher.begin({ isInline: true, isNamed, allowance, signal });
    return { session, cache: null, timeoutMs: waitMs, patience };
  }
  // What is fetched for all goes on when the one who asked first has gone.
  const session = fetcher.begin({ isInline: false, isNamed, allowance, signal: new AbortController().signal });
  return { session, cache, timeoutMs: SHARED_TIMEOUT_MS, patience };
}

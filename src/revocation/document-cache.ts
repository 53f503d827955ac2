import { LRUCache } from 'lru-cache';

/** How long what was fetched is kept at most, and how long a failure is. */
const MAX_KEPT_MS = 60 * 60 * 1000;
const FAILURE_KEPT_MS = 30 * 1000;

/** Something that was fetched, with what the cache has to know of it. */
export interface Keepable<Document> {
  readonly document: Document;
  /** Octets that it holds in memory. */
  readonly bytes: number;
  /** Milliseconds for which it may be told again; `KEEP` has the bounds, 0 keeps nothing. */
  readonly keepMs: number;
}

/** Documents that were fetched, for a while and within a bound of memory; requests for one under way are joined. */
export interface DocumentCache {
  /**
   * The document of this key. `make` must not depend on one caller, since others may join; `signal` ends the wait of
   * this caller alone. Rejects with its reason.
   */
  load<Document extends object>(
    key: string,
    signal: AbortSignal,
    make: () => Promise<Keepable<Document>>,
  ): Promise<{ readonly document: Document; readonly cached: boolean }>;
}

/** Milliseconds to keep a document that ends at a time: until then, but for an hour at most and half a minute at least. */
export function keepUntil(endsAt: number, now: number): number {
  return Number.isNaN(endsAt) ? FAILURE_KEPT_MS : Math.min(MAX_KEPT_MS, Math.max(FAILURE_KEPT_MS, endsAt - now));
}

/** Milliseconds to keep the knowledge that there is no document of use. */
export const keepFailureMs = FAILURE_KEPT_MS;

/** @param maxBytes of memory for all documents together */
export function createDocumentCache(maxBytes: number): DocumentCache {
  const kept = new LRUCache<string, object>({ maxSize: maxBytes });
  const underWay = new Map<string, Promise<object>>();

  const start = async (key: string, make: () => Promise<Keepable<object>>): Promise<object> => {
    try {
      const { document, bytes, keepMs } = await make();
      if (keepMs > 0) kept.set(key, document, { size: Math.max(1, bytes), ttl: keepMs });
      return document;
    } finally {
      underWay.delete(key);
    }
  };

  return {
    async load<Document extends object>(key: string, signal: AbortSignal, make: () => Promise<Keepable<Document>>) {
      const known = kept.get(key);
      // A key names what kind of document it is for, so what is found there is of the kind that was asked for.
      if (known !== undefined) return { document: known as Document, cached: true };
      const loading = underWay.get(key) ?? start(key, make);
      if (!underWay.has(key)) {
        underWay.set(key, loading);
        // Whoever waits is told; when nobody does any more, nobody needs to be.
        loading.catch(() => {});
      }
      return { document: (await orAborted(loading, signal)) as Document, cached: false };
    },
  };
}

async function orAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  signal.throwIfAborted();
  const { promise: aborted, reject } = Promise.withResolvers<never>();
  const onAbort = (): void => reject(signal.reason);
  signal.addEventListener('abort', onAbort, { once: true });
  try {
    return await Promise.race([promise, aborted]);
  } finally {
    signal.removeEventListener('abort', onAbort);
  }
}

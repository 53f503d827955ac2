import { LRUCache } from 'lru-cache';
import { Claimants } from '../net/claimants.ts';

/** How long what was fetched is kept at most, and how long a failure is. */
const MAX_KEPT_MS = 60 * 60 * 1000;
const FAILURE_KEPT_MS = 30 * 1000;
/** What an entry holds beside its document: its key and its places in the tables. */
const ENTRY_BYTES = 512;

/** Something that was fetched, with what the cache has to know of it. */
export interface Keepable<Document> {
  readonly document: Document;
  /** Octets that it holds in memory. */
  readonly bytes: number;
  /** Milliseconds for which it may be told again; `keepUntil` has the bounds, 0 keeps nothing. */
  readonly keepMs: number;
}

/** Who asks the cache. */
export interface CacheReader<Document> {
  readonly caller: string;
  /** Ends the wait of this reader alone. */
  readonly signal: AbortSignal;
  /**
   * Whether a document that another reader had made is what this one would have been told: where it is not, this one
   * has it made anew. What is told never depends on who asked before.
   */
  readonly fits: (document: Document) => boolean;
}

/** Documents that were fetched, for a while and within a bound of memory; requests for one under way are joined. */
export interface DocumentCache {
  /**
   * The document of this key, which names its kind too. `make` must not depend on one reader but for what `fits` looks
   * at, since others may join; they become claimants of what is fetched.
   */
  load<Document extends object>(
    key: string,
    reader: CacheReader<Document>,
    make: (claimants: Claimants) => Promise<Keepable<Document>>,
  ): Promise<{ readonly document: Document; readonly cached: boolean } | WaitEnded>;
  /** What is kept under a key; null when nothing is. */
  find(key: string): object | null;
  keep(key: string, keepable: Keepable<object>): void;
  /** What it holds, and how often it was asked since the start. */
  use(): CacheUse;
}

/** The signal came first. */
export interface WaitEnded {
  readonly document: null;
  readonly cached: false;
  /** Whether somebody was being asked then; false when the document still waited for its turn. */
  readonly hadTurn: boolean;
}

export interface CacheUse {
  /** Questions answered by what was kept. */
  readonly hits: number;
  /** Questions answered by a document that was being fetched already. */
  readonly joins: number;
  /** Questions for which a document was fetched. */
  readonly misses: number;
  readonly entries: number;
  readonly bytes: number;
}

/** Milliseconds to keep a document: until it ends, for an hour at most; one that has ended or no end, as a failure. */
export function keepUntil(endsAt: number, now: number): number {
  return endsAt > now ? Math.min(MAX_KEPT_MS, endsAt - now) : FAILURE_KEPT_MS;
}

/** Milliseconds to keep the knowledge that there is no document of use. */
export const keepFailureMs = FAILURE_KEPT_MS;

/** The memory behind a view of bytes, which is kept whole however little of it is looked at. */
export function heldBytes(view: Buffer): number {
  return view.buffer.byteLength;
}

interface Flight {
  readonly claimants: Claimants;
  readonly made: Promise<object>;
}

/** @param maxBytes of memory for all documents together */
export function createDocumentCache(maxBytes: number): DocumentCache {
  const kept = new LRUCache<string, object>({ maxSize: maxBytes });
  const underWay = new Map<string, Flight>();
  const asked = { hits: 0, joins: 0, misses: 0 };

  /** Keys are of any length, so they count as well. */
  const keep = (key: string, { document, bytes, keepMs }: Keepable<object>): void => {
    if (keepMs > 0) kept.set(key, document, { size: bytes + 2 * key.length + ENTRY_BYTES, ttl: Math.ceil(keepMs) });
  };
  const start = (key: string, caller: string, make: (claimants: Claimants) => Promise<Keepable<object>>): Flight => {
    const claimants = new Claimants(caller);
    const run = async (): Promise<object> => {
      try {
        const made = await make(claimants);
        keep(key, made);
        return made.document;
      } finally {
        underWay.delete(key);
      }
    };
    // A turn later, so that it never ends before it is under way.
    const flight = { claimants, made: Promise.resolve().then(run) };
    underWay.set(key, flight);
    // Whoever waits is told; when nobody does any more, nobody needs to be.
    flight.made.catch(() => {});
    return flight;
  };

  return {
    find: (key) => kept.get(key) ?? null,
    keep,
    async load<Document extends object>(
      key: string,
      { caller, signal, fits }: CacheReader<Document>,
      make: (claimants: Claimants) => Promise<Keepable<Document>>,
    ) {
      // A key names what kind of document it is for, so what is found there is of the kind that was asked for.
      const known = kept.get(key) as Document | undefined;
      if (known !== undefined && fits(known)) {
        asked.hits++;
        return { document: known, cached: true };
      }
      // Each round of those who join ends with one of them making it for itself.
      for (let joined = underWay.get(key); joined !== undefined; joined = underWay.get(key)) {
        joined.claimants.join(caller);
        const document = (await orAborted(joined.made, signal)) as Document | null;
        if (document === null) return { document, cached: false, hadTurn: joined.claimants.hasTurn };
        if (fits(document)) {
          asked.joins++;
          return { document, cached: false };
        }
      }
      asked.misses++;
      const { made, claimants } = start(key, caller, make);
      const document = (await orAborted(made, signal)) as Document | null;
      return document === null ? { document, cached: false, hadTurn: claimants.hasTurn } : { document, cached: false };
    },
    use: () => ({ ...asked, entries: kept.size, bytes: kept.calculatedSize }),
  };
}

/** Null when the signal is first. */
async function orAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T | null> {
  if (signal.aborted) return null;
  const { promise: aborted, resolve } = Promise.withResolvers<null>();
  const onAbort = (): void => resolve(null);
  signal.addEventListener('abort', onAbort, { once: true });
  try {
    return await Promise.race([promise, aborted]);
  } finally {
    signal.removeEventListener('abort', onAbort);
  }
}

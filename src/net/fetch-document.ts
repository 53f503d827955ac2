import type { IpAddress } from '../domain/ip-address.ts';
import type { PortRange } from '../domain/port-range.ts';
import { type NameSuffix, rangeContains, suffixContains, type TargetPattern } from '../domain/target-pattern.ts';
import type { AddressGuard } from './address-guard.ts';
import { type Connect, connectOnce } from './connect.ts';
import { type DocumentUrl, parseDocumentUrl } from './document-url.ts';
import { exchange, type HttpOutcome, type HttpRequest } from './http-exchange.ts';
import type { Resolver } from './resolve.ts';
import { createSlots } from './slots.ts';

/** Documents that one verification may ask for: a path of ten with OCSP and CRL each. */
export const MAX_FETCHES = 24;
/** Addresses of one name that are tried. */
const MAX_ADDRESSES_TRIED = 3;
/** Requests under way in the whole process, by the size that they may have: what they hold in memory is bounded. */
const SMALL_BYTES = 1024 * 1024;
const SMALL_SLOTS = 64;
const LARGE_SLOTS = 4;

export interface DocumentFetcherOptions {
  /** False: nothing is ever fetched. */
  readonly enabled: boolean;
  /** Where documents of CAs that a request brought may be fetched. */
  readonly allow: readonly TargetPattern[];
  readonly ports: readonly PortRange[];
  /** Octets of one document. */
  readonly maxBytes: number;
  /** Nobody but this machine reaches the service, so its callers are its operators. */
  readonly loopback: boolean;
  readonly guard: AddressGuard;
  readonly resolver: Resolver;
  readonly connect: Connect;
}

/** Why there is no document. `detail` is for answers to whoever may know, which callers with a CA of their own may not. */
export interface FetchFailure {
  readonly error: 'unreachable' | 'unusable' | 'fetch_not_allowed' | 'unsupported_scheme';
  readonly detail: string;
  /** It was our own bound, which says nothing of the address. */
  readonly isOurs?: boolean;
}

export type FetchOutcome = { readonly bytes: Buffer } | FetchFailure;

/** The requests of one verification. */
export interface FetchSession {
  /** The caller brought the CA, and with it every address in its certificates. */
  readonly isInline: boolean;
  /** Fetches one document over plain HTTP. Never rejects: an aborted signal is `unreachable`. */
  fetch(url: string, request: HttpRequest, timeoutMs: number): Promise<FetchOutcome>;
}

export interface DocumentFetcher {
  /** @param signal ends every request of the session */
  begin(session: { readonly isInline: boolean; readonly signal: AbortSignal }): FetchSession;
}

/**
 * The one way in which addresses out of certificates are asked for: plain HTTP, to ports and addresses that the
 * operator allows, judged when they are resolved and again when they are connected, with bounds on size, time and
 * number. What comes back is no more than bytes from anybody.
 */
export function createDocumentFetcher(options: DocumentFetcherOptions): DocumentFetcher {
  const small = createSlots(SMALL_SLOTS);
  const large = createSlots(LARGE_SLOTS);

  const fetchOnce = async (url: DocumentUrl, request: HttpRequest, scope: Scope): Promise<FetchOutcome> => {
    const slots = request.maxBytes <= SMALL_BYTES ? small : large;
    const release = await turnOf(slots, scope.signal);
    if (release === null) return { error: 'unreachable', detail: 'too many documents are being fetched', isOurs: true };
    try {
      return await fetchNow(url, request, { ...options, ...scope });
    } finally {
      release();
    }
  };

  return {
    begin({ isInline, signal }) {
      let left = MAX_FETCHES;
      return {
        isInline,
        async fetch(text, request, timeoutMs) {
          const url = parseDocumentUrl(text);
          if ('error' in url) return { error: url.error, detail: 'it is no plain http: address' };
          const refusal = objectionTo(url, options);
          if (refusal !== null) return { error: 'fetch_not_allowed', detail: refusal };
          if (left-- <= 0)
            return { error: 'unreachable', detail: `more than ${MAX_FETCHES} documents would be needed`, isOurs: true };
          const bounded = { ...request, maxBytes: Math.min(request.maxBytes, options.maxBytes) };
          const until = AbortSignal.any([signal, AbortSignal.timeout(Math.max(1, timeoutMs))]);
          return fetchOnce(url, bounded, { signal: until, timeoutMs: Math.max(1, timeoutMs), isInline });
        },
      };
    },
  };
}

interface Scope {
  readonly signal: AbortSignal;
  readonly timeoutMs: number;
  readonly isInline: boolean;
}

function objectionTo(url: DocumentUrl, { enabled, ports }: DocumentFetcherOptions): string | null {
  if (!enabled) return 'FETCH is off';
  const isAllowed = ports.some(({ first, last }) => first <= url.port && url.port <= last);
  return isAllowed ? null : `port ${url.port} is not in FETCH_PORTS`;
}

async function fetchNow(
  url: DocumentUrl,
  request: HttpRequest,
  context: DocumentFetcherOptions & Scope,
): Promise<FetchOutcome> {
  const { signal, timeoutMs, guard, resolver } = context;
  try {
    const name = url.host.kind === 'dns' ? url.host.text : null;
    // Asked before the look-up: a caller's own CA must not make this service ask DNS for it.
    if (!mayLookUp(name, context)) return { error: 'fetch_not_allowed', detail: 'it is not in FETCH_ALLOW' };
    const { addresses } = await resolver.resolve(url.host, { family: 'any', timeoutMs, signal });
    if (addresses.length === 0 && mayAskAnywhere(context)) {
      return { error: 'unreachable', detail: 'the name has no address' };
    }
    const allowed = addresses.filter((address) => guard.judge(address, name).allowed && mayAsk(address, name, context));
    if (allowed.length === 0) return { error: 'fetch_not_allowed', detail: 'none of its addresses may be asked' };
    for (const address of allowed.slice(0, MAX_ADDRESSES_TRIED)) {
      const outcome = await ask(address, url, request, context);
      if (outcome !== null) return outcome;
    }
    return { error: 'unreachable', detail: 'no address answers' };
  } catch (error) {
    if (!signal.aborted) throw error;
    return { error: 'unreachable', detail: 'no answer in time' };
  }
}

/** Addresses in certificates of a caller's own CA are the caller's words: the operator has to have named them. */
function mayAsk(address: IpAddress, name: string | null, context: DocumentFetcherOptions & Scope): boolean {
  return (
    mayAskAnywhere(context) ||
    context.allow.some((pattern) =>
      pattern.kind === 'range' ? rangeContains(pattern, address) : isNamed(pattern, name),
    )
  );
}

/** Whether some address of this name might be allowed. */
function mayLookUp(name: string | null, context: DocumentFetcherOptions & Scope): boolean {
  return mayAskAnywhere(context) || context.allow.some((pattern) => pattern.kind === 'range' || isNamed(pattern, name));
}

function mayAskAnywhere({ isInline, loopback }: DocumentFetcherOptions & Scope): boolean {
  return !isInline || loopback;
}

function isNamed(pattern: NameSuffix, name: string | null): boolean {
  return name !== null && suffixContains(pattern, name);
}

/** Null when there is no connection to this address. */
async function ask(
  address: IpAddress,
  url: DocumentUrl,
  request: HttpRequest,
  context: DocumentFetcherOptions & Scope,
): Promise<HttpOutcome | null> {
  const { signal, timeoutMs } = context;
  const name = url.host.kind === 'dns' ? url.host.text : null;
  const connected = await connectOnce(address, context, { port: url.port, name, timeoutMs, signal });
  if (connected.kind !== 'connected') return null;
  const outcome = await exchange(connected.socket, url, request);
  return signal.aborted && 'error' in outcome ? { error: 'unreachable', detail: 'no whole answer in time' } : outcome;
}

/** A place, or null when the signal aborts before there is one; a place that comes too late is given back. */
async function turnOf(slots: ReturnType<typeof createSlots>, signal: AbortSignal): Promise<(() => void) | null> {
  const { promise: ended, resolve } = Promise.withResolvers<null>();
  const onAbort = (): void => resolve(null);
  if (signal.aborted) return null;
  signal.addEventListener('abort', onAbort, { once: true });
  const turn = slots.take();
  const release = await Promise.race([turn, ended]);
  signal.removeEventListener('abort', onAbort);
  if (release === null) turn.then((late) => late()).catch(() => {});
  return release;
}

import type { IpAddress } from '../domain/ip-address.ts';
import type { PortRange } from '../domain/port-range.ts';
import { type NameSuffix, rangeContains, suffixContains, type TargetPattern } from '../domain/target-pattern.ts';
import type { AddressGuard } from './address-guard.ts';
import { rangeOf } from './address-share.ts';
import type { Claimants } from './claimants.ts';
import { type Connect, startConnect } from './connect.ts';
import { type DocumentUrl, parseDocumentUrl } from './document-url.ts';
import { createFairSlots, type FairSlots } from './fair-slots.ts';
import { exchange, type HttpOutcome, type HttpRequest } from './http-exchange.ts';
import { isOwnLack } from './own-lack.ts';
import type { Resolver } from './resolve.ts';

/** Documents that one verification may ask for: a path of ten with OCSP and CRL each, and its intermediates. */
export const MAX_DOCUMENTS = 24;
/** Addresses of one name that are tried. */
const MAX_ADDRESSES_TRIED = 3;
/** What every request may hold in memory while it is under way; whatever is longer needs a place among the large ones. */
const SMALL_BYTES = 1024 * 1024;
/** Requests under way in the whole process: a quarter for one caller, and half as much again for one range. */
const SMALL_SLOTS = { count: 64, perCaller: 16, perRange: 24 };
/** Of these, the ones with an answer above `SMALL_BYTES`: up to `maxBytes` each. */
const LARGE_SLOTS = { count: 4, perCaller: 2, perRange: 3 };
/** The port of http; any other may be asked for named authorities alone. */
const HTTP_PORT = 80;

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
  /** `overloaded` is our own bound, which says nothing of the address. */
  readonly error: 'unreachable' | 'unusable' | 'overloaded' | 'fetch_not_allowed' | 'unsupported_scheme';
  readonly detail: string;
}

export type FetchOutcome = { readonly bytes: Buffer } | FetchFailure;

/** Nobody was asked. */
export const TURN_MISSED = {
  error: 'overloaded',
  detail: 'too many documents are being fetched',
} as const satisfies FetchFailure;

/** What a verification is told that has had all its documents. */
export const TOO_MANY_DOCUMENTS = `one verification asks for ${MAX_DOCUMENTS} documents and no more`;

/** How many documents one verification may still have, whatever they are for. */
export interface FetchAllowance {
  /** To be asked once for each document, fetched or not: false when the verification has had all that it may. */
  takeOne(): boolean;
}

export function createFetchAllowance(): FetchAllowance {
  let left = MAX_DOCUMENTS;
  return { takeOne: () => left-- > 0 };
}

/** Whose request it is: what may be asked depends on that. */
export interface FetchScope {
  /** The caller brought the CA or the chain, and with it every address in its certificates. */
  readonly isInline: boolean;
  /** The anchors are those of a reference that the operator configured. */
  readonly isNamed: boolean;
  /** Shared by all sessions of the verification. */
  readonly allowance: FetchAllowance;
  /** Ends every request of the session. */
  readonly signal: AbortSignal;
}

/** The requests of one verification for documents of one kind. */
export interface FetchSession extends FetchAllowance {
  readonly isInline: boolean;
  /**
   * Fetches one document over plain HTTP. Never rejects: an aborted signal is `unreachable`, or `overloaded` while it
   * waits for a turn.
   * @param timeoutMs for the wait for a turn, and again for the answer
   */
  fetch(
    url: string,
    request: HttpRequest,
    options: { readonly timeoutMs: number; readonly claimants: Claimants },
  ): Promise<FetchOutcome>;
}

export interface DocumentFetcher {
  begin(scope: FetchScope): FetchSession;
}

/**
 * The one way in which addresses out of certificates are asked for: plain HTTP, to ports and addresses that the
 * operator allows, judged when they are resolved and again when they are connected, with bounds on size, time and
 * number, and with a share for each caller and each range of addresses. What comes back is no more than bytes from
 * anybody.
 */
export function createDocumentFetcher(options: DocumentFetcherOptions): DocumentFetcher {
  const slots = { small: createFairSlots(SMALL_SLOTS), large: createFairSlots(LARGE_SLOTS) };
  return {
    begin({ isInline, isNamed, allowance, signal }) {
      return {
        isInline,
        takeOne: allowance.takeOne,
        async fetch(text, request, { timeoutMs, claimants }) {
          const url = parseDocumentUrl(text);
          if ('error' in url) return { error: url.error, detail: 'it is no plain http: address' };
          const refusal = objectionTo(url, isNamed, options);
          if (refusal !== null) return { error: 'fetch_not_allowed', detail: refusal };
          const bounded = { ...request, maxBytes: Math.min(request.maxBytes, options.maxBytes) };
          const scope = { isInline, isNamed, allowance, signal };
          return fetchNow(url, bounded, { ...options, ...scope, claimants, slots, timeoutMs });
        },
      };
    },
  };
}

interface Fetching extends DocumentFetcherOptions, FetchScope {
  readonly claimants: Claimants;
  readonly slots: { readonly small: FairSlots; readonly large: FairSlots };
  readonly timeoutMs: number;
}

function objectionTo(url: DocumentUrl, isNamed: boolean, { enabled, ports }: DocumentFetcherOptions): string | null {
  if (!enabled) return 'FETCH is off';
  if (!isNamed && url.port !== HTTP_PORT) return `port ${url.port} is asked for named authorities only`;
  const isAllowed = ports.some(({ first, last }) => first <= url.port && url.port <= last);
  return isAllowed ? null : `port ${url.port} is not in FETCH_PORTS`;
}

async function fetchNow(url: DocumentUrl, request: HttpRequest, context: Fetching): Promise<FetchOutcome> {
  const { signal, timeoutMs, guard, resolver, claimants } = context;
  claimants.hasTurn = false;
  try {
    const name = url.host.kind === 'dns' ? url.host.text : null;
    // Asked before the look-up: a caller's own CA must not make this service ask DNS for it.
    if (!mayLookUp(name, context)) return { error: 'fetch_not_allowed', detail: 'it is not in FETCH_ALLOW' };
    const { addresses, fault, crowded } = await resolver.resolve(url.host, {
      family: 'any',
      timeoutMs,
      signal,
      callers: claimants.callers,
      onTurn: () => {
        claimants.hasTurn = true;
      },
    });
    if (crowded !== null) return { error: 'overloaded', detail: 'names cannot be looked up now' };
    if (addresses.length === 0 && mayAskAnywhere(context)) {
      return { error: 'unreachable', detail: fault?.detail ?? 'the name has no address' };
    }
    const allowed = addresses.filter((address) => guard.judge(address, name).allowed && mayAsk(address, name, context));
    if (allowed.length === 0) return { error: 'fetch_not_allowed', detail: 'none of its addresses may be asked' };
    return await askInTurn(allowed.slice(0, MAX_ADDRESSES_TRIED), url, request, context);
  } catch (error) {
    if (!signal.aborted) throw error;
    return claimants.hasTurn ? { error: 'unreachable', detail: 'no answer in time' } : TURN_MISSED;
  }
}

/** The first address that answers. The time for the answer begins with the turn: waiting for it takes nothing away. */
async function askInTurn(
  addresses: readonly IpAddress[],
  url: DocumentUrl,
  request: HttpRequest,
  context: Fetching,
): Promise<FetchOutcome> {
  const { signal, timeoutMs, claimants, slots } = context;
  const patience = AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]);
  let answering: AbortSignal | null = null;
  for (const address of addresses) {
    const range = rangeOf(address);
    claimants.hasTurn = false;
    const release = await slots.small.take({ claimants, range, signal: patience });
    if (release === null) return TURN_MISSED;
    claimants.hasTurn = true;
    answering ??= AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]);
    try {
      const outcome = await ask(address, url, request, {
        ...context,
        signal: answering,
        connectTimeoutMs: timeoutMs / addresses.length,
      });
      if (outcome !== null) return outcome;
    } finally {
      release();
    }
  }
  return { error: 'unreachable', detail: 'no address answers' };
}

/** Addresses in certificates of a caller's own CA are the caller's words: the operator has to have named them. */
function mayAsk(address: IpAddress, name: string | null, context: Fetching): boolean {
  return (
    mayAskAnywhere(context) ||
    context.allow.some((pattern) =>
      pattern.kind === 'range' ? rangeContains(pattern, address) : isNamed(pattern, name),
    )
  );
}

/** Whether some address of this name might be allowed. */
function mayLookUp(name: string | null, context: Fetching): boolean {
  return mayAskAnywhere(context) || context.allow.some((pattern) => pattern.kind === 'range' || isNamed(pattern, name));
}

function mayAskAnywhere({ isInline, loopback }: Fetching): boolean {
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
  context: Fetching & { readonly connectTimeoutMs: number },
): Promise<HttpOutcome | null> {
  const { signal, connectTimeoutMs, claimants, slots } = context;
  const name = url.host.kind === 'dns' ? url.host.text : null;
  const releases: (() => void)[] = [];
  const grow = async (): Promise<boolean> => {
    const release = await slots.large.take({ claimants, range: rangeOf(address), signal });
    if (release !== null) releases.push(release);
    return release !== null;
  };
  try {
    const options = { port: url.port, name, timeoutMs: connectTimeoutMs, signal };
    const connected = await startConnect(address, context, options).outcome;
    if (connected.kind === 'failed' && isOwnLack(connected.error, address.family)) {
      return { error: 'overloaded', detail: `no connection can be opened now (${connected.error})` };
    }
    if (connected.kind !== 'connected') return null;
    const outcome = await exchange(connected.socket, url, request, { smallBytes: SMALL_BYTES, grow });
    const isCut = signal.aborted && 'error' in outcome && outcome.error !== 'overloaded';
    return isCut ? { error: 'unreachable', detail: 'no whole answer in time' } : outcome;
  } catch (error) {
    if (!signal.aborted) throw error;
    return { error: 'unreachable', detail: 'no answer in time' };
  } finally {
    for (const release of releases) release();
  }
}

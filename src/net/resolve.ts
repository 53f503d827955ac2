import { lookup } from 'node:dns/promises';
import type { Fault } from '../domain/fault.ts';
import { type IpAddress, parseIpAddress } from '../domain/ip-address.ts';
import { registeredName } from '../domain/public-suffix.ts';
import type { AddressFamily, Host } from '../domain/target.ts';
import { canOpenFiles } from '../files/open-files.ts';
import { Claimants } from './claimants.ts';
import { createFairSlots, type Shortage } from './fair-slots.ts';
import { describeOwnLack, isOwnLack } from './own-lack.ts';

/**
 * Asks for every address of a name (A-label form), in the order to be tried. Rejects with an error whose `code` is
 * that of dns.lookup: ENOTFOUND when the name has no address, anything else when the question failed.
 */
export type LookUp = (name: string) => Promise<readonly string[]>;

/** The system's resolver: hosts file, search domains and name service switch as every other program here sees them. */
export const systemLookUp: LookUp = async (name) => {
  try {
    const addresses = await lookup(name, { all: true, order: 'verbatim' });
    return addresses.map(({ address }) => address);
  } catch (error) {
    // Where it can read no file and ask no server, the C library says that there is no such name.
    if (await canOpenFiles()) throw error;
    throw Object.assign(new Error('no file can be opened', { cause: error }), { code: 'EMFILE' });
  }
};

export interface Resolution {
  /** Of the family asked for, in the resolver's order, at most `MAX_ADDRESSES`; empty exactly when it says why. */
  readonly addresses: readonly IpAddress[];
  /** How many the name has in that family, before the bound. */
  readonly total: number;
  /** Time that the look-up took, waiting for its turn included; null for an address literal. */
  readonly durationMs: number | null;
  /** What is wrong with the name. */
  readonly fault: Fault | null;
  /** Which bound of ours kept the name from being asked about: others had used it up. */
  readonly crowded: string | null;
}

export interface ResolveOptions {
  readonly family: AddressFamily;
  readonly timeoutMs: number;
  /** Ends the wait with a rejection; the look-up itself cannot be called back. */
  readonly signal: AbortSignal;
  /** Who asks; not empty. */
  readonly callers: Iterable<string>;
  /** Called when the name is being asked about, at once where it is already. */
  readonly onTurn?: () => void;
}

export interface Resolver {
  /** Never rejects but for an aborted signal: what is wrong with the name, or with us, is a value. */
  resolve(host: Host, options: ResolveOptions): Promise<Resolution>;
}

/** More addresses than any service publishes in one name; bounds the dialling and the answer. */
export const MAX_ADDRESSES = 20;

/**
 * Of the look-ups at a time: what one caller may have, and what names below one registered name may have, whoever asks.
 * A look-up that nobody answers holds its place for many seconds after everybody has stopped waiting.
 */
const CALLER_SHARE = 1 / 2;
const NAME_SHARE = 3 / 4;

/**
 * `maxLookUps` look-ups run at a time. dns.lookup holds a thread of libuv's pool until the name servers give up, so
 * the number has to stay below UV_THREADPOOL_SIZE, or dead name servers stop every file read and every key
 * operation of the process. Equal questions under way share one look-up.
 */
export function createResolver(options: { lookUp: LookUp; maxLookUps: number }): Resolver {
  const slots = createFairSlots({
    count: options.maxLookUps,
    perCaller: Math.ceil(options.maxLookUps * CALLER_SHARE),
    perRange: Math.ceil(options.maxLookUps * NAME_SHARE),
  });
  const underWay = new Map<string, Question>();

  const ask = (name: string, [first = '', ...others]: Iterable<string>): Question => {
    const shared = underWay.get(name);
    if (shared) {
      for (const caller of [first, ...others]) shared.claimants.join(caller);
      return shared;
    }
    const claimants = new Claimants(first);
    for (const caller of others) claimants.join(caller);
    const unwanted = new AbortController();
    const range = registeredName(name);
    const turn = Promise.withResolvers<void>();
    const start = async (): Promise<readonly string[]> => {
      const release = await slots.take({ claimants, range, signal: unwanted.signal });
      if (release === null) return [];
      claimants.hasTurn = true;
      turn.resolve();
      try {
        return unwanted.signal.aborted ? [] : await options.lookUp(name);
      } finally {
        if (underWay.get(name) === question) underWay.delete(name);
        release();
      }
    };
    const question: Question = {
      askers: 0,
      claimants,
      turn: turn.promise,
      shortage: () => describeShortage(slots.shortageOf({ range }), range),
      answer: Promise.resolve().then(start),
      // Nobody who comes later may be told what comes of it.
      abandon() {
        if (underWay.get(name) === question) underWay.delete(name);
        unwanted.abort();
      },
    };
    underWay.set(name, question);
    return question;
  };

  return {
    async resolve(host, { family, timeoutMs, signal, callers, onTurn = () => {} }) {
      if (host.kind === 'ip') return inFamily([host], family, host.text, null);
      const started = performance.now();
      const ended = AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]);
      const question = ask(host.text, callers);
      void question.turn.then(onTurn);
      const answer = await settle(question, ended);
      const durationMs = performance.now() - started;
      signal.throwIfAborted();
      if ('addresses' in answer) return inFamily(answer.addresses.flatMap(readAnswer), family, host.text, durationMs);
      const nothing = { addresses: [], total: 0, durationMs };
      if ('shortage' in answer) {
        const crowded = `${answer.shortage}, and the turn of ${host.text} did not come within ${timeoutMs} ms.`;
        return { ...nothing, fault: null, crowded };
      }
      if (isOwnLack(answer.code)) {
        return { ...nothing, fault: null, crowded: describeOwnLack(`The look-up of ${host.text}`, answer.code) };
      }
      return { ...nothing, fault: lookUpFault(host.text, answer.code, timeoutMs), crowded: null };
    },
  };
}

/** One look-up, waiting for its turn or under way, and how many wait for it. */
interface Question {
  askers: number;
  readonly claimants: Claimants;
  /** Resolves when the look-up begins. */
  readonly turn: Promise<void>;
  /** What it waits for, while it waits for its turn. */
  readonly shortage: () => string;
  readonly answer: Promise<readonly string[]>;
  /** When nobody waits any more before its turn has come. */
  abandon(): void;
}

type Answer =
  | { readonly addresses: readonly string[] }
  | { readonly code: string }
  /** It never had its turn. */
  | { readonly shortage: string };

/** Waits for the look-up or for the signal (code `TIMEOUT`, once it has its turn), whichever is first. */
async function settle(question: Question, ended: AbortSignal): Promise<Answer> {
  const { promise: timeout, resolve } = Promise.withResolvers<Answer>();
  const onAbort = (): void =>
    resolve(question.claimants.hasTurn ? { code: 'TIMEOUT' } : { shortage: question.shortage() });
  ended.addEventListener('abort', onAbort, { once: true });
  if (ended.aborted) onAbort();
  question.askers++;
  const answer = question.answer.then(
    (addresses): Answer => ({ addresses }),
    (error: unknown): Answer => ({ code: ended.aborted ? 'TIMEOUT' : errorCode(error) }),
  );
  try {
    return await Promise.race([answer, timeout]);
  } finally {
    if (--question.askers === 0 && !question.claimants.hasTurn) question.abandon();
    ended.removeEventListener('abort', onAbort);
  }
}

function errorCode(error: unknown): string {
  if (error instanceof Error && 'code' in error && typeof error.code === 'string') return error.code;
  throw error;
}

/** A link-local answer may carry a zone id, which says nothing about the address. */
function readAnswer(text: string): IpAddress[] {
  const address = parseIpAddress(text.replace(/%.*$/s, ''));
  return 'error' in address ? [] : [address];
}

function inFamily(
  addresses: readonly IpAddress[],
  family: AddressFamily,
  host: string,
  durationMs: number | null,
): Resolution {
  const wanted = family === 'any' ? addresses : addresses.filter((each) => each.family === (family === 'ipv4' ? 4 : 6));
  if (wanted.length > 0) {
    return { addresses: wanted.slice(0, MAX_ADDRESSES), total: wanted.length, durationMs, fault: null, crowded: null };
  }
  const fault = addresses.length === 0 ? lookUpFault(host, 'ENOTFOUND', 0) : familyFault(addresses, family, host);
  return { addresses: [], total: 0, durationMs, fault, crowded: null };
}

function familyFault(addresses: readonly IpAddress[], family: AddressFamily, host: string): Fault {
  const asked = family === 'ipv4' ? 'IPv4' : 'IPv6';
  const shown = addresses.slice(0, MAX_ADDRESSES).map(({ text }) => text);
  return {
    code: 'address_family_missing',
    detail: `${host} has no ${asked} address, only ${shown.join(', ')}`,
    evidence: { host, record: family === 'ipv4' ? 'A' : 'AAAA', addresses: shown },
  };
}

function describeShortage({ of, most }: Shortage, range: string): string {
  switch (of) {
    case 'count':
      return `All ${most} look-ups that there may be (UV_THREADPOOL_SIZE less 2) are under way`;
    case 'perRange':
      return `Names below ${range} have ${most} look-ups under way, all that they may have (3/4 of UV_THREADPOOL_SIZE less 2)`;
    case 'perCaller':
      return `This caller has ${most} look-ups under way, all that one may have (half of UV_THREADPOOL_SIZE less 2)`;
  }
}

function lookUpFault(host: string, code: string, timeoutMs: number): Fault {
  if (code === 'TIMEOUT') {
    return {
      code: 'dns_timeout',
      detail: `no answer about ${host} within ${timeoutMs} ms`,
      evidence: { host, timeout_ms: timeoutMs },
    };
  }
  if (code === 'ENOTFOUND') {
    return { code: 'dns_not_found', detail: `${host} has no address`, evidence: { host, error: code } };
  }
  return { code: 'dns_failure', detail: `the look-up of ${host} failed with ${code}`, evidence: { host, error: code } };
}

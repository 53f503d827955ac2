import { LRUCache } from 'lru-cache';
import { Problem } from '../domain/problem.ts';
import type { Logger } from '../observability/logger.ts';
import type { Metrics } from '../observability/metrics.ts';
import { tokenOf } from './middleware/authenticate.ts';
import { addressId } from './middleware/identify-caller.ts';
import type { FindCaller } from './ports.ts';

/** A request as the listener has it, before anything is made of it. */
export interface RawRequest {
  readonly method: string;
  /** As sent: path and query, or an absolute URL. */
  readonly url: string;
  readonly authorization: string | undefined;
  readonly peerAddress: string | undefined;
  /** Why its connection is one too many; null when it is not. */
  readonly surplus: string | null;
}

export interface EarlyRefusalOptions {
  /** Why no verification of this caller would be let in now. */
  readonly refusalOf: (callerId: string) => Problem | null;
  readonly findCaller: FindCaller | null;
  readonly metrics: Metrics;
  readonly logger: Logger;
}

const VERIFY = /^\/verify(?:\?|$)/;
const HEALTH = /^\/(?:livez|readyz)(?:\?|$)/;
/** All that were refused so are counted together, and one line of the log tells of them: one each would be work for nothing. */
const TELL_EVERY_MS = 1000;
/** Addresses that need not be read again. */
const MAX_ADDRESSES_KNOWN = 1024;
/** Callers that such a line names: those that were refused most. */
const MAX_CALLERS_LOGGED = 10;
/** Callers that are counted for it; the rest counts as one. */
const MAX_CALLERS_COUNTED = 1000;

/** Why a request is answered before it is read, if it is. */
export type RefuseEarly = (request: RawRequest) => Problem | null;

/**
 * Refuses what has no chance of a place before its body is read, parsed or logged: when four times too much is asked
 * for, most of it is refused, and the price of a refusal is what decides how much is left for the rest.
 * A batch is not refused so, since its targets wait for their places; neither is what may be answered without one.
 */
export function createEarlyRefusal({ refusalOf, findCaller, metrics, logger }: EarlyRefusalOptions): RefuseEarly {
  /** Those that no line tells of yet. */
  const byCaller = new Map<string, number>();
  const byKind = new Map<string, Refused>();
  const ids = new LRUCache<string, string>({ max: MAX_ADDRESSES_KNOWN });
  let reason = '';
  const tell = (): void => {
    for (const { route, method, status, code, count } of byKind.values()) {
      metrics.observeRefusals(route, method, status, code, count);
    }
    byKind.clear();
    const most = [...byCaller].toSorted(([, a], [, b]) => b - a);
    const requests = most.reduce((sum, [, count]) => sum + count, 0);
    const callers = Object.fromEntries(most.slice(0, MAX_CALLERS_LOGGED));
    logger.warn({ requests, callers, reason }, 'requests refused early');
    byCaller.clear();
  };
  const count = (caller: string, method: string, route: string, problem: Problem): void => {
    if (byCaller.size === 0) setTimeout(tell, TELL_EVERY_MS).unref();
    const { status, code } = problem;
    const kind = `${route} ${method} ${code}`;
    const counted = byKind.get(kind);
    if (counted === undefined) byKind.set(kind, { route, method, status, code, count: 1 });
    else counted.count++;
    const name = byCaller.has(caller) || byCaller.size < MAX_CALLERS_COUNTED ? caller : 'others';
    byCaller.set(name, (byCaller.get(name) ?? 0) + 1);
    reason = problem.message;
  };
  const idOf = (address = ''): string => {
    const known = ids.get(address);
    if (known !== undefined) return known;
    const id = addressId(address);
    ids.set(address, id);
    return id;
  };
  const callerOf = ({ authorization, peerAddress }: RawRequest): string | null => {
    if (findCaller === null) return idOf(peerAddress);
    const token = tokenOf(authorization);
    return token === undefined ? null : (findCaller(token)?.id ?? null);
  };
  return (request) => {
    const { method, url, surplus } = request;
    if (surplus !== null && !HEALTH.test(url)) {
      const problem = tooManyConnections(surplus);
      count(idOf(request.peerAddress), method, 'other', problem);
      return problem;
    }
    if (!VERIFY.test(url)) return null;
    const caller = callerOf(request);
    if (caller === null) return null;
    const problem = refusalOf(caller);
    if (problem !== null) count(caller, method, '/verify', problem);
    return problem;
  };
}

/** Refusals that are one number in the metrics. */
interface Refused {
  readonly route: string;
  readonly method: string;
  readonly status: number;
  readonly code: string;
  count: number;
}

function tooManyConnections(surplus: string): Problem {
  return new Problem('overloaded', surplus, { headers: { 'Retry-After': '1', Connection: 'close' } });
}

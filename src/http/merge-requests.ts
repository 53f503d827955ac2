import { isRecord } from './parse-verify-request.ts';

/**
 * A request body over another that gives it what it does not have itself. The members of `policy` are independent of
 * each other and are merged one by one; any other member is taken as a whole, `ca` above all: anchors of two sources
 * must never add up to a set that nobody wrote.
 */
export function mergeRequests(base: Readonly<Record<string, unknown>>, body: Readonly<Record<string, unknown>>) {
  const merged: Record<string, unknown> = { ...base, ...body };
  if (isRecord(base.policy) && isRecord(body.policy)) merged.policy = { ...base.policy, ...body.policy };
  return merged;
}

import { Problem } from '../domain/problem.ts';
import type { Rate } from '../domain/rate.ts';
import type { VerifyRequest } from '../domain/request.ts';
import { formatEndpoint } from '../domain/target.ts';
import type { Verify } from '../verify/verify.ts';
import type { Admission } from './admission.ts';
import type { RateLimit } from './rate-limit.ts';

export interface Limits {
  readonly admission: Admission;
  readonly perCaller: RateLimit;
  readonly perTarget: RateLimit;
  /** The rates behind the two, for what a refusal says. */
  readonly rates: { readonly caller: Rate | null; readonly target: Rate | null };
}

/** Of a verification's time: what may go by before it begins. A target is never judged by the rest of a moment. */
const WAITING_SHARE = 1 / 2;

/**
 * The use case behind its limits: each verification counts for its caller and its target and waits for a place.
 * Throws `Problem`: `rate_limited`, `target_limited`, `overloaded`. The time in the queue is part of `timeoutMs`.
 */
export function limitVerify(verify: Verify, { admission, perCaller, perTarget, rates }: Limits): Verify {
  return async (request, context) => {
    const { caller, requestId, signal } = context;
    const startedAt = performance.now();
    const target = dialledOf(request);
    refuseIf(
      await perCaller.take(caller.id),
      'rate_limited',
      `This caller has had ${rates.caller?.perMinute}`,
      'RATE_LIMIT',
    );
    // Looked at before the queue and counted behind it, so that only what is really dialled counts.
    const overTarget = (seconds: number | null) =>
      refuseIf(seconds, 'target_limited', `${target} has had ${rates.target?.perMinute}`, 'TARGET_LIMIT');
    if (target !== null) overTarget(await perTarget.peek(target));
    const leave = await admission.enter({
      caller: caller.id,
      requestId,
      target,
      patienceMs: request.timeoutMs * WAITING_SHARE,
      signal,
    });
    try {
      if (target !== null) overTarget(await perTarget.take(target));
      const timeoutMs = Math.max(1, Math.floor(request.timeoutMs - (performance.now() - startedAt)));
      return await verify({ ...request, timeoutMs }, context);
    } finally {
      leave();
    }
  };
}

function refuseIf(
  waitSeconds: number | null,
  code: 'rate_limited' | 'target_limited',
  subject: string,
  setting: string,
): void {
  if (waitSeconds === null) return;
  throw new Problem(
    code,
    `${subject} verifications in this minute, all that one may have (${setting}); the next is welcome in ${waitSeconds} s.`,
    { headers: { 'Retry-After': String(waitSeconds) } },
  );
}

/** The host and port that is dialled, however the request came to it; null when nothing is. */
function dialledOf(request: VerifyRequest): string | null {
  if (request.target === null || request.chainPem !== null) return null;
  const { host, port } = request.target.connectTo ?? request.target;
  return formatEndpoint(host, port);
}

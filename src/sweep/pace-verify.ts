import { setTimeout as delay } from 'node:timers/promises';
import { formatEndpoint } from '../domain/target.ts';
import type { RateLimit } from '../limits/rate-limit.ts';
import type { Verify } from '../verify/verify.ts';

/** The use case at the pace that one host and port is asked to bear: a sweep waits where a caller would be refused. */
export function paceVerify(verify: Verify, perTarget: RateLimit): Verify {
  return async (request, context) => {
    const dialled = request.target?.connectTo ?? request.target;
    if (dialled !== null) {
      const target = formatEndpoint(dialled.host, dialled.port);
      for (let wait = await perTarget.take(target); wait !== null; wait = await perTarget.take(target)) {
        await delay(wait * 1000, undefined, { signal: context.signal });
      }
    }
    return await verify(request, context);
  };
}

import type { Metrics } from '../observability/metrics.ts';
import type { Verify } from './ports.ts';

/** The use case, with every verdict counted and timed, whoever asked for it and in whichever form. */
export function measureVerify(verify: Verify, metrics: Metrics): Verify {
  return async (request, context) => {
    const verdict = await verify(request, context);
    metrics.observeVerdict(verdict);
    return verdict;
  };
}

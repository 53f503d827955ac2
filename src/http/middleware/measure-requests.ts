import { matchedRoutes } from 'hono/route';
import type { Metrics } from '../../observability/metrics.ts';
import type { Observer } from './observe.ts';

/** Counts and times every request under the pattern of its route; paths that are none share one name. */
export function measureRequests(metrics: Metrics): Observer {
  return (c, durationMs) => {
    const route = matchedRoutes(c).findLast(({ path }) => path !== '/*')?.path ?? 'other';
    metrics.observeRequest(route, c.req.method, c.res.status, durationMs / 1000);
    const { problem } = c.get('notes');
    if (problem !== undefined) metrics.observeProblem(problem);
  };
}

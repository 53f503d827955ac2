import { createMiddleware } from 'hono/factory';
import { matchedRoutes } from 'hono/route';
import type { Metrics } from '../../observability/metrics.ts';
import type { HttpEnv } from '../http-env.ts';

/** Counts and times every request under the pattern of its route; paths that are none share one name. */
export function measureRequests(metrics: Metrics) {
  return createMiddleware<HttpEnv>(async (c, next) => {
    const startedAt = performance.now();
    await next();
    const route = matchedRoutes(c).findLast(({ path }) => path !== '/*')?.path ?? 'other';
    metrics.observeRequest(route, c.req.method, c.res.status, (performance.now() - startedAt) / 1000);
    const { problem } = c.get('notes');
    if (problem !== undefined) metrics.observeProblem(problem);
  });
}

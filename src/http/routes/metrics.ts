import type { Hono } from 'hono';
import type { Metrics } from '../../observability/metrics.ts';
import type { HttpEnv } from '../http-env.ts';
import { resource } from '../resource.ts';

/** GET /metrics: the service's own, for Prometheus; what Accept says does not matter, as with every exporter. */
export function metricsRoutes(app: Hono<HttpEnv>, metrics: Metrics): void {
  resource(app, '/metrics', {
    GET: async () => new Response(await metrics.text(), { headers: { 'Content-Type': metrics.contentType } }),
  });
}

import type { Hono } from 'hono';
import { largeAnswer } from '../compression.ts';
import type { HttpEnv } from '../http-env.ts';
import { resource } from '../resource.ts';

/** GET /metrics: the service's own, for Prometheus; what Accept says does not matter, as with every exporter. */
export function metricsRoutes(app: Hono<HttpEnv>, page: () => Promise<string>, contentType: string): void {
  resource(app, '/metrics', {
    GET: async (c) => largeAnswer(c.req.raw, await page(), { headers: { 'Content-Type': contentType } }),
  });
}

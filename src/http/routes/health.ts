import type { Hono } from 'hono';
import type { HttpEnv } from '../http-env.ts';
import { resource } from '../resource.ts';

/** /livez says that the process answers; /readyz whether it wants more requests. */
export function healthRoutes(app: Hono<HttpEnv>, isDraining: () => boolean): void {
  resource(app, '/livez', { GET: () => Response.json({ status: 'live' }) });
  resource(app, '/readyz', {
    GET: () =>
      isDraining() ? Response.json({ status: 'draining' }, { status: 503 }) : Response.json({ status: 'ready' }),
  });
}

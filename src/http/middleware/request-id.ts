import { createMiddleware } from 'hono/factory';
import type { HttpEnv } from '../http-env.ts';

const WELL_FORMED = /^[A-Za-z0-9._:-]{1,128}$/;

/** Names the request: by the caller's X-Request-Id when it is well-formed, else by a new id. */
export function requestId(makeRequestId: () => string) {
  return createMiddleware<HttpEnv>(async (c, next) => {
    const given = c.req.header('X-Request-Id');
    const id = given !== undefined && WELL_FORMED.test(given) ? given : makeRequestId();
    c.set('requestId', id);
    c.set('notes', {});
    await next();
    c.res.headers.set('X-Request-Id', id);
  });
}

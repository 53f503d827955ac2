import { createMiddleware } from 'hono/factory';
import type { HttpEnv } from '../http-env.ts';

const CONTENT_SECURITY_POLICY = "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/**
 * Headers of every answer: nothing of it may run, be framed, sniffed or kept.
 * While the service drains, each answer is the last of its connection, so that stopping need not wait for idle ones.
 */
export function responseHeaders(isDraining: () => boolean) {
  return createMiddleware<HttpEnv>(async (c, next) => {
    await next();
    const { headers } = c.res;
    if (!headers.has('Content-Security-Policy')) headers.set('Content-Security-Policy', CONTENT_SECURITY_POLICY);
    headers.set('X-Content-Type-Options', 'nosniff');
    headers.set('X-Frame-Options', 'DENY');
    headers.set('Referrer-Policy', 'no-referrer');
    headers.set('Cross-Origin-Resource-Policy', 'same-origin');
    headers.set('Cache-Control', 'no-store');
    if (isDraining()) headers.set('Connection', 'close');
  });
}

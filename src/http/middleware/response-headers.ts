import { createMiddleware } from 'hono/factory';
import type { HttpEnv } from '../http-env.ts';

/** Of every answer: nothing of it may run, be framed, sniffed or kept. A page has a policy of its own. */
export const SECURITY_HEADERS = {
  'Content-Security-Policy': "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  'X-Content-Type-Options': 'nosniff',
  'X-Frame-Options': 'DENY',
  'Referrer-Policy': 'no-referrer',
  'Cross-Origin-Resource-Policy': 'same-origin',
  'Cache-Control': 'no-store',
} as const;

/**
 * Headers of every answer.
 * While the service drains, each answer is the last of its connection, so that stopping need not wait for idle ones.
 */
export function responseHeaders(isDraining: () => boolean) {
  return createMiddleware<HttpEnv>(async (c, next) => {
    await next();
    const { headers } = c.res;
    for (const [name, value] of Object.entries(SECURITY_HEADERS)) {
      if (name !== 'Content-Security-Policy' || !headers.has(name)) headers.set(name, value);
    }
    if (isDraining()) headers.set('Connection', 'close');
  });
}

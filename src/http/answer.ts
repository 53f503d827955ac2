import type { Context } from 'hono';
import type { HttpEnv } from './http-env.ts';

/** Of every answer: nothing of it may run, be framed, sniffed or kept. A page has a policy of its own. */
export const SECURITY_HEADERS = {
  'Content-Security-Policy': "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  'X-Content-Type-Options': 'nosniff',
  'X-Frame-Options': 'DENY',
  'Referrer-Policy': 'no-referrer',
  'Cross-Origin-Resource-Policy': 'same-origin',
  'Cache-Control': 'no-store',
} as const;

/** What a route has to say; the headers that every answer has are no business of it. */
export interface Answer {
  /** Default 200. */
  readonly status?: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | Uint8Array<ArrayBuffer> | ReadableStream<Uint8Array> | null;
}

/** A route, or one method of it. Throws `Problem`. */
export type Route = (c: Context<HttpEnv>) => Answer | Promise<Answer>;

/** A route as Hono takes it. */
export function answering(route: Route): (c: Context<HttpEnv>) => Promise<Response> {
  return async (c) => respond(c, await route(c));
}

/**
 * An answer with the headers that every answer has. They are written here, once and as plain members: a middleware that
 * adds to a Response makes a `Headers` object of it, which costs more than all the rest of the answer.
 * While the service drains, each answer is the last of its connection, so that stopping need not wait for idle ones.
 */
export function respond(c: Context<HttpEnv>, { status = 200, headers, body }: Answer): Response {
  return new Response(body, {
    status,
    headers: {
      ...SECURITY_HEADERS,
      ...headers,
      'X-Request-Id': c.get('requestId'),
      ...(c.get('isDraining')() && { Connection: 'close' }),
    },
  });
}

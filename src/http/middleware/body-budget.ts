import { createMiddleware } from 'hono/factory';
import { Problem } from '../../domain/problem.ts';
import type { HttpEnv } from '../http-env.ts';
import { MAX_BODY_BYTES } from '../request-body.ts';

/** Of all bodies under way: sixty-four of the largest. A hundred thousand of the usual size. */
const MAX_BODIES_BYTES = 64 * MAX_BODY_BYTES;

/**
 * Bounds the memory that bodies hold from their first octet to the answer: many callers may each send what one may.
 * Throws `Problem` `overloaded`. A body counts by its announced length, one without by the most it may have.
 */
export function bodyBudget(maxBytes: number = MAX_BODIES_BYTES) {
  let held = 0;
  return createMiddleware<HttpEnv>(async (c, next) => {
    const bytes = bytesOf(c.req.raw.headers);
    if (held + bytes > maxBytes) {
      throw new Problem('overloaded', `Bodies of requests under way hold ${held} bytes, of ${maxBytes} at most.`, {
        // What is left of the body is not read.
        headers: { 'Retry-After': '1', Connection: 'close' },
      });
    }
    held += bytes;
    try {
      await next();
    } finally {
      held -= bytes;
    }
  });
}

/** Larger ones are refused before they are read. */
function bytesOf(headers: Headers): number {
  const announced = headers.get('content-length');
  if (announced !== null) return Math.min(Number(announced) || 0, MAX_BODY_BYTES);
  return headers.has('transfer-encoding') ? MAX_BODY_BYTES : 0;
}

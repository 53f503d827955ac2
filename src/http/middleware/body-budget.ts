import { createMiddleware } from 'hono/factory';
import { Problem } from '../../domain/problem.ts';
import type { HttpEnv } from '../http-env.ts';
import { MAX_BODY_BYTES } from '../request-body.ts';

/** Of all bodies under way: thirty-two of the largest. Fifty thousand of the usual size. */
const MAX_BODIES_BYTES = 32 * MAX_BODY_BYTES;
/** What one caller may hold of it: who announces bodies and does not send them leaves room for the others. */
const CALLER_SHARE = 3 / 4;

/**
 * Bounds the memory that bodies hold from their first octet to the answer: many callers may each send what one may,
 * and none may hold all the room.
 * Throws `Problem` `overloaded`. A body counts by its announced length, one without by the most it may have.
 */
export function bodyBudget(maxBytes: number = MAX_BODIES_BYTES) {
  const maxOfCaller = Math.max(MAX_BODY_BYTES, Math.floor(maxBytes * CALLER_SHARE));
  const ofCallers = new Map<string, number>();
  let held = 0;
  const add = (caller: string, bytes: number): void => {
    held += bytes;
    const own = (ofCallers.get(caller) ?? 0) + bytes;
    if (own === 0) ofCallers.delete(caller);
    else ofCallers.set(caller, own);
  };
  return createMiddleware<HttpEnv>(async (c, next) => {
    const bytes = bytesOf(c.req.raw.headers);
    const caller = c.get('caller').id;
    const own = ofCallers.get(caller) ?? 0;
    if (held + bytes > maxBytes) {
      throw refusal(`Bodies of requests under way hold ${held} bytes, of ${maxBytes} at most.`);
    }
    if (own + bytes > maxOfCaller) {
      throw refusal(`Bodies of this caller's requests hold ${own} bytes, of ${maxOfCaller} at most.`);
    }
    add(caller, bytes);
    try {
      await next();
    } finally {
      add(caller, -bytes);
    }
  });
}

function refusal(detail: string): Problem {
  // What is left of the body is not read.
  return new Problem('overloaded', detail, { headers: { 'Retry-After': '1', Connection: 'close' } });
}

/** Larger ones are refused before they are read. */
function bytesOf(headers: Headers): number {
  const announced = headers.get('content-length');
  if (announced !== null) return Math.min(Number(announced) || 0, MAX_BODY_BYTES);
  return headers.has('transfer-encoding') ? MAX_BODY_BYTES : 0;
}

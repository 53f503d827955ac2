import type { Guard } from './guards.ts';

const WELL_FORMED = /^[A-Za-z0-9._:-]{1,128}$/;

/** Names the request: by the caller's X-Request-Id when it is well-formed, else by a new id. */
export function requestId(makeRequestId: () => string): Guard {
  return (c) => {
    const given = c.req.header('X-Request-Id');
    c.set('requestId', given !== undefined && WELL_FORMED.test(given) ? given : makeRequestId());
  };
}

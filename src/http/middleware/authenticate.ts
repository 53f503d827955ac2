import { Problem } from '../../domain/problem.ts';
import { isOpenPath } from '../open-paths.ts';
import type { FindCaller } from '../ports.ts';
import type { Guard } from './guards.ts';

/** RFC 6750 §2.1. */
const BEARER = /^Bearer +([A-Za-z0-9._~+/-]{1,512}=*)$/i;

/** Names the caller by the bearer token (RFC 6750) of the request. Throws `Problem` `unauthorized`. */
export function authenticate(findCaller: FindCaller): Guard {
  return (c) => {
    const authorization = c.req.header('Authorization');
    const token = tokenOf(authorization);
    const caller = token === undefined ? null : findCaller(token);
    if (token !== undefined && caller !== null) {
      c.set('caller', caller);
      c.set('callerNow', () => findCaller(token) ?? throwWithdrawn());
    } else if (!isOpenPath(c.req.path)) {
      throw unauthorized(authorization !== undefined);
    }
  };
}

/** The bearer token of an Authorization header. */
export function tokenOf(authorization: string | undefined): string | undefined {
  return BEARER.exec(authorization ?? '')?.[1];
}

function throwWithdrawn(): never {
  throw new Problem('unauthorized', 'The token of this request was withdrawn while the request was under way.');
}

function unauthorized(wasGiven: boolean): Problem {
  const detail = wasGiven
    ? 'The Authorization header holds no bearer token that this service knows.'
    : 'This needs a token: Authorization: Bearer TOKEN.';
  // RFC 6750 §3: no error code for a request without any credentials.
  const challenge = `Bearer realm="tls-verdict"${wasGiven ? ', error="invalid_token"' : ''}`;
  return new Problem('unauthorized', detail, { headers: { 'WWW-Authenticate': challenge } });
}

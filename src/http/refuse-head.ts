import { Problem } from '../domain/problem.ts';

/** As Node's parser gives it. */
interface RequestHead {
  /** Names and values by turns. */
  readonly rawHeaders: readonly string[];
  readonly httpVersion: string;
  readonly url?: string | undefined;
}

/** What is wrong with the head of a request that Node's parser has taken; null when nothing is. */
export function objectionToHead({ rawHeaders, httpVersion, url = '' }: RequestHead): Problem | null {
  return objectionToHost(rawHeaders, httpVersion) ?? objectionToTarget(url);
}

const HOST = /^host$/i;

/** RFC 9112 §3.2: one Host, without which only HTTP/1.0 may be. Of two, a proxy may have read the other one. */
function objectionToHost(rawHeaders: readonly string[], httpVersion: string): Problem | null {
  const count = rawHeaders.filter((name, index) => index % 2 === 0 && HOST.test(name)).length;
  if (count === 1 || (count === 0 && httpVersion === '1.0')) return null;
  return new Problem('invalid_request', `The request has ${count === 0 ? 'no Host header' : `${count} Host headers`}.`);
}

/** A `.` or `..` between slashes, as the URL Standard reads them (backslash and %2e included). */
const DOT_SEGMENT = /[/\\](?:\.|%2e){1,2}(?=[/\\]|$)/i;

/**
 * Proxies append a path of their callers (`/check/host` and what Envoy was asked for). Resolving `..` would let such a
 * caller leave that prefix and choose another target, so nothing that has it is served.
 */
function objectionToTarget(target: string): Problem | null {
  if (DOT_SEGMENT.test(target.split(/[?#]/, 1)[0] ?? '')) {
    return new Problem('invalid_request', 'The path has a "." or ".." segment: send it resolved.');
  }
  // RFC 9110 §4.2.4: user info in an http URI is an error, likely meant to obscure the authority.
  if (!target.startsWith('/') && hasUserInfo(target)) {
    return new Problem('invalid_request', 'The request target names a user; a token goes into Authorization.');
  }
  return null;
}

function hasUserInfo(target: string): boolean {
  const url = URL.parse(target);
  return url !== null && (url.username !== '' || url.password !== '');
}

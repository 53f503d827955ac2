import { Problem } from '../../domain/problem.ts';
import { parseEndpoint } from '../../domain/target.ts';
import { quoted } from '../caller-text.ts';
import type { Guard } from './guards.ts';

/** Suffixes that no public DNS delegates, so that nobody outside can point a name below them at this service. */
const PRIVATE_SUFFIXES = ['.svc', '.cluster.local', '.internal', '.local', '.home.arpa', '.test'];

/**
 * Refuses a Host that a stranger could have pointed here: a page on a rebound public name would otherwise read our
 * answers as its own. `allowedHosts` are the operator's names, A-labels in lower case.
 */
export function hostRule(allowedHosts: readonly string[]): Guard {
  const allowed = new Set(allowedHosts);
  return (c) => {
    const host = c.req.header('Host') ?? new URL(c.req.url).host;
    if (!isAllowed(host, allowed)) {
      throw new Problem(
        'host_not_allowed',
        `Host ${quoted(host)} is neither an address nor a private name; an operator may name it in ALLOWED_HOSTS.`,
      );
    }
  };
}

function isAllowed(text: string, allowed: ReadonlySet<string>): boolean {
  const endpoint = parseEndpoint(text);
  if ('error' in endpoint) return false;
  if (endpoint.host.kind === 'ip') return true;
  const name = endpoint.host.text;
  return !name.includes('.') || allowed.has(name) || PRIVATE_SUFFIXES.some((suffix) => name.endsWith(suffix));
}

import { Problem } from '../../domain/problem.ts';
import type { Guard } from './guards.ts';

/** Resources that dial when they are read. */
const DIALS = /^\/(?:verify|check|probe)(?:\/|$)/;

/**
 * Refuses what a browser sends on behalf of another site (Fetch Metadata; RFC 6454 §7 Origin): no page may make this
 * service dial. Following a link to a page of ours is not that, as long as the page dials nothing.
 */
export function sameSiteRule(allowedHosts: readonly string[]): Guard {
  const allowed = new Set(allowedHosts);
  return (c) => {
    const site = c.req.header('Sec-Fetch-Site');
    const isForeignSite = site !== undefined && site !== 'same-origin' && site !== 'none';
    const isLink = c.req.method === 'GET' && c.req.header('Sec-Fetch-Mode') === 'navigate' && !DIALS.test(c.req.path);
    const origin = c.req.header('Origin');
    const isForeignOrigin = origin !== undefined && !isOurs(origin, c.req.header('Host'), allowed);
    if ((isForeignSite && !isLink) || isForeignOrigin) {
      throw new Problem(
        'cross_site_request',
        'A page of another site made this request; call the service from a program, or open it directly.',
      );
    }
  };
}

function isOurs(origin: string, host: string | undefined, allowed: ReadonlySet<string>): boolean {
  if (!URL.canParse(origin)) return false;
  const url = new URL(origin);
  return url.host === host?.toLowerCase() || allowed.has(url.hostname);
}

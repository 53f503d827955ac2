import { Problem } from '../domain/problem.ts';

/** What this process or this machine lacks (errno names): never the target's fault, so never a finding. */
const OUR_OWN = new Set(['EMFILE', 'ENFILE', 'ENOBUFS', 'ENOMEM', 'EAGAIN']);

/**
 * Whether a connection or a look-up failed for want of something of ours.
 * @param family of the address that was dialled: where IPv6 is off, an IPv6 address has no local one either
 */
export function isOwnLack(error: string, family: 4 | 6 | null = null): boolean {
  return OUR_OWN.has(error) || (error === 'EADDRNOTAVAIL' && family === 4);
}

/** One sentence, with what an operator may look at. */
export function describeOwnLack(doing: string, error: string): string {
  const setting = error === 'EMFILE' ? ', the bound of open files (ulimit -n)' : '';
  return `${doing} failed for want of our own resources: ${error}${setting}.`;
}

/** Others may end in a moment, and with them what they hold. */
export function ownLack(doing: string, error: string): Problem {
  return new Problem('overloaded', describeOwnLack(doing, error), { headers: { 'Retry-After': '1' } });
}

import type { Certificate, DistinguishedName } from '../domain/certificate.ts';
import { verifySignature } from '../x509/signature.ts';
import type { SignatureBudget } from './signature-budget.ts';

/** Certificates of one name whose signature is checked; a caller may bring hundreds. */
const MAX_CANDIDATES = 32;

/**
 * Finds the certificates that may sign CRLs under a name beside the issuer that the path has: a CA's next key, or a
 * signer of its own for indirect CRLs (RFC 5280 §6.3.3(f)). One counts when a CA of `authorities`, which lead to the
 * trust anchor by themselves, has issued it, it is within its dates, and no critical extension of it is unknown.
 * @param authorities CA certificates of the path, the anchor included
 * @param candidates further certificates that are at hand
 */
export function createSignerSearch(
  authorities: readonly Certificate[],
  candidates: readonly Certificate[],
  { at, budget }: { readonly at: number; readonly budget: SignatureBudget },
): (name: DistinguishedName) => readonly Certificate[] {
  const known = new Map<string, readonly Certificate[]>();
  return ({ key }) => {
    const found = known.get(key) ?? [
      ...authorities.filter((authority) => authority.subject.key === key),
      ...candidates
        .filter((candidate) => candidate.subject.key === key)
        .slice(0, MAX_CANDIDATES)
        .filter((candidate) => authorities.some((authority) => hasIssued(authority, candidate, at, budget))),
    ];
    known.set(key, found);
    return found;
  };
}

function hasIssued(authority: Certificate, candidate: Certificate, at: number, budget: SignatureBudget): boolean {
  const usage = authority.decoded.keyUsage;
  return (
    authority.subject.key === candidate.issuer.key &&
    (usage === undefined || usage.has('key_cert_sign')) &&
    candidate.notBefore <= at &&
    at <= candidate.notAfter &&
    candidate.extensions.every(({ critical, recognised }) => !critical || recognised) &&
    budget.spend(authority.spki, candidate.tbs) &&
    verifySignature({ data: candidate.tbs, signature: candidate.signature, spki: authority.spki }) === 'valid'
  );
}

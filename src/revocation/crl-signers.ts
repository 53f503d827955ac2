import type { Certificate } from '../domain/certificate.ts';
import type { SignatureBudget } from './signature-budget.ts';

/** Certificates of one name whose path is looked for; a caller may bring hundreds. */
const MAX_CANDIDATES = 32;

/**
 * What stands against a certificate that is no part of the path as a signer of CRLs: why it has no valid path to the
 * trust anchor of the certificate in question (RFC 5280 §6.3.3(f)). `not_checked`: the budget ended before.
 */
export type JudgeSignerPath = (
  signer: Certificate,
  budget: SignatureBudget,
) => { readonly objection: string | null } | 'not_checked';

/** Who may sign CRLs under one name. */
export interface CrlSigners {
  readonly certificates: readonly Certificate[];
  /** The others of this name, with what stands against them. */
  readonly refused: readonly { readonly certificate: Certificate; readonly objection: string }[];
  /** Not all could be looked at. */
  readonly isCut: boolean;
}

/** @param nameKey `DistinguishedName.key` of the CRL's issuer */
export type SignerSearch = (nameKey: string) => CrlSigners;

/**
 * Finds the certificates that may sign CRLs under a name beside the issuer that the path has: a CA's next key, or a
 * signer of its own for indirect CRLs.
 * @param authorities CA certificates of the path, the anchor included
 * @param candidates further certificates that are at hand
 */
export function createSignerSearch(
  authorities: readonly Certificate[],
  candidates: readonly Certificate[],
  { judgePath, budget }: { readonly judgePath: JudgeSignerPath; readonly budget: SignatureBudget },
): SignerSearch {
  const known = new Map<string, CrlSigners>();
  const search = (nameKey: string): CrlSigners => {
    const certificates = authorities.filter(({ subject }) => subject.key === nameKey);
    const seen = new Set(certificates.map(({ sha256 }) => sha256));
    const others = candidates.filter(({ subject, sha256 }) => {
      if (subject.key !== nameKey || seen.has(sha256)) return false;
      seen.add(sha256);
      return true;
    });
    const refused: { certificate: Certificate; objection: string }[] = [];
    let isCut = others.length > MAX_CANDIDATES;
    for (const candidate of others.slice(0, MAX_CANDIDATES)) {
      const judged = judgePath(candidate, budget);
      if (judged === 'not_checked') isCut = true;
      else if (judged.objection === null) certificates.push(candidate);
      else refused.push({ certificate: candidate, objection: judged.objection });
    }
    return { certificates, refused, isCut };
  };
  return (nameKey) => {
    const found = known.get(nameKey) ?? search(nameKey);
    known.set(nameKey, found);
    return found;
  };
}

import type { Fault } from '../domain/fault.ts';
import type { TrustEvidence } from '../domain/path.ts';
import { type CertificateSignatureCheck, checkCertificateSignature } from './certificate-signature.ts';
import { PathSearch, type SearchInput } from './path-search.ts';
import { SEARCH_LIMITS, type SearchLimits, type SearchWork } from './search-limits.ts';

export interface PathInput extends Omit<SearchInput, 'verify' | 'limits'> {
  /** Default: node:crypto, remembered. */
  readonly verify?: CertificateSignatureCheck;
  readonly limits?: Partial<SearchLimits>;
}

/**
 * From the leaf to the best path that an anchor begins (RFC 5280 §6.1, RFC 4158), or to the near miss that explains
 * best why there is none, with all its faults of trust. Pure, synchronous, within `limits`, and independent of the
 * order of candidates. A search that a limit ended without trust says so: `exhausted`, with a fault.
 */
export function buildPath(input: PathInput): TrustEvidence {
  return searchPath(input).evidence;
}

/** `buildPath`, with what it cost. */
export function searchPath(input: PathInput): { readonly evidence: TrustEvidence; readonly work: SearchWork } {
  const limits = { ...SEARCH_LIMITS, ...input.limits };
  const search = new PathSearch({ ...input, verify: input.verify ?? checkCertificateSignature, limits });
  const { best, limit, work } = search.run();
  const trusted = best.end === 'anchor' && best.trustErrors === 0;
  if (trusted || limit === null) {
    const path = best.path;
    const isCut = path.faults.some(({ code }) => code === 'budget_exhausted' || code === 'chain_too_long');
    return { evidence: { ca: input.anchors.name, path, trusted, exhausted: !trusted && isCut }, work };
  }
  const path = { ...best.path, faults: [...best.path.faults, limitFault(limit, limits)] };
  return { evidence: { ca: input.anchors.name, path, trusted, exhausted: true }, work };
}

const LIMIT_NAMES: Readonly<Record<keyof SearchLimits, string>> = {
  steps: 'steps',
  signatureCost: 'signature_checks',
  paths: 'paths',
  nameComparisons: 'name_comparisons',
};

function limitFault(limit: keyof SearchLimits, limits: SearchLimits): Fault {
  const name = LIMIT_NAMES[limit];
  return {
    code: 'budget_exhausted',
    detail: `the search for a path ended at its limit of ${limits[limit]} ${name.replace('_', ' ')}`,
    evidence: { limit_name: name, limit: limits[limit] },
  };
}

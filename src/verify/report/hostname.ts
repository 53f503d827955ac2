import { matchHostname } from '../../checks/hostname.ts';
import type { Evidence } from '../../domain/evidence.ts';
import type { Verdict } from '../../domain/verdict.ts';
import { MAX_NAMES_SHOWN } from './certificates.ts';

/** Which name of the leaf is the host's; null when names were not judged or the leaf is unknown. */
export function viewHostname({ reference, leaf, policy }: Evidence): Verdict['hostname'] {
  if (reference === null || leaf === null) return null;
  const { matched, matchedBy, presented } = matchHostname(leaf, reference, policy.profile);
  return {
    matched,
    reference: reference.text,
    type: reference.kind,
    matched_by: matchedBy,
    presented: presented.slice(0, MAX_NAMES_SHOWN),
    presented_total: presented.length,
  };
}

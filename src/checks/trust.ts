import { isReadable } from '../domain/certificate.ts';
import { type Check, type Judgement, judged, unknown } from '../domain/check.ts';
import type { Evidence } from '../domain/evidence.ts';
import type { Fault } from '../domain/fault.ts';
import { FINDING_CODES, type FindingCode } from '../domain/finding-codes.ts';
import { severityOf } from '../domain/severity.ts';

/** The search or the reading stopped at a limit: what lies beyond it is not known. */
const UNDETERMINED: readonly FindingCode[] = ['chain_too_long', 'budget_exhausted'];

/** Is there a path to an anchor by signatures and RFC 5280 §6.1, dates left out? */
export const trustCheck: Check = {
  id: 'trust',
  codes: [
    'self_signed',
    'untrusted_root',
    'issuer_not_found',
    'signature_invalid',
    'issuer_not_ca',
    'issuer_cannot_sign',
    'path_length_exceeded',
    'name_constraint_violation',
    'policy_constraint_violation',
    'unknown_critical_extension',
    'cert_malformed',
    'chain_too_long',
    'budget_exhausted',
    'leaf_is_anchor',
  ],
  run: judgeTrust,
};

function judgeTrust(evidence: Evidence): Judgement {
  const { path, trust, policy } = evidence;
  const sent = [...unreadable(evidence), ...tooMany(evidence)];
  if (path === null) return unknown(...sent);
  const faults = [...path.faults.filter(isOfTrust), ...sent];
  if (faults.some((fault) => UNDETERMINED.includes(fault.code))) return unknown(...faults);
  const row = trust.find((candidate) => candidate.path === path);
  const isExplained = faults.some((fault) => severityOf(fault, policy.profile) === 'error');
  // Not trusted, and no fault says why: fail closed.
  if (row === undefined || (!row.trusted && !isExplained)) return unknown(...faults);
  return judged(faults);
}

/** What belongs to another area is reported there, from the certificates themselves. */
function isOfTrust(fault: Fault): boolean {
  return FINDING_CODES[fault.code].check === 'trust';
}

/** Certificates that clients stop at, wherever in the list they stand, since none of their fields can be known. */
function unreadable({ presented }: Evidence): Fault[] {
  return presented.flatMap((certificate) =>
    isReadable(certificate) ? [] : [{ ...certificate.unreadable, certificate: certificate.sha256 }],
  );
}

function tooMany({ presented, presentedTotal }: Evidence): Fault[] {
  if (presentedTotal <= presented.length) return [];
  return [
    {
      code: 'chain_too_long',
      detail: `${presentedTotal} certificates were sent; ${presented.length} of them were judged`,
      evidence: { presented_total: presentedTotal, limit: presented.length },
    },
  ];
}

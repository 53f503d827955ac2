import { type Check, judged, skip, unknown } from '../domain/check.ts';
import { cleanText } from '../domain/clean-text.ts';
import type { Fault } from '../domain/fault.ts';
import {
  type CertificateRevocation,
  type RevocationEvidence,
  statusOf,
  type UnknownReason,
} from '../domain/revocation.ts';
import { formatTime } from '../domain/time.ts';

/** What would help, by the reason for which a source was of no use; the first that applies is told. */
const REMEDIES: readonly (readonly [UnknownReason, string])[] = [
  ['other_time', 'judge for the present moment, or give a CRL of the moment asked for in ca.crls_pem'],
  ['unusable', 'correct its document as the other findings say'],
  ['responder_error', 'let the OCSP responder know the certificate and answer for it'],
  ['unreachable', 'let this service reach the address that the certificate names'],
  ['overloaded', 'ask again: this service had too much to fetch, and the source is not at fault'],
  ['too_many_documents', 'give the CRLs in ca.crls_pem or CA_DIR/NAME/crls, of which any number is read'],
  ['unsupported_scheme', 'publish the CRL under an http: address as well, and name it before the ldap: one'],
  ['fetch_not_allowed', 'give its CRL in ca.crls_pem or CA_DIR/NAME/crls, or name the address in FETCH_ALLOW'],
  ['reasons_not_covered', 'give the CRLs of the other reasons too'],
];
/** Octets of an address in a sentence: it is a peer's text. */
const MAX_URL_BYTES = 200;
const NO_SOURCE = 'give its CRL in ca.crls_pem or CA_DIR/NAME/crls';

/** Whether a certificate of the path was withdrawn by its CA (RFC 5280 §6.3, RFC 6960). */
export const revocationCheck: Check = {
  id: 'revocation',
  codes: [
    'cert_revoked',
    'chain_cert_revoked',
    'revocation_unknown',
    'revocation_not_published',
    'crl_expired',
    'crl_invalid',
    'ocsp_response_invalid',
    'revocation_signature_weak',
    'must_staple_missing',
  ],
  run({ revocation }) {
    if (revocation === null) return skip;
    if (!revocation.anchored) return unknown();
    const { certificates, mode } = revocation;
    if (certificates.length === 0 && revocation.faults.length === 0) return skip;
    const statuses = certificates.map(statusOf);
    const unstapled = certificates.filter(isUnstapled).map(unstapledFault);
    const faults = [...certificates.flatMap((row) => judgeOne(row, mode)), ...unstapled, ...documentFaults(revocation)];
    const isFailing =
      unstapled.length > 0 || statuses.includes('revoked') || (mode === 'require' && statuses.includes('unknown'));
    return statuses.includes('unknown') && !isFailing ? unknown(...faults) : judged(faults);
  },
};

function judgeOne(row: CertificateRevocation, mode: RevocationEvidence['mode']): Fault[] {
  switch (statusOf(row)) {
    case 'good':
      return [];
    case 'revoked':
      return [revoked(row)];
    case 'unknown':
      return [
        mode === 'soft' && !row.published && row.attempts.length === 0 ? notPublished(row) : undetermined(row, mode),
      ];
  }
}

function revoked(row: CertificateRevocation): Fault {
  const { certificate, subject, attempts } = row;
  const sources = attempts.filter(({ status }) => status === 'revoked');
  const [first] = sources;
  const revokedAt = first?.revokedAt === null || first === undefined ? null : formatTime(first.revokedAt);
  const reason = first?.revocationReason ?? 'unspecified';
  const good = attempts.filter(({ status }) => status === 'good').map(nameOf);
  const disagreeing = good.length > 0 ? `; ${good.join(', ')} says good` : '';
  return {
    code: row.isLeaf ? 'cert_revoked' : 'chain_cert_revoked',
    certificate,
    detail: `${subject} was revoked at ${revokedAt ?? 'an unknown time'} (${reason}), says ${sources.map(nameOf).join(', ')}${disagreeing}`,
    evidence: { subject, revoked_at: revokedAt, revocation_reason: reason, sources_disagree: good.length > 0 },
  };
}

function nameOf({ source, url, foundBy }: CertificateRevocation['attempts'][number]): string {
  if (source === 'staple') return 'the stapled OCSP response';
  const kind = source === 'ocsp' ? 'OCSP' : 'the CRL';
  return url === null ? `${kind} given by the ${foundBy}` : `${kind} at ${cleanText(url, MAX_URL_BYTES)}`;
}

function undetermined(
  { certificate, subject, attempts }: CertificateRevocation,
  mode: RevocationEvidence['mode'],
): Fault {
  const tried = attempts.map((attempt) => {
    const why = attempt.detail === undefined ? '' : ` (${attempt.detail})`;
    return `${nameOf(attempt)}: ${attempt.reason ?? 'unusable'}${why}`;
  });
  const reasons = new Set(attempts.map(({ reason }) => reason));
  const remedy = REMEDIES.find(([reason]) => reasons.has(reason))?.[1] ?? NO_SOURCE;
  return {
    code: 'revocation_unknown',
    rule: mode === 'require' ? 'revocation.required' : 'revocation.soft',
    certificate,
    detail: `${subject}: ${tried.length === 0 ? 'no document covers it' : tried.join('; ')}`,
    evidence: { subject, remedy, reasons: [...reasons].flatMap((reason) => reason ?? []), tried },
  };
}

function isUnstapled({ mustStaple, attempts }: CertificateRevocation): boolean {
  return mustStaple && !attempts.some(({ source, status }) => source === 'staple' && status !== 'unknown');
}

function unstapledFault({ certificate, subject, attempts }: CertificateRevocation): Fault {
  const came = attempts.some(({ source }) => source === 'staple');
  return {
    code: 'must_staple_missing',
    certificate,
    detail: `${subject} has the TLS feature status_request, and the server sent ${came ? 'an OCSP response of no use' : 'no OCSP response'}`,
    evidence: { subject },
  };
}

function notPublished({ certificate, subject }: CertificateRevocation): Fault {
  return {
    code: 'revocation_not_published',
    certificate,
    detail: `${subject} names neither a CRL nor an OCSP responder`,
    evidence: { subject },
  };
}

/** What is wrong with a document is told once, however many certificates it covers. */
function documentFaults({ certificates, faults }: RevocationEvidence): Fault[] {
  const told = new Map<string, Fault>();
  for (const fault of [...certificates.flatMap((row) => row.faults), ...faults]) {
    const key = `${fault.code} ${fault.rule} ${fault.detail}`;
    if (!told.has(key)) told.set(key, fault);
  }
  return [...told.values()];
}

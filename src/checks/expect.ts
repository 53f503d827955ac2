import { type Certificate, mailboxOf } from '../domain/certificate.ts';
import { type Check, type Judgement, judged, skip, unknown } from '../domain/check.ts';
import { cleanText } from '../domain/clean-text.ts';
import type { Evidence } from '../domain/evidence.ts';
import type { Expectations } from '../domain/expectations.ts';
import type { Fault } from '../domain/fault.ts';

/** Names that one finding lists. */
const MAX_LISTED = 20;

/** Does the leaf have the identities and the keys that the caller expects? */
export const expectCheck: Check = {
  id: 'expect',
  codes: ['pin_mismatch', 'email_mismatch', 'spiffe_id_mismatch'],
  run: judgeExpectations,
};

function judgeExpectations({ expect, leaf, path }: Evidence): Judgement {
  if (expect === null) return skip;
  if (leaf === null) return unknown();
  const issuers = path?.steps.slice(1).map(({ certificate }) => certificate.spki.sha256) ?? [];
  return judged([
    ...judgePin(leaf, 'sha256', expect.sha256, [leaf.sha256]),
    ...judgePin(leaf, 'spki_sha256', expect.spkiSha256, [leaf.spki.sha256]),
    ...judgePin(leaf, 'issuer_spki_sha256', expect.issuerSpkiSha256, issuers),
    ...judgeEmails(leaf, expect.emails ?? []),
    ...judgeSpiffeId(leaf, expect),
  ]);
}

const PINS = {
  sha256: 'the server certificate itself',
  spki_sha256: 'the key of the server certificate',
  issuer_spki_sha256: 'the key of any CA certificate of the path',
} as const;

function judgePin(
  leaf: Certificate,
  pin: keyof typeof PINS,
  expected: readonly string[] | null,
  found: readonly string[],
): Fault[] {
  if (expected === null || found.some((hash) => expected.includes(hash))) return [];
  return [
    {
      code: 'pin_mismatch',
      certificate: leaf.sha256,
      detail: `No value of expect.${pin} is the SHA-256 of ${PINS[pin]}`,
      evidence: { pin, expected: expected.slice(0, MAX_LISTED), found: found.slice(0, MAX_LISTED) },
    },
  ];
}

function judgeEmails(leaf: Certificate, expected: readonly string[]): Fault[] {
  const presented = (leaf.decoded.subjectAltName ?? []).flatMap((name) => mailboxOf(name) ?? []);
  const known = new Set(presented.map(mailboxKey));
  return expected
    .filter((mailbox) => !known.has(mailboxKey(mailbox)))
    .map((mailbox) => ({
      code: 'email_mismatch',
      certificate: leaf.sha256,
      detail: `${mailbox} is no mailbox of ${leaf.subject.text}`,
      evidence: {
        subject: leaf.subject.text,
        email: mailbox,
        presented: presented.slice(0, MAX_LISTED).map(cleanText),
      },
    }));
}

/** RFC 5280 §7.5, RFC 9598 §5: the local part as it stands, the domain without regard to case. */
function mailboxKey(mailbox: string): string {
  const at = mailbox.lastIndexOf('@');
  return mailbox.slice(0, at) + mailbox.slice(at).toLowerCase();
}

/** SPIFFE X509-SVID §2, §4: one URI, which is the identity octet for octet, in a certificate that is no CA's. */
function judgeSpiffeId(leaf: Certificate, { spiffeId }: Expectations): Fault[] {
  if (spiffeId === null) return [];
  const uris = (leaf.decoded.subjectAltName ?? []).flatMap((name) => (name.type === 'uri' ? [name.value] : []));
  const isCa = leaf.decoded.basicConstraints?.ca === true;
  if (uris.length === 1 && uris[0] === spiffeId && !isCa) return [];
  const reason = isCa ? 'the certificate is that of a CA' : describeUris(uris);
  return [
    {
      code: 'spiffe_id_mismatch',
      certificate: leaf.sha256,
      detail: `${spiffeId} is not the identity of ${leaf.subject.text}: ${reason}`,
      evidence: {
        subject: leaf.subject.text,
        spiffe_id: spiffeId,
        presented: uris.slice(0, MAX_LISTED).map(cleanText),
      },
    },
  ];
}

function describeUris(uris: readonly string[]): string {
  const [first] = uris;
  if (first === undefined) return 'it has no URI';
  return uris.length === 1 ? `its URI is ${cleanText(first)}` : `it has ${uris.length} URIs, and an SVID has one`;
}

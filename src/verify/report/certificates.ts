import {
  type Certificate,
  type GeneralName,
  isReadable,
  mailboxOf,
  type PublicKeyFacts,
  type ReadCertificate,
} from '../../domain/certificate.ts';
import { cleanText } from '../../domain/clean-text.ts';
import type { Json } from '../../domain/fault.ts';
import { ipAddressFromBytes } from '../../domain/ip-address.ts';
import type { CertificationPath } from '../../domain/path.ts';
import { formatTime } from '../../domain/time.ts';
import type { CertificateRef, PresentedCertificateView } from '../../domain/verdict.ts';
import { KEY_PURPOSES } from '../../x509/oids.ts';
import { toPem } from '../../x509/pem.ts';

export const MAX_CERTIFICATES_SHOWN = 20;
export const MAX_NAMES_SHOWN = 100;
/** URLs of one extension that are shown; more are no use to anybody. */
const MAX_URLS_SHOWN = 20;

export type Roles = ReadonlyMap<string, CertificateRef['role']>;

/** The part that each certificate plays, by SHA-256: its place in the chosen path, `extra` when it has none. */
export function assignRoles(presented: readonly ReadCertificate[], path: CertificationPath | null): Roles {
  const roles = new Map<string, CertificateRef['role']>();
  for (const certificate of presented) roles.set(certificate.sha256, 'extra');
  for (const step of path?.steps ?? []) {
    roles.set(step.certificate.sha256, step.source === 'anchor' ? 'anchor' : 'intermediate');
  }
  const first = presented[0];
  if (first) roles.set(first.sha256, 'leaf');
  return roles;
}

/** What is shown of bytes that are no certificate. */
const NOTHING_READ = {
  subject: null,
  issuer: null,
  serial: null,
  spki_sha256: null,
  not_before: null,
  not_after: null,
  key: null,
  signature_algorithm: null,
  dns_names: [],
  ip_addresses: [],
  uris: [],
  emails: [],
  names_total: 0,
  is_ca: false,
  key_usage: [],
  extended_key_usage: [],
  crl_urls: [],
  ocsp_urls: [],
  issuer_urls: [],
};

/** One certificate as the answer shows it: bounded, its strings cleaned. */
export function viewCertificate(
  certificate: ReadCertificate,
  at: { index: number; role: CertificateRef['role']; pem: boolean; details: Record<string, Json> | undefined },
): PresentedCertificateView {
  const view = isReadable(certificate) ? knownView(certificate) : NOTHING_READ;
  return {
    index: at.index,
    role: at.role,
    readable: isReadable(certificate),
    sha256: certificate.sha256,
    ...view,
    ...(at.pem ? { pem: toPem(certificate.der) } : {}),
    ...(at.details ? { details: at.details } : {}),
  };
}

/** When a certificate begins and ends, for those that are shown by name alone. */
export function viewValidity(certificate: Certificate): { not_before: string | null; not_after: string | null } {
  const { not_before, not_after } = knownView(certificate);
  return { not_before, not_after };
}

/** A record never changes and is shared while the reader keeps it, so its view is made once; nobody changes a view. */
const views = new WeakMap<Certificate, ReturnType<typeof viewReadable>>();

function knownView(certificate: Certificate): ReturnType<typeof viewReadable> {
  const known = views.get(certificate);
  if (known !== undefined) return known;
  const view = viewReadable(certificate);
  views.set(certificate, view);
  return view;
}

function viewReadable(certificate: Certificate) {
  const { decoded } = certificate;
  const names = decoded.subjectAltName ?? [];
  const shown = names.slice(0, MAX_NAMES_SHOWN);
  return {
    subject: certificate.subject.text,
    issuer: certificate.issuer.text,
    serial: cleanText(certificate.serial),
    spki_sha256: certificate.spki.sha256,
    not_before: formatTime(certificate.notBefore),
    not_after: formatTime(certificate.notAfter),
    key: viewKey(certificate.spki.facts),
    signature_algorithm: cleanText(certificate.signature.algorithm.name),
    dns_names: namesOf(shown, 'dns'),
    ip_addresses: shown.flatMap((name) =>
      name.type === 'ip' ? [ipAddressFromBytes(name.value)?.text ?? cleanText(name.value.toString('hex'))] : [],
    ),
    uris: namesOf(shown, 'uri'),
    emails: shown.flatMap((name) => mailboxOf(name) ?? []).map(cleanText),
    names_total: names.length,
    is_ca: decoded.basicConstraints?.ca ?? false,
    key_usage: [...(decoded.keyUsage ?? [])],
    extended_key_usage: (decoded.extendedKeyUsage ?? [])
      .slice(0, MAX_NAMES_SHOWN)
      .map((oid) => KEY_PURPOSES.get(oid) ?? oid),
    crl_urls: (decoded.crlDistributionPoints ?? [])
      .flatMap((point) => namesOf(point.fullName, 'uri'))
      .slice(0, MAX_URLS_SHOWN),
    ocsp_urls: (decoded.authorityInfoAccess?.ocsp ?? []).slice(0, MAX_URLS_SHOWN).map((url) => cleanText(url)),
    issuer_urls: (decoded.authorityInfoAccess?.caIssuers ?? []).slice(0, MAX_URLS_SHOWN).map((url) => cleanText(url)),
  };
}

function namesOf(names: readonly GeneralName[], type: 'dns' | 'uri'): string[] {
  return names.flatMap((name) => (name.type === type ? [cleanText(name.value)] : []));
}

function viewKey(facts: PublicKeyFacts): PresentedCertificateView['key'] {
  switch (facts.type) {
    case 'ec':
      return { type: 'ec', curve: facts.curve, bits: facts.bits };
    case 'ml-dsa':
    case 'ml-kem':
    case 'slh-dsa':
      return { type: facts.type, parameter_set: facts.parameterSet, bits: facts.bits };
    default:
      return { type: facts.type, bits: facts.bits };
  }
}

import { type Check, type Judgement, judged, skip, unknown } from '../domain/check.ts';
import type { Evidence } from '../domain/evidence.ts';
import type { Fault } from '../domain/fault.ts';
import { FINDING_CODES } from '../domain/finding-codes.ts';
import type { HandshakeRecord, TlsVersion } from '../domain/handshake.ts';
import type { Policy } from '../domain/policy.ts';
import { severityOf } from '../domain/severity.ts';

const VERSION_ORDER: readonly TlsVersion[] = ['SSLv3', 'TLSv1', 'TLSv1.1', 'TLSv1.2', 'TLSv1.3'];
const MIN_VERSION = {
  '1.0': 'TLSv1',
  '1.1': 'TLSv1.1',
  '1.2': 'TLSv1.2',
  '1.3': 'TLSv1.3',
} as const satisfies Record<Policy['minTls'], TlsVersion>;

/** RFC 8996 §4, §5; RFC 7568 for SSLv3. */
const DEPRECATED: readonly TlsVersion[] = ['SSLv3', 'TLSv1', 'TLSv1.1'];
/** RFC 9325 §4.1: no encryption, no authentication, or keys of at most 56 bits, which anybody can try one by one. */
const NO_PROTECTION = /_(?:NULL|anon|EXPORT|EXPORT1024|RC2|DES|DES40)_/;
/** RFC 9325 §4.1: RC4, and below 128 bits of strength. */
const WEAK_CIPHER = /_(?:RC4|3DES)_/;
/** Key exchanges whose recorded traffic the server's key opens later (RFC 9325 §4.1). */
const NO_FORWARD_SECRECY = /^TLS_(?:RSA|DH|ECDH|PSK|RSA_PSK)_(?!anon)/;
/** RFC 9325 §4.5. */
const MIN_DH_BITS = 2048;

/** Did a TLS handshake come about, and with what? */
export const protocolCheck: Check = {
  id: 'protocol',
  codes: [
    'tls_not_spoken',
    'tls_version_unsupported',
    'tls_no_common_cipher',
    'tls_name_unrecognized',
    'tls_client_cert_required',
    'tls_client_cert_rejected',
    'tls_client_cert_withheld',
    'tls_client_cert_unusable',
    'tls_alert',
    'tls_closed',
    'tls_timeout',
    'tls_version_deprecated',
    'tls_version_below_policy',
    'tls_cipher_weak',
    'tls_no_forward_secrecy',
    'tls_legacy_renegotiation',
    'tls_legacy_hello',
    'tls_dh_weak',
    'tls_chain_too_large',
    'tls_handshake_invalid',
    'tls_certificate_missing',
    'tls_not_post_quantum',
    'alpn_no_overlap',
  ],
  run: judgeProtocol,
};

function judgeProtocol({ mode, handshake, policy, ...evidence }: Evidence): Judgement {
  if (mode === 'chain') return skip;
  // What the handshake showed of a certificate or key is reported in those areas, from the certificate itself.
  const handshakeFaults = evidence.handshakeFaults.filter(({ code }) => FINDING_CODES[code].check === 'protocol');
  if (handshake === null) {
    return hasError(handshakeFaults, policy) ? judged(handshakeFaults) : unknown(...handshakeFaults);
  }
  const faults = [
    ...handshakeFaults.filter((fault) => fault.code !== 'tls_client_cert_required'),
    ...clientCertificate(handshake, handshakeFaults),
    ...judgeParameters(handshake, policy),
  ];
  // A server whose possession of its key was not proven has not shown who it is.
  return isProven(handshake) || hasError(faults, policy) ? judged(faults) : unknown(...faults);
}

function hasError(faults: readonly Fault[], policy: Policy): boolean {
  return faults.some((fault) => severityOf(fault, policy.profile) === 'error');
}

/** A server that wants a client certificate may end a TLS 1.2 handshake before its own Finished; its key is proven by then. */
function isProven({ state, clientCertificate }: HandshakeRecord): boolean {
  return state === 'finished' || (state === 'key_proven' && clientCertificate.required === true);
}

/** One fault, however it was noticed: by the alert, or from the record. */
function clientCertificate(record: HandshakeRecord, faults: readonly Fault[]): Fault[] {
  const reported = faults.find((fault) => fault.code === 'tls_client_cert_required');
  if (reported === undefined && record.clientCertificate.required !== true) return [];
  return [
    {
      code: 'tls_client_cert_required',
      detail: 'The server ended the handshake because no client certificate was sent',
      ...reported,
      rule: record.certificates.length > 0 ? 'client_certificate.chain_read' : 'client_certificate.nothing_read',
    },
  ];
}

function judgeParameters(record: HandshakeRecord, policy: Policy): Fault[] {
  const faults = judgeAgreement(record, policy);
  const isExplained = faults.some(({ code }) => code !== 'tls_not_post_quantum');
  return record.hello === 'permissive' && isProven(record) && !isExplained ? [legacyHello(record), ...faults] : faults;
}

function judgeAgreement(record: HandshakeRecord, policy: Policy): Fault[] {
  return [
    ...judgeVersion(record, policy),
    ...judgeCipher(record),
    ...judgeKeyExchange(record),
    ...(record.secureRenegotiation === false
      ? [fault('tls_legacy_renegotiation', 'The ServerHello has no renegotiation_info', { version: record.version })]
      : []),
  ];
}

/** Why a modern hello failed, where nothing else that was agreed on says it. */
function legacyHello({ version, cipher, group, signatureScheme }: HandshakeRecord): Fault {
  const agreed = [version, cipher, group, signatureScheme].filter((part) => part !== null).join(', ');
  return fault(
    'tls_legacy_hello',
    `The server refused our first hello, and a second one with older offers got ${agreed}`,
    {
      cipher,
      group,
      signature_scheme: signatureScheme,
    },
  );
}

function judgeVersion({ version }: HandshakeRecord, policy: Policy): Fault[] {
  if (version === null) return [];
  const minimum = MIN_VERSION[policy.minTls];
  const evidence = { version, min_tls: minimum };
  const faults: Fault[] = [];
  if (DEPRECATED.includes(version))
    faults.push(fault('tls_version_deprecated', `The server chose ${version}`, evidence));
  if (VERSION_ORDER.indexOf(version) < VERSION_ORDER.indexOf(minimum)) {
    faults.push(fault('tls_version_below_policy', `The server chose ${version}, below ${minimum}`, evidence));
  }
  return faults;
}

function judgeCipher({ cipher }: HandshakeRecord): Fault[] {
  if (cipher === null) return [];
  const faults: Fault[] = [];
  const rule = NO_PROTECTION.test(cipher) ? 'cipher.no_protection' : WEAK_CIPHER.test(cipher) ? 'cipher.weak' : null;
  if (rule !== null) faults.push({ ...fault('tls_cipher_weak', `The server chose ${cipher}`, { cipher }), rule });
  if (NO_FORWARD_SECRECY.test(cipher)) {
    faults.push(fault('tls_no_forward_secrecy', `${cipher} agrees on keys without an ephemeral share`, { cipher }));
  }
  return faults;
}

function judgeKeyExchange({ group, keyExchange, dhBits, postQuantum }: HandshakeRecord): Fault[] {
  const faults: Fault[] = [];
  if (dhBits !== null && dhBits < MIN_DH_BITS) {
    faults.push(fault('tls_dh_weak', `The Diffie-Hellman group has ${dhBits} bits`, { dh_bits: dhBits }));
  }
  // Null while the handshake has not come to a key exchange: then nothing is known of it.
  const agreedWith = group ?? (keyExchange === 'key_encipherment' ? 'RSA' : null);
  if (agreedWith !== null && !postQuantum) {
    faults.push(fault('tls_not_post_quantum', `Keys were agreed with ${agreedWith}`, { group: agreedWith }));
  }
  return faults;
}

function fault(code: Fault['code'], detail: string, evidence: NonNullable<Fault['evidence']>): Fault {
  return { code, detail, evidence };
}

import { always, lint, type Rule } from './rule.ts';

/**
 * Rules of revocation documents. A departure of severity `warning` or `error` makes a document unfit to show that a
 * certificate is good; one of `info` is told, and the document serves.
 */
export const REVOCATION_RULES = {
  // CRLs: the document.
  'crl.encoding': {
    code: 'crl_invalid',
    severity: always('warning'),
    requires: 'A CRL is one CertificateList in DER.',
    reference: 'RFC 5280 §5.1',
  },
  'crl.too_large': {
    code: 'crl_invalid',
    severity: always('warning'),
    requires: 'A CRL has at most 64 MiB and 1,000,000 entries.',
    reference: 'limit of the reader',
  },
  'crl.version': {
    code: 'crl_invalid',
    severity: always('warning'),
    requires: 'A CRL is of version 2.',
    reference: 'RFC 5280 §5.1.2.1',
  },
  'crl.algorithm_mismatch': {
    code: 'crl_invalid',
    severity: always('warning'),
    requires: 'The signature algorithm of a CRL is the same inside and outside of what is signed.',
    reference: 'RFC 5280 §5.1.1.2',
  },
  'crl.next_update_missing': {
    code: 'crl_invalid',
    severity: always('warning'),
    requires: 'A CRL says when the next one will be issued.',
    reference: 'RFC 5280 §5.1.2.5',
  },
  'crl.times_order': {
    code: 'crl_invalid',
    severity: always('warning'),
    requires: 'nextUpdate is after thisUpdate.',
    reference: 'RFC 5280 §5.1.2.5',
  },
  'crl.entries_empty': {
    code: 'crl_invalid',
    severity: lint('info', 'warning'),
    requires: 'A CRL that revokes nothing has no revokedCertificates.',
    reference: 'RFC 5280 §5.1.2.6',
  },
  'crl.extension_duplicate': {
    code: 'crl_invalid',
    severity: always('warning'),
    requires: 'An extension stands in a CRL once.',
    reference: 'RFC 5280 §5.2; §4.2',
  },
  'crl.unknown_critical_extension': {
    code: 'crl_invalid',
    severity: always('warning'),
    requires: 'A critical extension of a CRL is one that its reader processes.',
    reference: 'RFC 5280 §5.2',
  },
  'crl.authority_key_identifier_missing': {
    code: 'crl_invalid',
    severity: lint('info', 'warning'),
    requires: 'A CRL names the key that signed it.',
    reference: 'RFC 5280 §5.2.1',
  },
  'crl.number_missing': {
    code: 'crl_invalid',
    severity: always('warning'),
    requires: 'A CRL has a CRL number.',
    reference: 'RFC 5280 §5.2.3',
  },
  'crl.number_critical': {
    code: 'crl_invalid',
    severity: always('warning'),
    requires: 'The CRL number is not critical.',
    reference: 'RFC 5280 §5.2.3',
  },
  'crl.number_form': {
    code: 'crl_invalid',
    severity: always('warning'),
    requires: 'A CRL number is not negative and has at most 20 octets.',
    reference: 'RFC 5280 §5.2.3',
  },
  'crl.criticality': {
    code: 'crl_invalid',
    severity: lint('info', 'warning'),
    requires:
      'deltaCRLIndicator and issuingDistributionPoint are critical; authorityKeyIdentifier and freshestCRL are not.',
    reference: 'RFC 5280 §5.2.1, §5.2.4, §5.2.5, §5.2.6',
  },
  'crl.issuing_distribution_point': {
    code: 'crl_invalid',
    severity: always('warning'),
    requires: 'An issuingDistributionPoint is not empty and limits the CRL to one kind of certificate at most.',
    reference: 'RFC 5280 §5.2.5',
  },

  // CRLs: the entries.
  'crl.unknown_critical_entry_extension': {
    code: 'crl_invalid',
    severity: always('warning'),
    requires: 'A critical extension of an entry is one that the reader of the CRL processes.',
    reference: 'RFC 5280 §5.3',
  },
  'crl.entry_form': {
    code: 'crl_invalid',
    severity: always('warning'),
    requires: 'An entry is a serial number, a time in Zulu form, and perhaps extensions.',
    reference: 'RFC 5280 §5.1.2.6',
  },
  'crl.reason_code': {
    code: 'crl_invalid',
    severity: always('warning'),
    requires: 'A reason code is one of those that are defined.',
    reference: 'RFC 5280 §5.3.1',
  },
  'crl.certificate_issuer': {
    code: 'crl_invalid',
    severity: always('warning'),
    requires: 'certificateIssuer is a directory name, critical, and stands in indirect CRLs only.',
    reference: 'RFC 5280 §5.3.3',
  },
  'crl.serial_repeated': {
    code: 'crl_invalid',
    severity: always('warning'),
    requires: 'A serial number stands in a CRL once for each issuer of certificates.',
    reference: 'RFC 5280 §5.1.2.6',
  },

  // CRLs: their use.
  'crl.signature': {
    code: 'crl_invalid',
    severity: always('warning'),
    requires: 'The signature of a CRL verifies under the key of its issuer.',
    reference: 'RFC 5280 §6.3.3(g)',
  },
  'crl.signature_unsupported': {
    code: 'crl_invalid',
    severity: always('warning'),
    requires: 'The signature of a CRL is of an algorithm that is known and strong enough.',
    reference: 'RFC 5280 §6.3.3(g)',
  },
  'crl.signature_weak': {
    code: 'revocation_signature_weak',
    severity: { default: 'warning', rfc5280: 'warning', webpki: 'error' },
    requires: 'A CRL is signed with SHA-256 or stronger. One that is not still counts, but under webpki.',
    reference: 'RFC 6194; CA/B BR §7.1.3.2.1',
  },
  'crl.not_checked': {
    code: 'crl_invalid',
    severity: always('warning'),
    requires: 'The signatures of all CRLs of a verification can be checked within its limit.',
    reference: 'limit of this service',
  },
  'crl.issuer_cannot_sign': {
    code: 'crl_invalid',
    severity: always('warning'),
    requires: 'The key usage of the issuer of a CRL has cRLSign.',
    reference: 'RFC 5280 §6.3.3(f)',
  },
  'crl.issuer_not_found': {
    code: 'crl_invalid',
    severity: always('warning'),
    requires: 'The issuer of a CRL has a certificate that leads to the same trust anchor.',
    reference: 'RFC 5280 §6.3.3(f)',
  },
  'crl.issuer_path': {
    code: 'crl_invalid',
    severity: always('warning'),
    requires: 'The path from the issuer of a CRL to the same trust anchor is valid.',
    reference: 'RFC 5280 §6.3.3(f)',
  },
  'crl.out_of_scope': {
    code: 'crl_invalid',
    severity: always('warning'),
    requires: 'A CRL that a certificate names covers that certificate.',
    reference: 'RFC 5280 §6.3.3(b)',
  },
  'crl.delta_without_base': {
    code: 'crl_invalid',
    severity: always('warning'),
    requires: 'A delta CRL comes with a complete CRL that it fits: same scope, not older than its base.',
    reference: 'RFC 5280 §5.2.4, §6.3.3(c)',
  },
  'crl.not_yet_valid': {
    code: 'crl_invalid',
    severity: always('warning'),
    requires: 'thisUpdate is not in the future.',
    reference: 'RFC 5280 §5.1.2.4',
  },
  'crl.expired': {
    code: 'crl_expired',
    severity: always('warning'),
    requires: 'nextUpdate is not in the past.',
    reference: 'RFC 5280 §5.1.2.5, §6.3.3',
  },
  'crl.next_publish_overdue': {
    code: 'crl_expired',
    severity: always('warning'),
    requires: 'The next CRL is published when the present one says so.',
    reference: 'Microsoft szOID_CRL_NEXT_PUBLISH (1.3.6.1.4.1.311.21.4)',
  },

  // OCSP: the response.
  'ocsp.encoding': {
    code: 'ocsp_response_invalid',
    severity: always('warning'),
    requires: 'An OCSP response is one OCSPResponse in DER with a basic response in it.',
    reference: 'RFC 6960 §4.2.1',
  },
  'ocsp.too_large': {
    code: 'ocsp_response_invalid',
    severity: always('warning'),
    requires: 'An OCSP response has at most 256 KiB, 100 single responses and 10 certificates.',
    reference: 'limit of the reader',
  },
  'ocsp.version': {
    code: 'ocsp_response_invalid',
    severity: always('warning'),
    requires: 'A basic response is of version 1.',
    reference: 'RFC 6960 §4.2.1',
  },
  'ocsp.unknown_critical_extension': {
    code: 'ocsp_response_invalid',
    severity: always('warning'),
    requires: 'A critical extension of an OCSP response is one that its reader processes.',
    reference: 'RFC 6960 §4.4; RFC 5280 §4.2',
  },

  // OCSP: its use.
  'ocsp.other_certificate': {
    code: 'ocsp_response_invalid',
    severity: always('warning'),
    requires: 'An OCSP response is about the certificate that was asked for.',
    reference: 'RFC 6960 §3.2(1)',
  },
  'ocsp.signature': {
    code: 'ocsp_response_invalid',
    severity: always('warning'),
    requires: 'The signature of an OCSP response verifies under the key of its responder.',
    reference: 'RFC 6960 §3.2(2)',
  },
  'ocsp.signature_unsupported': {
    code: 'ocsp_response_invalid',
    severity: always('warning'),
    requires: 'The signature of an OCSP response is of an algorithm that is known and strong enough.',
    reference: 'RFC 6960 §3.2(2)',
  },
  'ocsp.signature_weak': {
    code: 'revocation_signature_weak',
    severity: { default: 'warning', rfc5280: 'warning', webpki: 'error' },
    requires:
      'An OCSP response and the certificates in it are signed with SHA-256 or stronger. One that is not still counts, but under webpki.',
    reference: 'RFC 6194; CA/B BR §7.1.3.2.1',
  },
  'ocsp.responder_unknown': {
    code: 'ocsp_response_invalid',
    severity: always('warning'),
    requires: 'The responder is the issuer of the certificate, or its certificate comes with the response.',
    reference: 'RFC 6960 §3.2(3), §4.2.2.2',
  },
  'ocsp.responder_not_authorized': {
    code: 'ocsp_response_invalid',
    severity: always('warning'),
    requires:
      'A responder of its own has a certificate for OCSP signing, current and not revoked, issued by the very CA that issued the certificate.',
    reference: 'RFC 6960 §4.2.2.2',
  },
  'ocsp.not_yet_valid': {
    code: 'ocsp_response_invalid',
    severity: always('warning'),
    requires: 'thisUpdate is not in the future.',
    reference: 'RFC 6960 §3.2(5), §4.2.2.1',
  },
  'ocsp.expired': {
    code: 'ocsp_response_invalid',
    severity: always('warning'),
    requires: 'nextUpdate is not in the past; a response without one is from the last day.',
    reference: 'RFC 6960 §3.2(6), §4.2.2.1',
  },

  // The status that is left.
  'revocation.soft': {
    code: 'revocation_unknown',
    severity: always('warning'),
    requires: 'A source that can be used says whether a certificate is revoked.',
    reference: 'RFC 5280 §6.3.3',
  },
  'revocation.required': {
    code: 'revocation_unknown',
    severity: always('error'),
    requires: 'Where revocation is required, a source that can be used says that no certificate is revoked.',
    reference: 'RFC 5280 §6.3.3',
  },
} as const satisfies Record<string, Rule>;

import { always, lint, type Rule } from './rule.ts';

/** A rule of the CA/Browser Forum alone: an error where its profile is asked for. */
function webpkiOnly(elsewhere: 'info' | 'off'): Rule['severity'] {
  return { default: elsewhere, rfc5280: elsewhere, webpki: 'error' };
}

/**
 * Rules that need more than one certificate's bytes: its place in the path, the moment, the name that was called, the
 * handshake, a profile or a threshold. The checks judge them on the certificates of the chosen path.
 */
export const PROFILE_RULES = {
  // Handshake.
  'client_certificate.chain_read': {
    code: 'tls_client_cert_required',
    severity: always('info'),
    requires: 'A server that asks for a client certificate shows its own chain first.',
    reference: 'RFC 8446 §4.3.2; RFC 5246 §7.4.4',
  },
  'client_certificate.nothing_read': {
    code: 'tls_client_cert_required',
    severity: always('error'),
    requires: 'The chain of a server can be read without a client certificate.',
    reference: 'RFC 8446 §4.3.2; RFC 5246 §7.4.4',
  },
  'cipher.no_protection': {
    code: 'tls_cipher_weak',
    severity: always('error'),
    requires: 'The cipher suite encrypts, authenticates the server, and cannot be broken by trying every key.',
    reference: 'RFC 9325 §4.1',
  },
  'cipher.weak': {
    code: 'tls_cipher_weak',
    severity: always('warning'),
    requires: 'The cipher suite has 128 bits of strength and no known break.',
    reference: 'RFC 9325 §4.1-4.2',
  },

  // Dates.
  'expiry.warning': {
    code: 'cert_expires_soon',
    severity: always('warning'),
    requires: 'The remaining time is above the warning threshold.',
    reference: 'policy.warn',
  },
  'expiry.critical': {
    code: 'cert_expires_soon',
    severity: always('error'),
    requires: 'The remaining time is above the critical threshold.',
    reference: 'policy.critical',
  },
  'validity.public_limit': {
    code: 'validity_too_long',
    severity: { default: 'warning', rfc5280: 'info', webpki: 'error' },
    requires: 'A server certificate under a public root is valid no longer than the limit of its day of issue.',
    reference: 'CA/B BR §6.3.2',
  },
  'validity.private_limit': {
    code: 'validity_too_long',
    severity: { default: 'info', rfc5280: 'off', webpki: 'info' },
    requires: 'A server certificate under a private root keeps to the limit for public ones.',
    reference: 'CA/B BR §6.3.2 (binds public CAs only)',
  },

  // Names.
  'wildcard.position': {
    code: 'wildcard_not_allowed',
    severity: always('error'),
    requires: 'A wildcard is the whole left-most label of a name and stands nowhere else.',
    reference: 'RFC 9525 §6.3',
  },
  'wildcard.top_level': {
    code: 'wildcard_not_allowed',
    severity: always('error'),
    requires: 'A wildcard is followed by at least two labels.',
    reference: 'RFC 9525 §7.1; practice of every common client',
  },
  'wildcard.public_suffix': {
    code: 'wildcard_not_allowed',
    severity: webpkiOnly('info'),
    requires: 'A wildcard does not stand directly before a public suffix.',
    reference: 'CA/B BR §3.2.2.6',
  },
  'cn.copy': {
    code: 'cn_not_in_san',
    severity: webpkiOnly('info'),
    requires:
      'A common name that is an address, has upper-case or non-ASCII characters, or is a host name beside other host names is a copy, character for character, of a name in the subjectAltName.',
    reference: 'CA/B BR §7.1.4.3',
  },
  'cn.in_san': {
    code: 'cn_not_in_san',
    severity: always('info'),
    requires: 'A common name that is a host name stands in the subjectAltName too.',
    reference: 'CA/B BR §7.1.4.3',
  },

  // Keys.
  'key.compromised_list': {
    code: 'key_compromised',
    severity: always('error'),
    requires: 'A key is not on the list of compromised keys of this service.',
    reference: 'COMPROMISED_KEYS_FILE; CA/B BR §6.1.1.3',
  },
  'key.roca': {
    code: 'key_compromised',
    severity: always('error'),
    requires: 'An RSA modulus does not bear the mark of the generator of CVE-2017-15361.',
    reference: 'CVE-2017-15361; CA/B BR §6.1.1.3',
  },
  'key.small_factor': {
    code: 'key_compromised',
    severity: always('error'),
    requires: 'An RSA modulus has no prime factor below 1000.',
    reference: 'NIST SP 800-89 §5.3.3; CA/B BR §6.1.6',
  },
  'key.close_primes': {
    code: 'key_compromised',
    severity: always('error'),
    requires: "An RSA modulus withstands 100 rounds of Fermat's factorization.",
    reference: 'CVE-2022-26320; CA/B BR §6.1.1.3',
  },
  'key.rsa_bits': {
    code: 'key_too_small',
    severity: always('error'),
    requires: 'An RSA modulus has at least 2048 bits.',
    reference: 'RFC 9325 §4.5; CA/B BR §6.1.5',
  },
  'key.ec_bits': {
    code: 'key_too_small',
    severity: always('error'),
    requires: 'The curve of an EC key has at least 224 bits.',
    reference: 'NIST SP 800-57 part 1, table 2 (112 bits of security)',
  },
  'key.dsa_bits': {
    code: 'key_too_small',
    severity: always('error'),
    requires: 'A DSA prime has at least 2048 bits.',
    reference: 'NIST SP 800-57 part 1, table 2 (112 bits of security)',
  },
  // Static key exchange other than RSA's never had cipher suites for these keys.
  'key.cannot_sign': {
    code: 'key_type_not_allowed',
    severity: always('error'),
    requires:
      'A key is of a kind that signs: a CA signs certificates, and who has an end-entity certificate proves it.',
    reference: 'RFC 8446 §4.4.2.2; RFC 8410 §5',
  },
  'key.dsa': {
    code: 'key_type_not_allowed',
    severity: { default: 'warning', rfc5280: 'warning', webpki: 'error' },
    requires: 'A key is not DSA: TLS 1.3 and FIPS 186-5 have dropped it.',
    reference: 'RFC 8446 §4.2.3; FIPS 186-5 §4',
  },
  'key.webpki_type': {
    code: 'key_type_not_allowed',
    severity: webpkiOnly('off'),
    requires: 'A key is RSA, P-256, P-384 or P-521.',
    reference: 'CA/B BR §6.1.5',
  },
  'key.webpki_rsa_multiple_of_8': {
    code: 'key_type_not_allowed',
    severity: webpkiOnly('off'),
    requires: 'The bits of an RSA modulus are a multiple of 8.',
    reference: 'CA/B BR §6.1.5',
  },

  // Signatures.
  'signature.unusual': {
    code: 'signature_algorithm_unusual',
    severity: { default: 'warning', rfc5280: 'info', webpki: 'error' },
    requires:
      'The digest of a signature is SHA-256, SHA-384 or SHA-512, and RSASSA-PSS has the same one in MGF1 and a salt as long.',
    reference: 'RFC 8446 §4.2.3; CA/B BR §7.1.3.2',
  },

  // Purpose.
  'eku.server_auth': {
    code: 'eku_not_server_auth',
    severity: always('error'),
    requires: 'An extendedKeyUsage in the path, where there is one, allows server authentication.',
    reference: 'RFC 5280 §4.2.1.12',
  },
  'eku.client_auth': {
    code: 'eku_not_client_auth',
    severity: always('error'),
    requires: 'An extendedKeyUsage in the path, where there is one, allows client authentication.',
    reference: 'RFC 5280 §4.2.1.12',
  },
  'eku.any_alone': {
    code: 'eku_not_server_auth',
    severity: { default: 'warning', rfc5280: 'info', webpki: 'error' },
    requires:
      'A server certificate names server authentication itself: OpenSSL does not take anyExtendedKeyUsage for it.',
    reference: 'RFC 5280 §4.2.1.12',
  },
  'eku.client_any_alone': {
    code: 'eku_not_client_auth',
    severity: { default: 'warning', rfc5280: 'info', webpki: 'warning' },
    requires:
      'A client certificate names client authentication itself: OpenSSL does not take anyExtendedKeyUsage for it.',
    reference: 'RFC 5280 §4.2.1.12',
  },
  'eku.any_beside': {
    code: 'eku_profile_violation',
    severity: webpkiOnly('off'),
    requires: 'A server certificate does not have anyExtendedKeyUsage.',
    reference: 'CA/B BR §7.1.2.7.10',
  },
  'eku.missing': {
    code: 'eku_profile_violation',
    severity: webpkiOnly('off'),
    requires: 'A server certificate has an extendedKeyUsage.',
    reference: 'CA/B BR §7.1.2.7.6',
  },
  'eku.critical': {
    code: 'eku_profile_violation',
    severity: webpkiOnly('off'),
    requires: 'The extendedKeyUsage of a server certificate is not critical.',
    reference: 'CA/B BR §7.1.2.7.6',
  },
  'eku.in_root': {
    code: 'eku_profile_violation',
    severity: webpkiOnly('off'),
    requires: 'A root certificate has no extendedKeyUsage.',
    reference: 'CA/B BR §7.1.2.1.2',
  },
  'key_usage.handshake': {
    code: 'key_usage_incompatible',
    severity: always('error'),
    requires: 'A keyUsage, where there is one, allows what the key was used for in the handshake.',
    reference: 'RFC 8446 §4.4.2.2; RFC 5246 §7.4.2; RFC 5280 §4.2.1.3',
  },
  // No error: the conformance suite has a leaf that may only sign certificates, and a real handshake tells.
  'key_usage.purpose': {
    code: 'key_usage_incompatible',
    severity: always('warning'),
    requires: 'A keyUsage, where there is one, has a bit that is consistent with the purpose.',
    reference: 'RFC 5280 §4.2.1.12',
  },
  'key_usage.unproven': {
    code: 'key_usage_incompatible',
    severity: always('info'),
    requires:
      'A keyUsage, where there is one, allows digital signatures, as TLS 1.3 and every ECDHE cipher suite need.',
    reference: 'RFC 8446 §4.4.2.2; RFC 5280 §4.2.1.3',
  },

  // Profile of the certificates in a path.
  'ski.missing_in_ca': {
    code: 'key_identifier_missing',
    severity: lint('info'),
    requires: 'A CA certificate has a subjectKeyIdentifier.',
    reference: 'RFC 5280 §4.2.1.2',
  },
  'aki.missing': {
    code: 'key_identifier_missing',
    severity: lint('info'),
    requires: 'A certificate that is not self-signed has an authorityKeyIdentifier with a keyIdentifier.',
    reference: 'RFC 5280 §4.2.1.1',
  },
  'aki.root_key_identifier': {
    code: 'key_identifier_missing',
    severity: webpkiOnly('off'),
    requires: 'An authorityKeyIdentifier of a root has a keyIdentifier.',
    reference: 'CA/B BR §7.1.2.1.3',
  },
  'aki.root_issuer_and_serial': {
    code: 'aki_issuer_and_serial',
    severity: webpkiOnly('off'),
    requires: 'An authorityKeyIdentifier of a root has no authorityCertIssuer and no authorityCertSerialNumber.',
    reference: 'CA/B BR §7.1.2.1.3',
  },
  'aki.root_own_key': {
    code: 'aki_mismatch',
    severity: webpkiOnly('info'),
    requires: 'The keyIdentifier in the authorityKeyIdentifier of a root is its subjectKeyIdentifier.',
    reference: 'CA/B BR §7.1.2.1.3',
  },
  'leaf.is_ca': {
    code: 'leaf_is_ca',
    severity: webpkiOnly('info'),
    requires: 'A server certificate is not a CA certificate.',
    reference: 'CA/B BR §7.1.2.7.8',
  },
  'version.not_3': {
    code: 'version_not_3',
    severity: webpkiOnly('info'),
    requires: 'A certificate is of version 3.',
    reference: 'CA/B BR §7.1.1',
  },
} as const satisfies Record<string, Rule>;

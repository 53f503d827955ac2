import { always, lint, type Rule } from './rule.ts';

/**
 * Rules that one certificate's bytes keep or break by themselves; the reader in `x509` judges them.
 *
 * An error everywhere: what lets two readers disagree about the meaning, or what nobody issues.
 * Milder in profile `default`: what CAs in real use have issued and every common client reads alike.
 */
export const CERTIFICATE_RULES = {
  // The encoding (X.690, DER).
  'der.trailing_bytes': {
    code: 'cert_malformed',
    severity: always('error'),
    requires: 'Nothing follows the outer SEQUENCE.',
    reference: 'RFC 5280 §4.1',
  },
  'der.element_truncated': {
    code: 'cert_malformed',
    severity: always('error'),
    requires: 'An element ends inside the one that holds it.',
    reference: 'X.690 §8.1.3',
  },
  'der.length_not_minimal': {
    code: 'cert_malformed',
    severity: always('error'),
    requires: 'A length uses the fewest octets.',
    reference: 'X.690 §10.1',
  },
  'der.length_indefinite': {
    code: 'cert_malformed',
    severity: always('error'),
    requires: 'A length is definite.',
    reference: 'X.690 §10.1',
  },
  'der.length_too_long': {
    code: 'cert_malformed',
    severity: always('error'),
    requires: 'A length has at most four octets.',
    reference: 'X.690 §8.1.3.5; limit of the reader',
  },
  'der.tag_multi_octet': {
    code: 'cert_malformed',
    severity: always('error'),
    requires: 'A tag has one octet: no field of a certificate has a larger tag number than 30.',
    reference: 'RFC 5280 appendix A; X.690 §8.1.2',
  },
  'der.unexpected_tag': {
    code: 'cert_malformed',
    severity: always('error'),
    requires: 'Each field has the type of its ASN.1 definition.',
    reference: 'RFC 5280 appendix A',
  },
  'der.field_missing': {
    code: 'cert_malformed',
    severity: always('error'),
    requires: 'Each field that is not OPTIONAL is present.',
    reference: 'RFC 5280 appendix A',
  },
  'der.unexpected_element': {
    code: 'cert_malformed',
    severity: always('error'),
    requires: 'Nothing follows the last field of a structure.',
    reference: 'RFC 5280 appendix A',
  },
  'der.too_many_elements': {
    code: 'cert_malformed',
    severity: always('error'),
    requires: 'A certificate has at most 100,000 elements, counting characters outside ASCII in its names.',
    reference: 'limit of the reader',
  },
  'der.boolean_value': {
    code: 'cert_malformed',
    severity: always('error'),
    requires: 'A BOOLEAN is one octet, 00 or FF.',
    reference: 'X.690 §11.1',
  },
  'der.integer_not_minimal': {
    code: 'cert_malformed',
    severity: always('error'),
    requires: 'An INTEGER uses the fewest octets.',
    reference: 'X.690 §8.3.2',
  },
  'der.integer_empty': {
    code: 'cert_malformed',
    severity: always('error'),
    requires: 'An INTEGER has at least one octet.',
    reference: 'X.690 §8.3.1',
  },
  'der.integer_range': {
    code: 'cert_malformed',
    severity: always('error'),
    requires: 'A count or number is between zero and 2^31 - 1.',
    reference: 'RFC 5280 appendix A; upper limit of the reader',
  },
  'der.bit_string_form': {
    code: 'cert_malformed',
    severity: always('error'),
    requires: 'A BIT STRING names zero to seven unused bits, which are zero.',
    reference: 'X.690 §8.6.2, §11.2.1',
  },
  'der.named_bits_trailing_zeros': {
    code: 'cert_malformed',
    severity: lint('info', 'warning'),
    requires: 'A list of named bits ends with a bit that is one.',
    reference: 'X.690 §11.2.2',
  },
  'der.null_value': {
    code: 'cert_malformed',
    severity: always('error'),
    requires: 'A NULL has no content.',
    reference: 'X.690 §8.8.2',
  },
  'der.oid_form': {
    code: 'cert_malformed',
    severity: always('error'),
    requires: 'An OBJECT IDENTIFIER has whole subidentifiers without leading zeros, at most 128 octets in all.',
    reference: 'X.690 §8.19; upper limit of the reader',
  },
  'der.set_order': {
    code: 'cert_malformed',
    severity: lint('warning'),
    requires: 'The members of a SET OF are sorted.',
    reference: 'X.690 §11.6',
  },
  'der.default_encoded': {
    code: 'cert_malformed',
    severity: lint('info'),
    requires: 'A field that has its default value is left out.',
    reference: 'X.690 §11.5',
  },

  // The certificate itself.
  'certificate.too_large': {
    code: 'cert_malformed',
    severity: always('error'),
    requires: 'A certificate has at most 1 MiB.',
    reference: 'limit of the reader',
  },
  'certificate.version': {
    code: 'cert_malformed',
    severity: always('error'),
    requires: 'The version is 1, 2 or 3.',
    reference: 'RFC 5280 §4.1.2.1',
  },
  'certificate.version_2': {
    code: 'cert_malformed',
    severity: lint('warning'),
    requires: 'Version 2 is used only with a unique identifier and without extensions.',
    reference: 'RFC 5280 §4.1.2.1',
  },
  'certificate.extensions_before_v3': {
    code: 'cert_malformed',
    severity: always('error'),
    requires: 'Only version 3 has extensions.',
    reference: 'RFC 5280 §4.1.2.9',
  },
  'certificate.extensions_empty': {
    code: 'cert_malformed',
    severity: lint('warning'),
    requires: 'The extensions field holds at least one extension.',
    reference: 'RFC 5280 §4.1.2.9',
  },
  'certificate.unique_id_in_v1': {
    code: 'cert_malformed',
    severity: always('error'),
    requires: 'Version 1 has no unique identifiers.',
    reference: 'RFC 5280 §4.1.2.8',
  },
  'certificate.unique_id': {
    code: 'cert_malformed',
    severity: lint('info'),
    requires: 'Issuer and subject unique identifiers are not used.',
    reference: 'RFC 5280 §4.1.2.8',
  },
  'certificate.algorithm_mismatch': {
    code: 'cert_malformed',
    severity: always('error'),
    requires: 'The signature algorithm is the same inside and outside of what is signed.',
    reference: 'RFC 5280 §4.1.1.2, §4.1.2.3',
  },
  'certificate.signature_unused_bits': {
    code: 'cert_malformed',
    severity: always('error'),
    requires: 'The signature is a whole number of octets.',
    reference: 'RFC 5280 §4.1.1.3',
  },

  // Serial number.
  'serial.negative': {
    code: 'serial_invalid',
    severity: lint('warning'),
    requires: 'The serial number is positive.',
    reference: 'RFC 5280 §4.1.2.2',
  },
  'serial.zero': {
    code: 'serial_invalid',
    severity: lint('warning'),
    requires: 'The serial number is not zero.',
    reference: 'RFC 5280 §4.1.2.2',
  },
  'serial.too_long': {
    code: 'serial_invalid',
    severity: lint('warning'),
    requires: 'The serial number has at most 20 octets.',
    reference: 'RFC 5280 §4.1.2.2',
  },

  // Validity.
  'time.form': {
    code: 'cert_malformed',
    severity: always('error'),
    requires: 'A time is UTCTime YYMMDDHHMMSSZ or GeneralizedTime YYYYMMDDHHMMSSZ.',
    reference: 'RFC 5280 §4.1.2.5.1, §4.1.2.5.2',
  },
  'time.impossible': {
    code: 'cert_malformed',
    severity: always('error'),
    requires: 'A time names a day and a second that exist.',
    reference: 'RFC 5280 §4.1.2.5',
  },
  'time.generalized_before_2050': {
    code: 'cert_malformed',
    severity: lint('info', 'warning'),
    requires: 'A time through the year 2049 is a UTCTime.',
    reference: 'RFC 5280 §4.1.2.5',
  },
  'time.order': {
    code: 'cert_malformed',
    severity: always('warning'),
    requires: 'notAfter is not before notBefore.',
    reference: 'RFC 5280 §4.1.2.5',
  },

  // Names.
  'name.issuer_empty': {
    code: 'cert_malformed',
    severity: always('error'),
    requires: 'The issuer is a non-empty name.',
    reference: 'RFC 5280 §4.1.2.4',
  },
  'name.ca_subject_empty': {
    code: 'cert_malformed',
    severity: always('error'),
    requires: 'The subject of a CA certificate is a non-empty name.',
    reference: 'RFC 5280 §4.1.2.6',
  },
  'name.subject_and_san_missing': {
    code: 'cert_malformed',
    severity: lint('warning'),
    requires: 'A certificate names its subject in the subject or in a subjectAltName.',
    reference: 'RFC 5280 §4.1.2.6',
  },
  'name.rdn_empty': {
    code: 'cert_malformed',
    severity: always('error'),
    requires: 'A relative distinguished name holds at least one attribute.',
    reference: 'RFC 5280 §4.1.2.4',
  },
  'name.string_type': {
    code: 'cert_malformed',
    severity: lint('info'),
    requires: 'An attribute of a name has a string type that its definition allows.',
    reference: 'RFC 5280 §4.1.2.4, appendix A.1',
  },
  'name.string_alphabet': {
    code: 'cert_malformed',
    severity: lint('info'),
    requires: 'A string has only the characters of its type.',
    reference: 'X.680 §41; RFC 5280 §4.1.2.4',
  },
  'name.string_encoding': {
    code: 'cert_malformed',
    severity: always('error'),
    requires: 'A string is validly encoded in its character set.',
    reference: 'X.690 §8.23; RFC 3629 §3',
  },
  'name.control_character': {
    code: 'cert_malformed',
    severity: lint('warning'),
    requires: 'A name has no control characters.',
    reference: 'RFC 5280 §7.1; RFC 4518 §2.2',
  },
  'name.string_length': {
    code: 'cert_malformed',
    severity: lint('info', 'warning'),
    requires: 'An attribute value is neither empty nor longer than its upper bound.',
    reference: 'RFC 5280 appendix A.1',
  },

  // Algorithms.
  'algorithm.parameters_unexpected': {
    code: 'cert_malformed',
    severity: lint('warning'),
    requires: 'ECDSA and DSA signature algorithms have no parameters.',
    reference: 'RFC 5758 §3.1, §3.2; RFC 3279 §2.2.2, §2.2.3',
  },
  'algorithm.parameters_forbidden': {
    code: 'cert_malformed',
    severity: always('error'),
    requires: 'EdDSA, ML-DSA and SLH-DSA have no parameters.',
    reference: 'RFC 8410 §3; RFC 9881; RFC 9909',
  },
  'algorithm.parameters_not_null': {
    code: 'cert_malformed',
    severity: lint('info', 'warning'),
    requires: 'RSA PKCS #1 algorithms have the parameters NULL.',
    reference: 'RFC 4055 §5; RFC 3279 §2.2.1, §2.3.1',
  },
  'algorithm.pss_parameters': {
    code: 'cert_malformed',
    severity: always('error'),
    requires: 'RSASSA-PSS parameters name a hash, MGF1, a salt length and trailer field 1.',
    reference: 'RFC 4055 §3.1',
  },

  // Keys.
  'key.malformed': {
    code: 'key_invalid',
    severity: always('error'),
    requires: 'The public key has the form and length that its algorithm gives it.',
    reference: 'RFC 3279 §2.3; RFC 5480 §2.2; RFC 8410 §4',
  },
  'key.rsa_modulus': {
    code: 'key_invalid',
    severity: always('error'),
    requires: 'An RSA modulus is a positive odd number.',
    reference: 'RFC 8017 §3.1',
  },
  'key.rsa_exponent': {
    code: 'key_invalid',
    severity: always('error'),
    requires: 'An RSA exponent is odd, at least 3 and less than the modulus.',
    reference: 'RFC 8017 §3.1',
  },
  'key.rsa_too_large': {
    code: 'key_algorithm_unsupported',
    severity: always('error'),
    requires: 'An RSA modulus has at most 16,384 bits and its exponent at most 64.',
    reference: 'limits of OpenSSL',
  },
  'key.ec_explicit_parameters': {
    code: 'key_invalid',
    severity: always('error'),
    requires: 'An EC key names its curve by an OID.',
    reference: 'RFC 5480 §2.1.1',
  },
  'key.ec_point': {
    code: 'key_invalid',
    severity: always('error'),
    requires: 'An EC public key is a point of its curve, in uncompressed or compressed form.',
    reference: 'RFC 5480 §2.2; SEC 1 §2.3.4',
  },
  'key.curve_unknown': {
    code: 'key_algorithm_unsupported',
    severity: always('error'),
    requires: 'The curve of an EC key is one that can be judged.',
    reference: 'RFC 5480 §2.1.1.1',
  },
  'key.algorithm_unknown': {
    code: 'key_algorithm_unsupported',
    severity: always('error'),
    requires: 'The public key algorithm is one that can be judged.',
    reference: 'RFC 5280 §4.1.2.7',
  },
  'key.dsa_parameters_inherited': {
    code: 'key_algorithm_unsupported',
    severity: always('error'),
    requires: 'A DSA key carries its parameters.',
    reference: 'RFC 3279 §2.3.2',
  },

  // Extensions in general.
  'extension.duplicate': {
    code: 'cert_malformed',
    severity: always('error'),
    requires: 'An extension stands at most once in a certificate.',
    reference: 'RFC 5280 §4.2',
  },
  'extension.empty': {
    code: 'cert_malformed',
    severity: always('error'),
    requires: 'An extension that is a list holds at least one member.',
    reference: 'RFC 5280 §4.2.1, §4.2.2',
  },
  'extension.must_not_be_critical': {
    code: 'cert_malformed',
    severity: lint('warning'),
    requires: 'Key identifiers, information access, freshestCRL and directory attributes are not critical.',
    reference: 'RFC 5280 §4.2.1.1, §4.2.1.2, §4.2.1.8, §4.2.1.15, §4.2.2',
  },
  'extension.should_not_be_critical': {
    code: 'cert_malformed',
    severity: always('info'),
    requires: 'cRLDistributionPoints and issuerAltName are not critical.',
    reference: 'RFC 5280 §4.2.1.7, §4.2.1.13',
  },
  'extension.should_be_critical': {
    code: 'cert_malformed',
    severity: lint('off', 'info'),
    requires: 'keyUsage and policyMappings are critical.',
    reference: 'RFC 5280 §4.2.1.3, §4.2.1.5',
  },

  // Extensions of CA certificates.
  'basic_constraints.not_critical': {
    code: 'ca_extension_invalid',
    severity: lint('warning'),
    requires: 'basicConstraints of a CA certificate is critical.',
    reference: 'RFC 5280 §4.2.1.9',
  },
  'basic_constraints.path_length_without_ca': {
    code: 'ca_extension_invalid',
    severity: lint('warning'),
    requires: 'A pathLenConstraint stands only with cA TRUE.',
    reference: 'RFC 5280 §4.2.1.9',
  },
  'basic_constraints.path_length_without_cert_sign': {
    code: 'ca_extension_invalid',
    severity: lint('warning'),
    requires: 'A pathLenConstraint stands only with the keyCertSign usage.',
    reference: 'RFC 5280 §4.2.1.9',
  },
  'key_usage.cert_sign_without_ca': {
    code: 'ca_extension_invalid',
    severity: lint('warning'),
    requires: 'The keyCertSign usage stands only with cA TRUE.',
    reference: 'RFC 5280 §4.2.1.3, §4.2.1.9',
  },
  'key_usage.missing_in_ca': {
    code: 'ca_extension_invalid',
    severity: lint('info', 'warning'),
    requires: 'A CA certificate has a keyUsage extension.',
    reference: 'RFC 5280 §4.2.1.3',
  },
  'key_usage.empty': {
    code: 'cert_malformed',
    severity: lint('warning'),
    requires: 'keyUsage has at least one bit set.',
    reference: 'RFC 5280 §4.2.1.3',
  },
  'key_usage.unknown_bits': {
    code: 'cert_malformed',
    severity: lint('info', 'warning'),
    requires: 'keyUsage has only the bits 0 to 8.',
    reference: 'RFC 5280 §4.2.1.3',
  },
  'policy_constraints.not_critical': {
    code: 'ca_extension_invalid',
    severity: lint('warning'),
    requires: 'policyConstraints is critical.',
    reference: 'RFC 5280 §4.2.1.11',
  },
  'policy_constraints.empty': {
    code: 'ca_extension_invalid',
    severity: lint('warning'),
    requires: 'policyConstraints has at least one of its fields.',
    reference: 'RFC 5280 §4.2.1.11',
  },
  'inhibit_any_policy.not_critical': {
    code: 'ca_extension_invalid',
    severity: lint('warning'),
    requires: 'inhibitAnyPolicy is critical.',
    reference: 'RFC 5280 §4.2.1.14',
  },
  'policies.duplicate': {
    code: 'cert_malformed',
    severity: lint('warning'),
    requires: 'certificatePolicies names a policy at most once.',
    reference: 'RFC 5280 §4.2.1.4',
  },
  'policy_mappings.any_policy': {
    code: 'ca_extension_invalid',
    severity: lint('warning'),
    requires: 'Policies are not mapped to or from anyPolicy.',
    reference: 'RFC 5280 §4.2.1.5',
  },

  // Name constraints.
  'name_constraints.not_critical': {
    code: 'name_constraint_malformed',
    severity: { default: 'info', rfc5280: 'error', webpki: 'info' },
    requires: 'nameConstraints is critical (the CA/Browser Forum allows that it is not).',
    reference: 'RFC 5280 §4.2.1.10',
  },
  'name_constraints.in_end_entity': {
    code: 'name_constraint_malformed',
    severity: lint('warning'),
    requires: 'nameConstraints stands only in a CA certificate.',
    reference: 'RFC 5280 §4.2.1.10',
  },
  'name_constraints.empty': {
    code: 'name_constraint_malformed',
    severity: lint('warning'),
    requires: 'nameConstraints has permitted or excluded subtrees, at least one in each list.',
    reference: 'RFC 5280 §4.2.1.10',
  },
  'name_constraints.distance': {
    code: 'name_constraint_malformed',
    severity: lint('warning'),
    requires: 'A subtree has minimum zero and no maximum.',
    reference: 'RFC 5280 §4.2.1.10',
  },
  'name_constraints.dns_syntax': {
    code: 'name_constraint_malformed',
    severity: lint('warning'),
    requires: 'A dNSName constraint is a host name without wildcard.',
    reference: 'RFC 5280 §4.2.1.10',
  },
  'name_constraints.dns_leading_period': {
    code: 'name_constraint_malformed',
    severity: lint('info'),
    requires: 'A dNSName constraint does not begin with a period.',
    reference: 'RFC 5280 §4.2.1.10',
  },
  'name_constraints.email_syntax': {
    code: 'name_constraint_malformed',
    severity: lint('warning'),
    requires: 'An rfc822Name constraint is a mailbox, a host, or a domain with a leading period.',
    reference: 'RFC 5280 §4.2.1.10',
  },
  'name_constraints.uri_syntax': {
    code: 'name_constraint_malformed',
    severity: lint('warning'),
    requires: 'A URI constraint is a host, or a domain with a leading period.',
    reference: 'RFC 5280 §4.2.1.10',
  },
  'name_constraints.ip_form': {
    code: 'name_constraint_malformed',
    severity: lint('warning'),
    requires: 'An iPAddress constraint is an address and a mask of ones then zeros: 8 or 32 octets.',
    reference: 'RFC 5280 §4.2.1.10; RFC 4632 §3.1',
  },

  // Alternative names.
  'san.empty': {
    code: 'cert_malformed',
    severity: lint('warning'),
    requires: 'subjectAltName and issuerAltName hold at least one name.',
    reference: 'RFC 5280 §4.2.1.6',
  },
  'san.not_critical_with_empty_subject': {
    code: 'cert_malformed',
    severity: lint('warning'),
    requires: 'subjectAltName is critical when the subject is empty.',
    reference: 'RFC 5280 §4.1.2.6, §4.2.1.6',
  },
  'san.critical_with_subject': {
    code: 'cert_malformed',
    severity: { default: 'off', rfc5280: 'info', webpki: 'error' },
    requires: 'subjectAltName of an end-entity certificate is not critical when the subject is not empty.',
    reference: 'CA/B BR §7.1.2.7.12; RFC 5280 §4.2.1.6 (should)',
  },
  'general_name.alphabet': {
    code: 'cert_malformed',
    severity: always('error'),
    requires: 'dNSName, rfc822Name and URI have octets below 80 only.',
    reference: 'RFC 5280 §4.2.1.6; X.680 §41',
  },
  'general_name.control_character': {
    code: 'cert_malformed',
    severity: always('error'),
    requires: 'dNSName, rfc822Name and URI have no control characters.',
    reference: 'RFC 5280 §4.2.1.6',
  },
  'san.dns_syntax': {
    code: 'cert_malformed',
    severity: lint('warning'),
    requires: 'A dNSName is a host name in preferred name syntax.',
    reference: 'RFC 5280 §4.2.1.6; RFC 1034 §3.5',
  },
  'san.dns_ip_text': {
    code: 'cert_malformed',
    severity: lint('warning'),
    requires: 'An IP address is an iPAddress, not a dNSName.',
    reference: 'RFC 5280 §4.2.1.6',
  },
  'san.dns_underscore': {
    code: 'cert_malformed',
    severity: lint('info'),
    requires: 'A dNSName has no underscore.',
    reference: 'RFC 5280 §4.2.1.6; RFC 1034 §3.5',
  },
  'san.dns_wildcard': {
    code: 'cert_malformed',
    severity: lint('info', 'warning'),
    requires: 'A wildcard is the whole left-most label of a dNSName.',
    reference: 'RFC 9525 §6.3',
  },
  'san.ip_length': {
    code: 'cert_malformed',
    severity: always('error'),
    requires: 'An iPAddress has 4 or 16 octets.',
    reference: 'RFC 5280 §4.2.1.6',
  },
  'san.email_syntax': {
    code: 'cert_malformed',
    severity: lint('warning'),
    requires: 'An rfc822Name is a mailbox: one local part, one at sign, one domain.',
    reference: 'RFC 5280 §4.2.1.6; RFC 5321 §4.1.2',
  },
  'san.uri_syntax': {
    code: 'cert_malformed',
    severity: lint('warning'),
    requires: 'A uniformResourceIdentifier is absolute: a scheme and what it names.',
    reference: 'RFC 5280 §4.2.1.6; RFC 3986 §3',
  },

  // Other extensions.
  'authority_key_identifier.issuer_and_serial': {
    code: 'cert_malformed',
    severity: lint('warning'),
    requires: 'authorityCertIssuer and authorityCertSerialNumber stand together or not at all.',
    reference: 'RFC 5280 §4.2.1.1, appendix A.2',
  },
  'distribution_point.reasons_only': {
    code: 'cert_malformed',
    severity: lint('warning'),
    requires: 'A DistributionPoint has a distributionPoint or a cRLIssuer.',
    reference: 'RFC 5280 §4.2.1.13',
  },
} as const satisfies Record<string, Rule>;

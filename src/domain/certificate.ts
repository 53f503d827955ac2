import type { Fault } from './fault.ts';

/** An X.501 Name (RFC 5280 §4.1.2.4). */
export interface DistinguishedName {
  readonly der: Buffer;
  /** Relative distinguished names in encoded order (most significant first). */
  readonly rdns: readonly (readonly AttributeTypeAndValue[])[];
  /** RFC 4514 text, cleaned of control and bidirectional characters and cut to the bound for strings. */
  readonly text: string;
  /** Equal exactly when two names match by RFC 5280 §7.1 (case folded, insignificant space removed, string types equal). */
  readonly key: string;
}

export interface AttributeTypeAndValue {
  readonly oid: string;
  /** Decoded text; null when the value is not a string type. */
  readonly value: string | null;
  /** Universal tag number of the value's string type (12 UTF8String, 19 PrintableString, 22 IA5String …). */
  readonly tag: number;
  /** Comparison form of this attribute: one RDN of `DistinguishedName.key` is made of these, sorted. */
  readonly key: string;
}

export interface AlgorithmIdentifier {
  readonly oid: string;
  /** The registered name (`ecdsa-with-SHA256`), or the OID when unknown to us. */
  readonly name: string;
  /** The whole AlgorithmIdentifier, for byte comparison (RFC 5280 §4.1.1.2). */
  readonly der: Buffer;
  /** DER of the parameters; null when absent. */
  readonly parameters: Buffer | null;
}

/** Digests by the names that node:crypto has for them, where it has them. */
export type HashName =
  | `md${2 | 4 | 5}`
  | 'sha1'
  | `sha${224 | 256 | 384 | 512}`
  | `sha512-${224 | 256}`
  | `sha3-${224 | 256 | 384 | 512}`
  | `shake${128 | 256}`;

/** RSASSA-PSS-params (RFC 4055 §3.1) with its defaults filled in, or what RFC 8692 §4 fixes. */
export interface PssParameters {
  readonly hash: HashName;
  /** The digest of MGF1; SHAKE gives the mask itself. */
  readonly mask: HashName;
  /** Octets. In a key: the least that a signature may have. */
  readonly saltLength: number;
}

/** How a certificate (or CRL, or OCSP response) was signed. */
export interface SignatureInfo {
  readonly algorithm: AlgorithmIdentifier;
  readonly value: Buffer;
  /** The digest whose strength counts; null when the algorithm has none of its own (Ed25519, ML-DSA) or is unknown. */
  readonly hash: HashName | null;
  /** Null when the algorithm is another than RSASSA-PSS, or its parameters are not usable. */
  readonly pss: PssParameters | null;
}

/** What kind of public key it is. `bits` is the size people compare (modulus, field, or NIST category size). */
export type PublicKeyFacts =
  | { readonly type: 'rsa' | 'rsa-pss'; readonly bits: number; readonly exponent: bigint; readonly modulus: Buffer }
  | {
      readonly type: 'ec';
      /** `P-256`, `P-384`, `P-521`, `brainpoolP256r1`, `secp256k1` …; the OID when unknown; null for explicit parameters. */
      readonly curve: string | null;
      readonly bits: number;
    }
  | { readonly type: 'dsa'; readonly bits: number }
  | { readonly type: 'ed25519' | 'ed448' | 'x25519' | 'x448'; readonly bits: number }
  | { readonly type: 'ml-dsa' | 'ml-kem' | 'slh-dsa'; readonly parameterSet: string; readonly bits: number }
  | { readonly type: 'unknown'; readonly bits: 0 };

export interface SubjectPublicKeyInfo {
  readonly der: Buffer;
  /** Of the whole SubjectPublicKeyInfo, lower-case hex (the pin of RFC 7469 §2.4). */
  readonly sha256: string;
  readonly algorithm: AlgorithmIdentifier;
  /** Content of the subjectPublicKey BIT STRING (what key identifiers hash, RFC 5280 §4.2.1.2). */
  readonly publicKey: Buffer;
  readonly facts: PublicKeyFacts;
}

export type KeyUsageBit =
  | 'digital_signature'
  | 'content_commitment'
  | 'key_encipherment'
  | 'data_encipherment'
  | 'key_agreement'
  | 'key_cert_sign'
  | 'crl_sign'
  | 'encipher_only'
  | 'decipher_only';

/** GeneralName (RFC 5280 §4.2.1.6). Text is as encoded (one character per octet for IA5String), never cleaned. */
export type GeneralName =
  | { readonly type: 'dns' | 'email' | 'uri'; readonly value: string }
  | { readonly type: 'ip'; readonly value: Buffer }
  | { readonly type: 'directory'; readonly value: DistinguishedName }
  | { readonly type: 'registered_id'; readonly value: string }
  | {
      readonly type: 'other';
      readonly typeId: string;
      readonly der: Buffer;
      /** Of an SmtpUTF8Mailbox (RFC 9598 §3) the text; null when it cannot be read, or the name is of another type. */
      readonly mailbox: string | null;
    }
  | { readonly type: 'x400' | 'edi'; readonly der: Buffer };

/** id-on-SmtpUTF8Mailbox: an otherName of the same namespace as rfc822Name (RFC 9598 §3, §6). */
export const SMTP_UTF8_MAILBOX = '1.3.6.1.5.5.7.8.9';

/** The mailbox that a name is, as an rfc822Name or in UTF-8; null when it is none that can be read. */
export function mailboxOf(name: GeneralName): string | null {
  if (name.type === 'email') return name.value;
  return name.type === 'other' ? name.mailbox : null;
}

/** The base of one GeneralSubtree; for `ip` 8 or 32 octets of address and mask when well-formed. */
export type GeneralSubtree = GeneralName & {
  /** minimum other than 0 or maximum present, which RFC 5280 §4.2.1.10 forbids. */
  readonly hasDistance: boolean;
};

export interface NameConstraints {
  readonly permitted: readonly GeneralSubtree[];
  readonly excluded: readonly GeneralSubtree[];
}

export interface AuthorityKeyIdentifier {
  readonly keyIdentifier: string | null;
  readonly issuer: readonly GeneralName[] | null;
  readonly serial: string | null;
}

export interface PolicyInformation {
  readonly oid: string;
  readonly hasQualifiers: boolean;
}

export interface DistributionPoint {
  readonly fullName: readonly GeneralName[];
  /** DER of nameRelativeToCRLIssuer; null when absent. */
  readonly relativeName: Buffer | null;
  /** ReasonFlags bits 0..8 as a mask with bit n = 1 << n; null = all reasons. */
  readonly reasons: number | null;
  readonly crlIssuer: readonly GeneralName[];
}

export interface Extension {
  readonly oid: string;
  readonly critical: boolean;
  /** Content of extnValue. */
  readonly value: Buffer;
  /** Offset of the Extension SEQUENCE in the certificate. */
  readonly offset: number;
  /** False when we do not process this OID: fatal if critical (RFC 5280 §4.2). */
  readonly recognised: boolean;
}

/**
 * The extensions that path validation and the checks read, decoded. Absent in the certificate = undefined.
 * An extension that is present but cannot be decoded is undefined here, stands in `extensions`, and has a fault
 * with an error severity in every profile, so nothing is judged as if it were missing.
 */
export interface DecodedExtensions {
  readonly basicConstraints?: { readonly ca: boolean; readonly pathLength: number | null };
  readonly keyUsage?: ReadonlySet<KeyUsageBit>;
  /** KeyPurposeId OIDs. */
  readonly extendedKeyUsage?: readonly string[];
  readonly subjectAltName?: readonly GeneralName[];
  readonly issuerAltName?: readonly GeneralName[];
  readonly nameConstraints?: NameConstraints;
  readonly certificatePolicies?: readonly PolicyInformation[];
  readonly policyMappings?: readonly { readonly issuerDomain: string; readonly subjectDomain: string }[];
  readonly policyConstraints?: {
    readonly requireExplicitPolicy: number | null;
    readonly inhibitPolicyMapping: number | null;
  };
  readonly inhibitAnyPolicy?: number;
  readonly subjectKeyIdentifier?: string;
  readonly authorityKeyIdentifier?: AuthorityKeyIdentifier;
  readonly crlDistributionPoints?: readonly DistributionPoint[];
  readonly freshestCrl?: readonly DistributionPoint[];
  readonly authorityInfoAccess?: { readonly ocsp: readonly string[]; readonly caIssuers: readonly string[] };
  /** TLS feature numbers (RFC 7633); 5 = status_request, the "must-staple". */
  readonly tlsFeatures?: readonly number[];
  /** id-pkix-ocsp-nocheck (RFC 6960 §4.2.2.2.1). */
  readonly ocspNoCheck?: boolean;
  /** SignedCertificateTimestampList embedded in the certificate (RFC 6962 §3.3). */
  readonly sctList?: Buffer;
}

/**
 * A certificate as our reader understood it. The record exists whenever the outer structure, both names and the key
 * could be read; every departure from DER or RFC 5280 §4 that was met on the way is listed in `faults`.
 * Instances are immutable, shared between requests and compared by `sha256`.
 */
export interface Certificate {
  readonly der: Buffer;
  /** Of `der`, lower-case hex. */
  readonly sha256: string;
  /** The signed bytes. */
  readonly tbs: Buffer;
  /** 1, 2 or 3; another number when the field says so. */
  readonly version: number;
  /** Content octets of the INTEGER as hex, as encoded (leading zeros and sign kept). */
  readonly serial: string;
  readonly issuer: DistinguishedName;
  readonly subject: DistinguishedName;
  /** Milliseconds since the epoch, inclusive bounds; NaN when the time could not be read (always with a fault). */
  readonly notBefore: number;
  readonly notAfter: number;
  readonly spki: SubjectPublicKeyInfo;
  readonly signature: SignatureInfo;
  readonly extensions: readonly Extension[];
  readonly decoded: DecodedExtensions;
  /** issuer and subject match (RFC 5280 §3.2 "self-issued"). */
  readonly selfIssued: boolean;
  readonly faults: readonly Fault[];
}

/** Bytes that are no certificate for us: the outer structure, a name or the key could not be read. */
export interface UnreadableCertificate {
  readonly der: Buffer;
  readonly sha256: string;
  readonly unreadable: Fault;
}

export type ReadCertificate = Certificate | UnreadableCertificate;

export function isReadable(certificate: ReadCertificate): certificate is Certificate {
  return !('unreadable' in certificate);
}

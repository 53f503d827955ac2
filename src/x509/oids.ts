import type { HashName, PssParameters } from '../domain/certificate.ts';

/** How the bytes of a signature are checked, once its algorithm is known. */
export type SignatureScheme = 'rsa' | 'rsa-pss' | 'ecdsa' | 'dsa' | 'eddsa' | 'ml-dsa' | 'slh-dsa';

export interface SignatureAlgorithm {
  readonly name: string;
  readonly scheme: SignatureScheme;
  /** Null when the scheme has no digest of its own, or when the parameters name it (RSASSA-PSS). */
  readonly hash: HashName | null;
}

const PKCS1 = '1.2.840.113549.1.1';
const ECDSA = '1.2.840.10045.4';
/** NIST's arc for signature algorithms (2.16.840.1.101.3.4.3). */
const NIST = '2.16.840.1.101.3.4.3';
/** NIST's arc for key encapsulation. */
const NIST_KEM = '2.16.840.1.101.3.4.4';

/** Parameter sets of SLH-DSA in the order of their OIDs, NIST .20 to .31 (RFC 9909). */
const SLH_DSA_SETS = [
  'SHA2-128s',
  'SHA2-128f',
  'SHA2-192s',
  'SHA2-192f',
  'SHA2-256s',
  'SHA2-256f',
  'SHAKE-128s',
  'SHAKE-128f',
  'SHAKE-192s',
  'SHAKE-192f',
  'SHAKE-256s',
  'SHAKE-256f',
] as const;

/** SHA-3 in the order of NIST's OIDs for it. */
const SHA3 = ['sha3-224', 'sha3-256', 'sha3-384', 'sha3-512'] as const;

/** RFC 8692 §3: each fixes its parameters, and is an algorithm of keys as well as of signatures. */
const SHAKE = { pss128: '1.3.6.1.5.5.7.6.30', pss256: '1.3.6.1.5.5.7.6.31', ecdsa: '1.3.6.1.5.5.7.6' } as const;

/** RFC 3279 §2.2, RFC 4055 §5, RFC 5758 §3, RFC 8017 appendix B.1, RFC 8410 §3, RFC 8692 §3, RFC 9881, RFC 9909. */
export const SIGNATURE_ALGORITHMS: ReadonlyMap<string, SignatureAlgorithm> = new Map<string, SignatureAlgorithm>([
  [`${PKCS1}.2`, { name: 'md2WithRSAEncryption', scheme: 'rsa', hash: 'md2' }],
  [`${PKCS1}.3`, { name: 'md4WithRSAEncryption', scheme: 'rsa', hash: 'md4' }],
  [`${PKCS1}.4`, { name: 'md5WithRSAEncryption', scheme: 'rsa', hash: 'md5' }],
  [`${PKCS1}.5`, { name: 'sha1WithRSAEncryption', scheme: 'rsa', hash: 'sha1' }],
  ['1.3.14.3.2.29', { name: 'sha1WithRSA', scheme: 'rsa', hash: 'sha1' }],
  [`${PKCS1}.10`, { name: 'RSASSA-PSS', scheme: 'rsa-pss', hash: null }],
  [`${PKCS1}.11`, { name: 'sha256WithRSAEncryption', scheme: 'rsa', hash: 'sha256' }],
  [`${PKCS1}.12`, { name: 'sha384WithRSAEncryption', scheme: 'rsa', hash: 'sha384' }],
  [`${PKCS1}.13`, { name: 'sha512WithRSAEncryption', scheme: 'rsa', hash: 'sha512' }],
  [`${PKCS1}.14`, { name: 'sha224WithRSAEncryption', scheme: 'rsa', hash: 'sha224' }],
  [`${PKCS1}.15`, { name: 'sha512-224WithRSAEncryption', scheme: 'rsa', hash: 'sha512-224' }],
  [`${PKCS1}.16`, { name: 'sha512-256WithRSAEncryption', scheme: 'rsa', hash: 'sha512-256' }],
  [SHAKE.pss128, { name: 'RSASSA-PSS-SHAKE128', scheme: 'rsa-pss', hash: null }],
  [SHAKE.pss256, { name: 'RSASSA-PSS-SHAKE256', scheme: 'rsa-pss', hash: null }],
  [`${ECDSA}.1`, { name: 'ecdsa-with-SHA1', scheme: 'ecdsa', hash: 'sha1' }],
  [`${ECDSA}.3.1`, { name: 'ecdsa-with-SHA224', scheme: 'ecdsa', hash: 'sha224' }],
  [`${ECDSA}.3.2`, { name: 'ecdsa-with-SHA256', scheme: 'ecdsa', hash: 'sha256' }],
  [`${ECDSA}.3.3`, { name: 'ecdsa-with-SHA384', scheme: 'ecdsa', hash: 'sha384' }],
  [`${ECDSA}.3.4`, { name: 'ecdsa-with-SHA512', scheme: 'ecdsa', hash: 'sha512' }],
  [`${SHAKE.ecdsa}.32`, { name: 'ecdsa-with-shake128', scheme: 'ecdsa', hash: 'shake128' }],
  [`${SHAKE.ecdsa}.33`, { name: 'ecdsa-with-shake256', scheme: 'ecdsa', hash: 'shake256' }],
  ['1.2.840.10040.4.3', { name: 'dsa-with-sha1', scheme: 'dsa', hash: 'sha1' }],
  [`${NIST}.1`, { name: 'dsa-with-sha224', scheme: 'dsa', hash: 'sha224' }],
  [`${NIST}.2`, { name: 'dsa-with-sha256', scheme: 'dsa', hash: 'sha256' }],
  [`${NIST}.3`, { name: 'dsa-with-sha384', scheme: 'dsa', hash: 'sha384' }],
  [`${NIST}.4`, { name: 'dsa-with-sha512', scheme: 'dsa', hash: 'sha512' }],
  ...SHA3.flatMap((hash, index): [string, SignatureAlgorithm][] => [
    [`${NIST}.${5 + index}`, { name: `dsa-with-${hash}`, scheme: 'dsa', hash }],
    [`${NIST}.${9 + index}`, { name: `ecdsa-with-${hash}`, scheme: 'ecdsa', hash }],
    [`${NIST}.${13 + index}`, { name: `rsassa-pkcs1-v1_5-with-${hash}`, scheme: 'rsa', hash }],
  ]),
  ['1.3.101.112', { name: 'Ed25519', scheme: 'eddsa', hash: null }],
  ['1.3.101.113', { name: 'Ed448', scheme: 'eddsa', hash: null }],
  [`${NIST}.17`, { name: 'ML-DSA-44', scheme: 'ml-dsa', hash: null }],
  [`${NIST}.18`, { name: 'ML-DSA-65', scheme: 'ml-dsa', hash: null }],
  [`${NIST}.19`, { name: 'ML-DSA-87', scheme: 'ml-dsa', hash: null }],
  ...SLH_DSA_SETS.map((set, index): [string, SignatureAlgorithm] => [
    `${NIST}.${20 + index}`,
    { name: `SLH-DSA-${set}`, scheme: 'slh-dsa', hash: null },
  ]),
]);

/** Digest algorithms that RSASSA-PSS parameters and OCSP certificate identifiers name (RFC 4055 §2.1). */
export const HASHES: ReadonlyMap<string, HashName> = new Map<string, HashName>([
  ['1.2.840.113549.2.2', 'md2'],
  ['1.2.840.113549.2.4', 'md4'],
  ['1.2.840.113549.2.5', 'md5'],
  ['1.3.14.3.2.26', 'sha1'],
  ['2.16.840.1.101.3.4.2.4', 'sha224'],
  ['2.16.840.1.101.3.4.2.1', 'sha256'],
  ['2.16.840.1.101.3.4.2.2', 'sha384'],
  ['2.16.840.1.101.3.4.2.3', 'sha512'],
  ['2.16.840.1.101.3.4.2.5', 'sha512-224'],
  ['2.16.840.1.101.3.4.2.6', 'sha512-256'],
  ...SHA3.map((hash, index): [string, HashName] => [`2.16.840.1.101.3.4.2.${7 + index}`, hash]),
]);

export const MGF1 = `${PKCS1}.8`;

/** Algorithms of RSASSA-PSS that have no parameters to be read. */
export const PSS_WITH_SHAKE: ReadonlyMap<string, PssParameters> = new Map<string, PssParameters>([
  [SHAKE.pss128, { hash: 'shake128', mask: 'shake128', saltLength: 32 }],
  [SHAKE.pss256, { hash: 'shake256', mask: 'shake256', saltLength: 64 }],
]);

/** Public key algorithms that have a reader of their own (RFC 3279 §2.3, RFC 4055 §1.2, RFC 8410 §3, RFC 8692 §5). */
export const KEY_ALGORITHM = {
  rsa: `${PKCS1}.1`,
  rsaPss: `${PKCS1}.10`,
  rsaPssShake128: SHAKE.pss128,
  rsaPssShake256: SHAKE.pss256,
  ec: '1.2.840.10045.2.1',
  dsa: '1.2.840.10040.4.1',
} as const;

export interface FixedLengthKey {
  readonly name: string;
  readonly type: 'ed25519' | 'ed448' | 'x25519' | 'x448' | 'ml-dsa' | 'ml-kem' | 'slh-dsa';
  /** The size people compare; for ML-DSA, ML-KEM and SLH-DSA the strength of the symmetric cipher of its NIST category. */
  readonly bits: number;
  /** Octets of the public key. */
  readonly length: number;
}

/** Keys that are a string of fixed length without parameters (RFC 8410 §3-4, FIPS 203 table 3, FIPS 204 table 2, FIPS 205 table 2). */
export const FIXED_LENGTH_KEYS: ReadonlyMap<string, FixedLengthKey> = new Map<string, FixedLengthKey>([
  ['1.3.101.110', { name: 'X25519', type: 'x25519', bits: 255, length: 32 }],
  ['1.3.101.111', { name: 'X448', type: 'x448', bits: 448, length: 56 }],
  ['1.3.101.112', { name: 'Ed25519', type: 'ed25519', bits: 255, length: 32 }],
  ['1.3.101.113', { name: 'Ed448', type: 'ed448', bits: 448, length: 57 }],
  [`${NIST}.17`, { name: 'ML-DSA-44', type: 'ml-dsa', bits: 128, length: 1312 }],
  [`${NIST}.18`, { name: 'ML-DSA-65', type: 'ml-dsa', bits: 192, length: 1952 }],
  [`${NIST}.19`, { name: 'ML-DSA-87', type: 'ml-dsa', bits: 256, length: 2592 }],
  [`${NIST_KEM}.1`, { name: 'ML-KEM-512', type: 'ml-kem', bits: 128, length: 800 }],
  [`${NIST_KEM}.2`, { name: 'ML-KEM-768', type: 'ml-kem', bits: 192, length: 1184 }],
  [`${NIST_KEM}.3`, { name: 'ML-KEM-1024', type: 'ml-kem', bits: 256, length: 1568 }],
  ...SLH_DSA_SETS.map((set, index): [string, FixedLengthKey] => {
    const bits = Number(/\d{3}(?=[sf]$)/.exec(set)?.[0]);
    return [`${NIST}.${20 + index}`, { name: `SLH-DSA-${set}`, type: 'slh-dsa', bits, length: bits / 4 }];
  }),
]);

const KEY_ALGORITHM_NAMES: ReadonlyMap<string, string> = new Map([
  [KEY_ALGORITHM.rsa, 'rsaEncryption'],
  [KEY_ALGORITHM.ec, 'id-ecPublicKey'],
  [KEY_ALGORITHM.dsa, 'id-dsa'],
  [MGF1, 'id-mgf1'],
]);

/** The registered name of an algorithm, or the OID itself. */
export function algorithmName(oid: string): string {
  return SIGNATURE_ALGORITHMS.get(oid)?.name ?? FIXED_LENGTH_KEYS.get(oid)?.name ?? KEY_ALGORITHM_NAMES.get(oid) ?? oid;
}

/** Which string types an attribute may have; `directory` is the CHOICE DirectoryString. */
export type AttributeSyntax = 'directory' | 'printable' | 'ia5';

export interface AttributeType {
  /** Descriptor for RFC 4514 text. */
  readonly name: string;
  readonly syntax: AttributeSyntax;
  /** Upper bound in characters (RFC 5280 appendix A.1). */
  readonly maxLength: number;
}

/** Attributes of names (RFC 5280 appendix A.1, RFC 4519, RFC 2985 §5.5; descriptors as RFC 4514 §3 gives them). */
export const ATTRIBUTES: ReadonlyMap<string, AttributeType> = new Map<string, AttributeType>([
  ['2.5.4.3', { name: 'CN', syntax: 'directory', maxLength: 64 }],
  ['2.5.4.4', { name: 'SN', syntax: 'directory', maxLength: 32768 }],
  ['2.5.4.5', { name: 'serialNumber', syntax: 'printable', maxLength: 64 }],
  ['2.5.4.6', { name: 'C', syntax: 'printable', maxLength: 2 }],
  ['2.5.4.7', { name: 'L', syntax: 'directory', maxLength: 128 }],
  ['2.5.4.8', { name: 'ST', syntax: 'directory', maxLength: 128 }],
  ['2.5.4.9', { name: 'STREET', syntax: 'directory', maxLength: 32768 }],
  ['2.5.4.10', { name: 'O', syntax: 'directory', maxLength: 64 }],
  ['2.5.4.11', { name: 'OU', syntax: 'directory', maxLength: 64 }],
  ['2.5.4.12', { name: 'title', syntax: 'directory', maxLength: 64 }],
  ['2.5.4.13', { name: 'description', syntax: 'directory', maxLength: 1024 }],
  ['2.5.4.15', { name: 'businessCategory', syntax: 'directory', maxLength: 128 }],
  ['2.5.4.17', { name: 'postalCode', syntax: 'directory', maxLength: 40 }],
  ['2.5.4.41', { name: 'name', syntax: 'directory', maxLength: 32768 }],
  ['2.5.4.42', { name: 'givenName', syntax: 'directory', maxLength: 32768 }],
  ['2.5.4.43', { name: 'initials', syntax: 'directory', maxLength: 32768 }],
  ['2.5.4.44', { name: 'generationQualifier', syntax: 'directory', maxLength: 32768 }],
  ['2.5.4.46', { name: 'dnQualifier', syntax: 'printable', maxLength: 32768 }],
  ['2.5.4.65', { name: 'pseudonym', syntax: 'directory', maxLength: 128 }],
  ['2.5.4.97', { name: 'organizationIdentifier', syntax: 'directory', maxLength: 256 }],
  ['0.9.2342.19200300.100.1.1', { name: 'UID', syntax: 'directory', maxLength: 256 }],
  ['0.9.2342.19200300.100.1.25', { name: 'DC', syntax: 'ia5', maxLength: 63 }],
  ['1.2.840.113549.1.9.1', { name: 'emailAddress', syntax: 'ia5', maxLength: 255 }],
  ['1.3.6.1.4.1.311.60.2.1.1', { name: 'jurisdictionL', syntax: 'directory', maxLength: 128 }],
  ['1.3.6.1.4.1.311.60.2.1.2', { name: 'jurisdictionST', syntax: 'directory', maxLength: 128 }],
  ['1.3.6.1.4.1.311.60.2.1.3', { name: 'jurisdictionC', syntax: 'printable', maxLength: 2 }],
]);

/** Certificate extensions (RFC 5280 §4.2, RFC 6960 §4.2.2.2.1, RFC 6962 §3.3, RFC 7633 §6). */
export const EXTENSION = {
  ocspNonce: '1.3.6.1.5.5.7.48.1.2',
  crlNumber: '2.5.29.20',
  reasonCode: '2.5.29.21',
  invalidityDate: '2.5.29.24',
  deltaCrlIndicator: '2.5.29.27',
  issuingDistributionPoint: '2.5.29.28',
  certificateIssuer: '2.5.29.29',
  /** When Microsoft's CA publishes the next CRL, some time before nextUpdate. */
  crlNextPublish: '1.3.6.1.4.1.311.21.4',
  subjectDirectoryAttributes: '2.5.29.9',
  subjectKeyIdentifier: '2.5.29.14',
  keyUsage: '2.5.29.15',
  subjectAltName: '2.5.29.17',
  issuerAltName: '2.5.29.18',
  basicConstraints: '2.5.29.19',
  nameConstraints: '2.5.29.30',
  crlDistributionPoints: '2.5.29.31',
  certificatePolicies: '2.5.29.32',
  policyMappings: '2.5.29.33',
  authorityKeyIdentifier: '2.5.29.35',
  policyConstraints: '2.5.29.36',
  extendedKeyUsage: '2.5.29.37',
  freshestCrl: '2.5.29.46',
  inhibitAnyPolicy: '2.5.29.54',
  authorityInfoAccess: '1.3.6.1.5.5.7.1.1',
  subjectInfoAccess: '1.3.6.1.5.5.7.1.11',
  tlsFeature: '1.3.6.1.5.5.7.1.24',
  ocspNoCheck: '1.3.6.1.5.5.7.48.1.5',
  sctList: '1.3.6.1.4.1.11129.2.4.2',
} as const;

const extensionNames = new Map<string, string>(Object.entries(EXTENSION).map(([name, oid]) => [oid, name]));

/** The name of an extension as its RFC spells it, or the OID itself. */
export function extensionName(oid: string): string {
  return extensionNames.get(oid) ?? oid;
}

/** Access methods of authorityInfoAccess (RFC 5280 §4.2.2.1). */
export const ACCESS_METHOD = { ocsp: '1.3.6.1.5.5.7.48.1', caIssuers: '1.3.6.1.5.5.7.48.2' } as const;

/** id-ce-certificatePolicies anyPolicy (RFC 5280 §4.2.1.4). */
export const ANY_POLICY = '2.5.29.32.0';

/** Key purposes by OID (RFC 5280 §4.2.1.12 and registries of vendors), in the spelling of answers. */
export const KEY_PURPOSES: ReadonlyMap<string, string> = new Map([
  ['2.5.29.37.0', 'any'],
  ['1.3.6.1.5.5.7.3.1', 'server_auth'],
  ['1.3.6.1.5.5.7.3.2', 'client_auth'],
  ['1.3.6.1.5.5.7.3.3', 'code_signing'],
  ['1.3.6.1.5.5.7.3.4', 'email_protection'],
  ['1.3.6.1.5.5.7.3.8', 'time_stamping'],
  ['1.3.6.1.5.5.7.3.9', 'ocsp_signing'],
  ['1.3.6.1.4.1.311.20.2.2', 'smartcard_logon'],
  ['1.3.6.1.5.2.3.5', 'kerberos_kdc'],
  ['1.3.6.1.4.1.311.10.3.3', 'microsoft_server_gated_crypto'],
  ['2.16.840.1.113730.4.1', 'netscape_server_gated_crypto'],
]);

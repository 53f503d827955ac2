import type { HashName } from '../domain/certificate.ts';
import { hexCode } from './registry.ts';

/** How one SignatureScheme signs: which key it needs and which digest and padding it uses (RFC 8446 §4.2.3). */
export interface SignatureScheme {
  readonly code: number;
  readonly name: string;
  /** `KeyObject.asymmetricKeyType` of keys that can have made it. */
  readonly keyType: 'ec' | 'rsa' | 'rsa-pss' | 'ed25519' | 'ed448' | 'ml-dsa-44' | 'ml-dsa-65' | 'ml-dsa-87' | 'dsa';
  /** Null where the algorithm hashes by itself. */
  readonly hash: Extract<HashName, 'md5' | 'sha1' | 'sha224' | 'sha256' | 'sha384' | 'sha512'> | null;
  readonly padding: 'pkcs1' | 'pss' | null;
  /** The only curve it may use in TLS 1.3 (`asymmetricKeyDetails.namedCurve`); TLS 1.2 leaves the curve open. */
  readonly curve: string | null;
  /** Whether CertificateVerify of TLS 1.3, ServerKeyExchange of TLS 1.2 may use it. */
  readonly tls13: boolean;
  readonly tls12: boolean;
  /** Whether the modern hello offers it. */
  readonly offered: boolean;
}

type Row = readonly [
  code: number,
  name: string,
  keyType: SignatureScheme['keyType'],
  hash: SignatureScheme['hash'],
  padding: SignatureScheme['padding'],
  curve: string | null,
  versions: 'both' | '1.3' | '1.2',
  offered: boolean,
];

/**
 * Every scheme that we can name, those that we offer in the order of preference of current clients (ECDSA and RSA as
 * browsers order them, then what only some servers have), so that a server with several certificates chooses the one
 * that it gives to everybody. SHA-1 schemes are never offered by the modern hello (RFC 9155 §2).
 */
const ROWS: readonly Row[] = [
  [0x0403, 'ecdsa_secp256r1_sha256', 'ec', 'sha256', null, 'prime256v1', 'both', true],
  [0x0804, 'rsa_pss_rsae_sha256', 'rsa', 'sha256', 'pss', null, 'both', true],
  [0x0401, 'rsa_pkcs1_sha256', 'rsa', 'sha256', 'pkcs1', null, '1.2', true],
  [0x0503, 'ecdsa_secp384r1_sha384', 'ec', 'sha384', null, 'secp384r1', 'both', true],
  [0x0805, 'rsa_pss_rsae_sha384', 'rsa', 'sha384', 'pss', null, 'both', true],
  [0x0501, 'rsa_pkcs1_sha384', 'rsa', 'sha384', 'pkcs1', null, '1.2', true],
  [0x0806, 'rsa_pss_rsae_sha512', 'rsa', 'sha512', 'pss', null, 'both', true],
  [0x0601, 'rsa_pkcs1_sha512', 'rsa', 'sha512', 'pkcs1', null, '1.2', true],
  [0x0603, 'ecdsa_secp521r1_sha512', 'ec', 'sha512', null, 'secp521r1', 'both', true],
  [0x0807, 'ed25519', 'ed25519', null, null, null, 'both', true],
  [0x0808, 'ed448', 'ed448', null, null, null, 'both', true],
  [0x0809, 'rsa_pss_pss_sha256', 'rsa-pss', 'sha256', 'pss', null, 'both', true],
  [0x080a, 'rsa_pss_pss_sha384', 'rsa-pss', 'sha384', 'pss', null, 'both', true],
  [0x080b, 'rsa_pss_pss_sha512', 'rsa-pss', 'sha512', 'pss', null, 'both', true],
  [0x081a, 'ecdsa_brainpoolP256r1tls13_sha256', 'ec', 'sha256', null, 'brainpoolP256r1', '1.3', true],
  [0x081b, 'ecdsa_brainpoolP384r1tls13_sha384', 'ec', 'sha384', null, 'brainpoolP384r1', '1.3', true],
  [0x081c, 'ecdsa_brainpoolP512r1tls13_sha512', 'ec', 'sha512', null, 'brainpoolP512r1', '1.3', true],
  [0x0904, 'mldsa44', 'ml-dsa-44', null, null, null, '1.3', true],
  [0x0905, 'mldsa65', 'ml-dsa-65', null, null, null, '1.3', true],
  [0x0906, 'mldsa87', 'ml-dsa-87', null, null, null, '1.3', true],
  [0x0301, 'rsa_pkcs1_sha224', 'rsa', 'sha224', 'pkcs1', null, '1.2', false],
  [0x0303, 'ecdsa_sha224', 'ec', 'sha224', null, null, '1.2', false],
  [0x0201, 'rsa_pkcs1_sha1', 'rsa', 'sha1', 'pkcs1', null, '1.2', false],
  [0x0203, 'ecdsa_sha1', 'ec', 'sha1', null, null, '1.2', false],
  [0x0101, 'rsa_pkcs1_md5', 'rsa', 'md5', 'pkcs1', null, '1.2', false],
  [0x0202, 'dsa_sha1', 'dsa', 'sha1', null, null, '1.2', false],
  [0x0302, 'dsa_sha224', 'dsa', 'sha224', null, null, '1.2', false],
  [0x0402, 'dsa_sha256', 'dsa', 'sha256', null, null, '1.2', false],
  [0x0502, 'dsa_sha384', 'dsa', 'sha384', null, null, '1.2', false],
  [0x0602, 'dsa_sha512', 'dsa', 'sha512', null, null, '1.2', false],
];

const SCHEMES = new Map<number, SignatureScheme>(
  ROWS.map(([code, name, keyType, hash, padding, curve, versions, offered]) => [
    code,
    { code, name, keyType, hash, padding, curve, tls13: versions !== '1.2', tls12: versions !== '1.3', offered },
  ]),
);

/** In the order we offer them. */
export const OFFERED_SIGNATURE_SCHEMES: readonly SignatureScheme[] = [...SCHEMES.values()].filter(
  (scheme) => scheme.offered,
);

export function signatureScheme(code: number): SignatureScheme | null {
  return SCHEMES.get(code) ?? null;
}

/** Registered name, or `0x0a0b` when unknown. */
export function signatureSchemeName(code: number): string {
  return SCHEMES.get(code)?.name ?? hexCode(code);
}

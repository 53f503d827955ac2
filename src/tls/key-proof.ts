import { constants, createPublicKey, type KeyObject, verify } from 'node:crypto';
import { isReadable } from '../domain/certificate.ts';
import { readCertificate } from '../x509/certificate.ts';
import { keyObjectOf } from '../x509/key-object.ts';
import { invalid } from './abort.ts';
import { ALERT } from './alerts.ts';
import type { CipherSuite } from './cipher-suites.ts';
import { type SignatureScheme, signatureScheme, signatureSchemeName } from './signature-schemes.ts';

/** A signature by which the server proves that it holds the leaf's key. */
export interface KeyProof {
  readonly leaf: Buffer;
  readonly scheme: number;
  readonly signed: Buffer;
  readonly signature: Buffer;
}

/** CertificateVerify of TLS 1.3 (RFC 8446 §4.4.3). Returns the scheme's name; aborts unless possession is proven. */
export function proveTls13Key(proof: KeyProof): string {
  const scheme = offeredScheme(proof.scheme);
  if (!scheme.tls13) throw unfit(scheme, 'may not sign a handshake of TLS 1.3');
  const key = leafKey(proof.leaf);
  checkKeyType(scheme, key);
  // In TLS 1.3 a scheme names its curve as well (RFC 8446 §4.2.3).
  if (scheme.curve !== null && key.asymmetricKeyDetails?.namedCurve !== scheme.curve) {
    throw unfit(scheme, 'does not fit the curve of the certificate');
  }
  return checkSignature(scheme, key, proof);
}

/** The signature of ServerKeyExchange in TLS 1.2 (RFC 5246 §7.4.3, RFC 8422 §5.4). As above. */
export function proveTls12Key(proof: KeyProof, authentication: NonNullable<CipherSuite['authentication']>): string {
  const scheme = offeredScheme(proof.scheme);
  if (!scheme.tls12) throw unfit(scheme, 'may not sign a handshake of TLS 1.2');
  const isRsa = scheme.keyType === 'rsa' || scheme.keyType === 'rsa-pss';
  // EdDSA certificates go with the ECDSA suites (RFC 8422 §5.10).
  if (isRsa !== (authentication === 'rsa')) throw unfit(scheme, 'does not fit the cipher suite');
  const key = leafKey(proof.leaf);
  checkKeyType(scheme, key);
  return checkSignature(scheme, key, proof);
}

function offeredScheme(code: number): SignatureScheme {
  const scheme = signatureScheme(code);
  if (scheme?.offered === true) return scheme;
  throw invalid(ALERT.illegalParameter, `The server signs with ${signatureSchemeName(code)}, which was not offered`, {
    not_offered: signatureSchemeName(code),
  });
}

/** The public key of the leaf. That it cannot be used is fatal: nothing would prove that the server holds it. */
function leafKey(der: Buffer): KeyObject {
  const certificate = readCertificate(der);
  const key = isReadable(certificate) ? keyObjectOf(certificate.spki) : null;
  if (key !== null) return key;
  throw invalid(ALERT.unsupportedCertificate, 'The key of the certificate cannot be read, so nothing proves it', {
    key_proven: false,
  });
}

function checkKeyType(scheme: SignatureScheme, key: KeyObject): void {
  if (key.asymmetricKeyType !== scheme.keyType) throw unfit(scheme, 'does not fit the key of the certificate');
}

function checkSignature(scheme: SignatureScheme, key: KeyObject, { signed, signature }: KeyProof): string {
  if (isSignatureValid(scheme, key, signed, signature)) return scheme.name;
  throw invalid(ALERT.decryptError, 'The handshake signature does not verify with the key of the certificate', {
    signature_scheme: scheme.name,
    key_proven: false,
  });
}

function isSignatureValid(scheme: SignatureScheme, key: KeyObject, signed: Buffer, signature: Buffer): boolean {
  try {
    return verify(scheme.hash, signed, scheme.padding === 'pss' ? pssKey(key) : key, signature);
  } catch {
    // OpenSSL throws instead of saying no: a key whose parameters forbid the digest, a modulus too small for it.
    return false;
  }
}

const pssKeys = new WeakMap<KeyObject, KeyObject>();

/**
 * The same key with the padding of PSS on it, where node:crypto looks for it: an options object around the key costs
 * Node 24 two exceptions inside, more than a third of the verification. Unread, they would leave PKCS #1, which no PSS
 * signature is valid under.
 */
function pssKey(key: KeyObject): KeyObject {
  let twin = pssKeys.get(key);
  if (twin === undefined) {
    // The salt is as long as the digest (RFC 8446 §4.2.3); MGF1 uses the same hash.
    const saltLength = constants.RSA_PSS_SALTLEN_DIGEST;
    const copy = createPublicKey(key.export({ format: 'pem', type: 'spki' }));
    twin = Object.assign(copy, { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength });
    pssKeys.set(key, twin);
  }
  return twin;
}

function unfit(scheme: SignatureScheme, why: string): ReturnType<typeof invalid> {
  return invalid(ALERT.illegalParameter, `${scheme.name} ${why}`, {
    signature_scheme: scheme.name,
    key_proven: false,
  });
}

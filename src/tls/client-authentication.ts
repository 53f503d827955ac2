import { constants, type KeyObject, sign } from 'node:crypto';
import type { CheckId } from '../domain/check-id.ts';
import type { Fault } from '../domain/fault.ts';
import { HANDSHAKE_TYPE } from './registry.ts';
import type { Session } from './session.ts';
import { OFFERED_SIGNATURE_SCHEMES, type SignatureScheme } from './signature-schemes.ts';
import { handshakeMessage, uint, vector } from './wire.ts';

/** What goes into Certificate and CertificateVerify. */
interface Credential {
  readonly chain: readonly Buffer[];
  /** CertificateVerify over `signed` (RFC 8446 §4.4.3, RFC 5246 §7.4.8). */
  readonly verifyMessage: (signed: Buffer) => Buffer;
}

/**
 * Our answer to the server's CertificateRequest; null = an empty list, and where an identity was to be shown the session
 * has the fault that says why it was not. Of the request the schemes alone decide: that the chain leads to a CA which it
 * names is a SHOULD (RFC 8446 §4.4.2.3), and lists of CAs and types are often badly filled. A server that means them
 * answers with an alert, which tells more than our silence would.
 */
export async function chooseCredential(session: Session, version: 'TLSv1.3' | 'TLSv1.2'): Promise<Credential | null> {
  const { identity, record } = session;
  if (identity === null) return null;
  const failed = await identity.objections(record);
  if (failed.length > 0) {
    session.faults.push(withheld(identity.name, failed));
    return null;
  }
  const { signatureSchemes } = record.clientCertificate;
  const scheme = chooseScheme(identity.key, signatureSchemes, version);
  if (scheme === null) {
    session.faults.push({
      code: 'tls_client_cert_unusable',
      detail: `The server takes no signature that the key of ${identity.name} can make`,
      evidence: { identity: identity.name, key_type: keyTypeOf(identity.key), accepted: [...signatureSchemes] },
    });
    return null;
  }
  return { chain: identity.chain, verifyMessage: (signed) => verifyMessage(scheme, identity.key, signed) };
}

/** Certificate is on its way. */
export function noteAnswer(session: Session, credential: Credential | null): void {
  session.clientAnswer = credential === null ? 'empty' : 'identity';
  session.record.clientCertificate = { ...session.record.clientCertificate, sent: credential !== null };
}

/** @param failed areas in which the server is not what a client would show its certificate to */
export function withheld(identity: string, failed: readonly CheckId[]): Fault {
  return {
    code: 'tls_client_cert_withheld',
    detail: `${identity} was not shown to a server that fails in ${failed.join(', ')}`,
    evidence: { identity, failed: [...failed] },
  };
}

/** The first scheme in the server's order of preference that the key can make; no SHA-1 (RFC 9155 §5). */
function chooseScheme(
  key: KeyObject,
  accepted: readonly string[],
  version: 'TLSv1.3' | 'TLSv1.2',
): SignatureScheme | null {
  for (const name of accepted) {
    const scheme = OFFERED_SIGNATURE_SCHEMES.find((candidate) => candidate.name === name);
    if (scheme !== undefined && canMake(scheme, key, version)) return scheme;
  }
  return null;
}

const DIGEST_BYTES: Readonly<Record<string, number>> = { sha256: 32, sha384: 48, sha512: 64 };

function canMake(scheme: SignatureScheme, key: KeyObject, version: 'TLSv1.3' | 'TLSv1.2'): boolean {
  if (version === 'TLSv1.3' ? !scheme.tls13 : !scheme.tls12) return false;
  if (key.asymmetricKeyType !== scheme.keyType) return false;
  const { namedCurve, hashAlgorithm, saltLength, modulusLength } = key.asymmetricKeyDetails ?? {};
  // In TLS 1.3 a scheme names its curve as well (RFC 8446 §4.2.3).
  if (version === 'TLSv1.3' && scheme.curve !== null && namedCurve !== scheme.curve) return false;
  if (scheme.padding !== 'pss') return true;
  const digestBytes = DIGEST_BYTES[scheme.hash ?? ''] ?? 0;
  // A key of id-RSASSA-PSS may be restricted to one hash and a least salt (RFC 4055 §3.3).
  if (hashAlgorithm !== undefined && hashAlgorithm !== scheme.hash) return false;
  if (saltLength !== undefined && saltLength > digestBytes) return false;
  // Digest, a salt as long, and two octets must fit (RFC 8017 §9.1.1).
  return Math.ceil(((modulusLength ?? 0) - 1) / 8) >= 2 * digestBytes + 2;
}

function verifyMessage(scheme: SignatureScheme, key: KeyObject, signed: Buffer): Buffer {
  const signature = sign(scheme.hash, signed, scheme.padding === 'pss' ? { key, ...PSS } : key);
  return handshakeMessage(HANDSHAKE_TYPE.certificateVerify, uint(2, scheme.code), vector(2, signature));
}

/** The salt is as long as the digest (RFC 8446 §4.2.3). */
const PSS = { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: constants.RSA_PSS_SALTLEN_DIGEST };

/** Curves that OpenSSL has other names for than FIPS 186. */
const CURVE_NAMES: Readonly<Record<string, string>> = { prime256v1: 'P-256', secp384r1: 'P-384', secp521r1: 'P-521' };

/** `rsa`, `ed25519`, `ec P-256`: what an operator would have to have another one of. */
function keyTypeOf(key: KeyObject): string {
  const { namedCurve } = key.asymmetricKeyDetails ?? {};
  const curve = namedCurve === undefined ? [] : [CURVE_NAMES[namedCurve] ?? namedCurve];
  return [key.asymmetricKeyType, ...curve].join(' ');
}

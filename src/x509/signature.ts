import { constants, createVerify, type KeyObject, verify } from 'node:crypto';
import { setImmediate } from 'node:timers/promises';
import type { HashName, SignatureInfo, SubjectPublicKeyInfo } from '../domain/certificate.ts';
import { readPssParameters } from './algorithm.ts';
import { keyObjectOf } from './key-object.ts';
import { SIGNATURE_ALGORITHMS } from './oids.ts';

/**
 * `invalid`: the key did not make this signature, or cannot make one of this algorithm.
 * `unsupported`: we cannot tell (unknown algorithm, curve or key form, digest that OpenSSL lacks). Never as good as valid.
 */
export type SignatureOutcome = 'valid' | 'invalid' | 'unsupported';

export interface SignatureInput {
  /** What is signed: the DER of the to-be-signed part, as encoded. */
  readonly data: Buffer;
  readonly signature: SignatureInfo;
  /** Of the presumed signer. */
  readonly spki: SubjectPublicKeyInfo;
}

/** How a signature is to be checked, where it can be. */
interface Verification {
  readonly hash: HashName | null;
  readonly key: KeyObject;
  readonly pss: { readonly padding: number; readonly saltLength: number } | null;
}

/**
 * Checks a signature of a certificate, CRL or OCSP response (RFC 5280 §6.1.3(a)(1)). Judges mathematics only: a weak
 * digest or a small key that verifies is `valid`. Never throws.
 */
export function verifySignature({ data, signature, spki }: SignatureInput): SignatureOutcome {
  const plan = planVerification(signature, spki);
  if (typeof plan === 'string') return plan;
  const { hash, key, pss } = plan;
  try {
    return verify(hash, data, pss === null ? key : { key, ...pss }, signature.value) ? 'valid' : 'invalid';
  } catch {
    // OpenSSL refuses some keys only when they are used (an RSA modulus above its limit).
    return 'unsupported';
  }
}

/** Octets that are hashed before others get their turn: less than a millisecond, also with SHA-1 on an old processor. */
const HASHED_AT_ONCE = 256 * 1024;

/** As `verifySignature`, for data of many megabytes: gives way to others while it hashes. Rejects never. */
export async function verifyLongSignature(input: SignatureInput): Promise<SignatureOutcome> {
  const { data, signature, spki } = input;
  if (data.length <= HASHED_AT_ONCE) return verifySignature(input);
  const plan = planVerification(signature, spki);
  if (typeof plan === 'string') return plan;
  const { hash, key, pss } = plan;
  try {
    // Algorithms without a digest of their own take the data as a whole: in another thread then, and as a copy.
    if (hash === null) return (await verifyInThread(data, key, signature.value)) ? 'valid' : 'invalid';
    const verification = createVerify(hash);
    for (let offset = 0; offset < data.length; offset += HASHED_AT_ONCE) {
      verification.update(data.subarray(offset, offset + HASHED_AT_ONCE));
      await setImmediate();
    }
    return verification.verify(pss === null ? key : { key, ...pss }, signature.value) ? 'valid' : 'invalid';
  } catch {
    return 'unsupported';
  }
}

const verifyInThread = (data: Buffer, key: KeyObject, value: Buffer): Promise<boolean> =>
  new Promise((resolve, reject) => {
    verify(null, data, key, value, (error, isValid) => (error === null ? resolve(isValid) : reject(error)));
  });

function planVerification(signature: SignatureInfo, spki: SubjectPublicKeyInfo): Verification | SignatureOutcome {
  const algorithm = SIGNATURE_ALGORITHMS.get(signature.algorithm.oid);
  if (algorithm === undefined) return 'unsupported';
  switch (algorithm.scheme) {
    case 'rsa':
      return spki.facts.type === 'rsa' ? planWith(algorithm.hash, spki) : mismatch(spki);
    case 'rsa-pss':
      return planPss(signature, spki);
    case 'ecdsa':
      // Explicit parameters name no curve: OpenSSL would take them, RFC 5480 §2.1.1 does not.
      if (spki.facts.type !== 'ec') return mismatch(spki);
      return spki.facts.curve === null || spki.facts.bits === 0 ? 'unsupported' : planWith(algorithm.hash, spki);
    case 'dsa':
      return spki.facts.type === 'dsa' ? planWith(algorithm.hash, spki) : mismatch(spki);
    case 'eddsa':
    case 'ml-dsa':
    case 'slh-dsa':
      // The algorithm of the key and of the signature have the same OID (RFC 8410 §3, RFC 9881, RFC 9909).
      return spki.algorithm.oid === signature.algorithm.oid ? planWith(null, spki) : mismatch(spki);
  }
}

/** A key of another kind cannot have made the signature; a key that we do not know might have. */
function mismatch(spki: SubjectPublicKeyInfo): SignatureOutcome {
  return spki.facts.type === 'unknown' ? 'unsupported' : 'invalid';
}

/** Digests that node:crypto verifies with. md2 and md4 are gone from OpenSSL 3's default provider. */
const DIGESTS: ReadonlySet<HashName> = new Set(['md5', 'sha1', 'sha224', 'sha256', 'sha384', 'sha512']);

function planWith(
  hash: HashName | null,
  spki: SubjectPublicKeyInfo,
  pss: Verification['pss'] = null,
): Verification | SignatureOutcome {
  if (hash !== null && !DIGESTS.has(hash)) return 'unsupported';
  const key = keyObjectOf(spki);
  return key === null ? 'unsupported' : { hash, key, pss };
}

/** RSASSA-PSS (RFC 4055 §3): with an rsaEncryption key, or an id-RSASSA-PSS key whose parameters restrict its use. */
function planPss(signature: SignatureInfo, spki: SubjectPublicKeyInfo): Verification | SignatureOutcome {
  if (spki.facts.type !== 'rsa' && spki.facts.type !== 'rsa-pss') return mismatch(spki);
  const parameters = signature.algorithm.parameters === null ? null : readPssParameters(signature.algorithm.parameters);
  if (parameters === null) return 'unsupported';
  // node:crypto has one digest for message and mask; RFC 4055 §3.1 recommends the same, and nobody issues otherwise.
  if (parameters.hash !== parameters.mgfHash) return 'unsupported';
  if (spki.facts.type === 'rsa-pss' && spki.algorithm.parameters !== null) {
    const restriction = readPssParameters(spki.algorithm.parameters);
    if (restriction === null) return 'unsupported';
    // RFC 4055 §3.3: the same digests, and a salt at least as long.
    const isAllowed =
      restriction.hash === parameters.hash &&
      restriction.mgfHash === parameters.mgfHash &&
      restriction.saltLength <= parameters.saltLength;
    if (!isAllowed) return 'invalid';
  }
  // A salt cannot be longer than the modulus; node:crypto would raise an error for it.
  if (parameters.saltLength > spki.facts.bits / 8) return 'invalid';
  const pss = { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: parameters.saltLength };
  return planWith(parameters.hash, spki, pss);
}

import { createVerify, type KeyObject, verify } from 'node:crypto';
import { setImmediate } from 'node:timers/promises';
import type { HashName, PssParameters, SignatureInfo, SubjectPublicKeyInfo } from '../domain/certificate.ts';
import { pssParametersOf } from './algorithm.ts';
import { keyObjectOf, rsaKeyObjectOf } from './key-object.ts';
import { SIGNATURE_ALGORITHMS } from './oids.ts';
import { createDigest, isPssSignature, type PssInput } from './rsa-pss.ts';

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
type Verification =
  | { readonly pss: null; readonly hash: HashName | null; readonly key: KeyObject }
  | { readonly pss: Omit<PssInput, 'digest'>; readonly hash: HashName };

/**
 * Checks a signature of a certificate, CRL or OCSP response (RFC 5280 §6.1.3(a)(1)). Judges mathematics only: a weak
 * digest or a small key that verifies is `valid`. Never throws.
 */
export function verifySignature({ data, signature, spki }: SignatureInput): SignatureOutcome {
  const plan = planVerification(signature, spki);
  if (typeof plan === 'string') return plan;
  try {
    const isValid =
      plan.pss === null
        ? verify(plan.hash, data, plan.key, signature.value)
        : isPssSignature({ ...plan.pss, digest: createDigest(plan.hash).update(data).digest() });
    return isValid ? 'valid' : 'invalid';
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
  try {
    return (await isLongSignature(plan, data, signature.value)) ? 'valid' : 'invalid';
  } catch {
    return 'unsupported';
  }
}

async function isLongSignature(plan: Verification, data: Buffer, value: Buffer): Promise<boolean> {
  if (plan.pss !== null) {
    const digest = createDigest(plan.hash);
    await updateInTurns(digest, data);
    return isPssSignature({ ...plan.pss, digest: digest.digest() });
  }
  // Algorithms without a digest of their own take the data as a whole: in another thread then, and as a copy.
  if (plan.hash === null) return await verifyInThread(data, plan.key, value);
  const verification = createVerify(plan.hash);
  await updateInTurns(verification, data);
  return verification.verify(plan.key, value);
}

async function updateInTurns(digest: { update(part: Buffer): unknown }, data: Buffer): Promise<void> {
  for (let offset = 0; offset < data.length; offset += HASHED_AT_ONCE) {
    digest.update(data.subarray(offset, offset + HASHED_AT_ONCE));
    await setImmediate();
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
const DIGESTS: ReadonlySet<HashName> = new Set([
  'md5',
  'sha1',
  'sha224',
  'sha256',
  'sha384',
  'sha512',
  'sha512-224',
  'sha512-256',
  'sha3-224',
  'sha3-256',
  'sha3-384',
  'sha3-512',
]);

function planWith(hash: HashName | null, spki: SubjectPublicKeyInfo): Verification | SignatureOutcome {
  if (hash !== null && !DIGESTS.has(hash)) return 'unsupported';
  const key = keyObjectOf(spki);
  return key === null ? 'unsupported' : { hash, key, pss: null };
}

/** SHAKE is a digest of RSASSA-PSS alone: node:crypto has no way to tell ECDSA how much of its output is meant. */
const PSS_DIGESTS: ReadonlySet<HashName> = new Set([...DIGESTS, 'shake128', 'shake256']);

/** RSASSA-PSS (RFC 4055 §3): with an rsaEncryption key, or a key for it alone, whose parameters restrict its use. */
function planPss({ pss, value }: SignatureInfo, spki: SubjectPublicKeyInfo): Verification | SignatureOutcome {
  const { facts } = spki;
  if (facts.type !== 'rsa' && facts.type !== 'rsa-pss') return mismatch(spki);
  if (pss === null || !PSS_DIGESTS.has(pss.hash) || !PSS_DIGESTS.has(pss.mask)) return 'unsupported';
  if (facts.type === 'rsa-pss') {
    const restriction = pssParametersOf(spki.algorithm);
    if (restriction === null && spki.algorithm.parameters !== null) return 'unsupported';
    if (restriction !== null && !isAllowed(pss, restriction)) return 'invalid';
  }
  const key = rsaKeyObjectOf(spki);
  if (key === null) return 'unsupported';
  const { modulus, bits: modulusBits } = facts;
  return { hash: pss.hash, pss: { parameters: pss, key, modulus, modulusBits, signature: value } };
}

/** RFC 4055 §3.3: the same digests, and a salt at least as long. */
function isAllowed({ hash, mask, saltLength }: PssParameters, restriction: PssParameters): boolean {
  return restriction.hash === hash && restriction.mask === mask && restriction.saltLength <= saltLength;
}

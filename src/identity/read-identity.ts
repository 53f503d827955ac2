import { createPrivateKey, createPublicKey, type KeyObject } from 'node:crypto';
import { type Certificate, isReadable } from '../domain/certificate.ts';
import type { ClientIdentity } from '../domain/client-identity.ts';
import { parseTargetPattern, type TargetPattern } from '../domain/target-pattern.ts';
import { readCertificate } from '../x509/certificate.ts';
import { keyObjectOf } from '../x509/key-object.ts';
import { readPem } from '../x509/pem.ts';
import type { IdentityFiles, TextFile } from './identity-directory.ts';

/** More than any hierarchy has. */
const MAX_CERTIFICATES = 20;
const MAX_TARGETS = 1000;

/** Keys by which a handshake can be signed: the type, and for EC the curve, as node:crypto names them. */
const KEY_TYPES = ['rsa', 'rsa-pss', 'ed25519', 'ed448', 'ml-dsa-44', 'ml-dsa-65', 'ml-dsa-87'];
const CURVES = ['prime256v1', 'secp384r1', 'secp521r1', 'brainpoolP256r1', 'brainpoolP384r1', 'brainpoolP512r1'];
/** Every signature is made while others wait: one with 16,384 bits takes a tenth of a second. */
const RSA_BITS = { least: 1024, most: 8192 };

/**
 * One identity from its files. Throws an Error that names the file and says what would be right; nothing of a key, and
 * no line of a file, is in it.
 */
export function readIdentity({ name, cert, key, targets }: IdentityFiles): ClientIdentity {
  const chain = readChain(cert);
  const [leaf] = chain;
  const privateKey = readKey(key);
  const publicKey = keyObjectOf(leaf.spki);
  if (publicKey === null) throw wrong(cert, 'has a first certificate whose key cannot be read');
  if (!isSameKey(publicKey, createPublicKey(privateKey))) {
    throw wrong(key, `is not the key of the first certificate in ${cert.path}`);
  }
  return {
    name,
    chain: chain.map(({ der }) => der),
    key: privateKey,
    targets: readTargets(targets),
    notAfter: leaf.notAfter,
  };
}

function readChain(file: TextFile): readonly [Certificate, ...Certificate[]] {
  const { blocks, errors } = readPem(file.text, MAX_CERTIFICATES);
  const [error] = errors;
  if (error !== undefined) throw wrong(file, `has a bad block (number ${error.position + 1}): ${error.detail}`);
  const certificates = blocks.map(({ label, der, position }) => {
    if (label !== 'CERTIFICATE') throw wrong(file, `has a block that is no CERTIFICATE, number ${position + 1}`);
    const certificate = readCertificate(der);
    if (isReadable(certificate)) return certificate;
    throw wrong(file, `has a certificate that cannot be read, number ${position + 1}`);
  });
  const [leaf, ...others] = certificates;
  if (leaf === undefined) throw wrong(file, 'has no PEM certificate');
  return [leaf, ...others];
}

/** PKCS #8 and the older headers of OpenSSL. */
const ENCRYPTED = /-----BEGIN ENCRYPTED PRIVATE KEY-----|^Proc-Type: *4, *ENCRYPTED/m;

function readKey(file: TextFile): KeyObject {
  if (ENCRYPTED.test(file.text)) throw wrong(file, 'is encrypted: store the key without a passphrase');
  const key = loadKey(file);
  const type = key.asymmetricKeyType ?? '';
  const { namedCurve, modulusLength } = key.asymmetricKeyDetails ?? {};
  if (type === 'ec') {
    if (CURVES.includes(namedCurve ?? '')) return key;
    throw wrong(file, `has a key on a curve that TLS does not sign with: use one of ${CURVES.join(', ')}`);
  }
  if (!KEY_TYPES.includes(type)) throw wrong(file, `has a key of a kind that TLS does not sign with: use EC or RSA`);
  if (modulusLength !== undefined && (modulusLength < RSA_BITS.least || modulusLength > RSA_BITS.most)) {
    throw wrong(file, `has an RSA key of ${modulusLength} bits: use ${RSA_BITS.least} to ${RSA_BITS.most}`);
  }
  return key;
}

function loadKey(file: TextFile): KeyObject {
  try {
    return createPrivateKey(file.text);
  } catch {
    // What OpenSSL says of it is not repeated, nor kept as a cause: it may be about the content.
    throw wrong(file, 'has no PEM private key that can be read');
  }
}

function isSameKey(one: KeyObject, other: KeyObject): boolean {
  return one.asymmetricKeyType === other.asymmetricKeyType && one.equals(other);
}

/** A pattern a line, as in ALLOW_TARGETS; empty lines and those that begin with `#` do not count. */
function readTargets(file: TextFile): readonly TargetPattern[] {
  const lines = file.text.split('\n', MAX_TARGETS + 1).map((line) => line.trim());
  if (lines.length > MAX_TARGETS) throw wrong(file, `has more than ${MAX_TARGETS} lines`);
  const targets = lines.flatMap((line, index) => {
    if (line === '' || line.startsWith('#')) return [];
    const pattern = parseTargetPattern(line);
    if (!('error' in pattern)) return [pattern];
    throw wrong(file, `is wrong in line ${index + 1}, which ${pattern.error}`);
  });
  if (targets.length > 0) return targets;
  throw wrong(file, 'names no target: write the hosts that may see the certificate, one name, address or block a line');
}

function wrong({ path }: TextFile, complaint: string): Error {
  return new Error(`IDENTITY_DIR: ${path} ${complaint}`);
}

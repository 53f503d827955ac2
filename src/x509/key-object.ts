import { createPublicKey, type KeyObject } from 'node:crypto';
import { LRUCache } from 'lru-cache';
import type { SubjectPublicKeyInfo } from '../domain/certificate.ts';
import { toPem } from './pem.ts';

/** Keys in use at one time: issuers of the chains being judged. A KeyObject takes a few kilobytes outside the heap. */
const MAX_KEYS = 1024;

const keys = new LRUCache<string, { readonly key: KeyObject | null }>({ max: MAX_KEYS });

/**
 * The key of a SubjectPublicKeyInfo for node:crypto, or null when OpenSSL cannot load it.
 * Kept by `sha256` of the SPKI, since loading costs more than a signature check with P-256.
 */
export function keyObjectOf({ der, sha256 }: { readonly der: Buffer; readonly sha256: string }): KeyObject | null {
  return keep(sha256, () => load(der, 'PUBLIC KEY'));
}

/** As `keyObjectOf`, for an RSA key without what its algorithm restricts it to: OpenSSL would hold us to that. */
export function rsaKeyObjectOf({ publicKey, sha256 }: SubjectPublicKeyInfo): KeyObject | null {
  return keep(`rsa ${sha256}`, () => load(publicKey, 'RSA PUBLIC KEY'));
}

function keep(id: string, make: () => KeyObject | null): KeyObject | null {
  const known = keys.get(id);
  if (known !== undefined) return known.key;
  const key = make();
  keys.set(id, { key });
  return key;
}

function load(der: Buffer, label: 'PUBLIC KEY' | 'RSA PUBLIC KEY'): KeyObject | null {
  try {
    // PEM, because Node 24 raises and swallows two errors on the way when it is given DER.
    return createPublicKey(toPem(der, label));
  } catch {
    return null;
  }
}

import { createPublicKey, type KeyObject } from 'node:crypto';
import { LRUCache } from 'lru-cache';
import { toPem } from './pem.ts';

/** Keys in use at one time: issuers of the chains being judged. A KeyObject takes a few kilobytes outside the heap. */
const MAX_KEYS = 1024;

const keys = new LRUCache<string, { readonly key: KeyObject | null }>({ max: MAX_KEYS });

/**
 * The key of a SubjectPublicKeyInfo for node:crypto, or null when OpenSSL cannot load it.
 * Kept by `sha256` of the SPKI, since loading costs more than a signature check with P-256.
 */
export function keyObjectOf(spki: { readonly der: Buffer; readonly sha256: string }): KeyObject | null {
  const known = keys.get(spki.sha256);
  if (known !== undefined) return known.key;
  const key = load(spki.der);
  keys.set(spki.sha256, { key });
  return key;
}

function load(der: Buffer): KeyObject | null {
  try {
    // PEM, because Node 24 raises and swallows two errors on the way when it is given DER.
    return createPublicKey(toPem(der, 'PUBLIC KEY'));
  } catch {
    return null;
  }
}

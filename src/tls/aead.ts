import {
  type CipherGCM,
  createCipheriv,
  createDecipheriv,
  createSecretKey,
  type DecipherGCM,
  type KeyObject,
} from 'node:crypto';

export type AeadName = 'aes-128-gcm' | 'aes-256-gcm' | 'chacha20-poly1305';

export const TAG_LENGTH = 16;

/** Octets of key that each AEAD takes. */
export const AEAD_KEY_LENGTH = { 'aes-128-gcm': 16, 'aes-256-gcm': 32, 'chacha20-poly1305': 32 } as const;

const OPTIONS = { authTagLength: TAG_LENGTH } as const;

/** Key material of one direction, as a KeyObject: a Buffer would cost Node two internal exceptions a record. */
export function aeadKey(key: Buffer): KeyObject {
  return createSecretKey(key);
}

/** Ciphertext followed by its tag. */
export function seal(name: AeadName, key: KeyObject, nonce: Buffer, plaintext: Buffer, additional: Buffer): Buffer {
  // One call for both AEADs: Node types ChaCha20-Poly1305 apart from GCM although the interface is the same.
  const cipher = createCipheriv(name as 'aes-128-gcm', key, nonce, OPTIONS) as CipherGCM;
  cipher.setAAD(additional);
  const body = cipher.update(plaintext);
  cipher.final();
  return Buffer.concat([body, cipher.getAuthTag()]);
}

/** The plaintext; null when the tag does not match. `sealed` is at least `TAG_LENGTH` octets. */
export function open(name: AeadName, key: KeyObject, nonce: Buffer, sealed: Buffer, additional: Buffer): Buffer | null {
  const split = sealed.length - TAG_LENGTH;
  const decipher = createDecipheriv(name as 'aes-128-gcm', key, nonce, OPTIONS) as DecipherGCM;
  decipher.setAAD(additional);
  decipher.setAuthTag(sealed.subarray(split));
  const plaintext = decipher.update(sealed.subarray(0, split));
  try {
    decipher.final();
  } catch {
    return null;
  }
  return plaintext;
}

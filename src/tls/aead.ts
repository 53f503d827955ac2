import {
  type CipherGCM,
  createCipheriv,
  createDecipheriv,
  createSecretKey,
  type DecipherGCM,
  type KeyObject,
} from 'node:crypto';

export type AeadName = 'aes-128-gcm' | 'aes-256-gcm' | 'chacha20-poly1305' | 'aes-128-ccm' | 'aes-128-ccm-8';

interface Aead {
  /** OpenSSL's name; Node types only some of the AEADs alike although their interface is the same. */
  readonly cipher: 'aes-128-gcm';
  /** Octets. */
  readonly keyLength: number;
  /** Octets. */
  readonly tagLength: number;
}

/** The AEADs of TLS 1.3 (RFC 8446 §B.4); CCM_8 is CCM with a shorter tag (RFC 6655 §6.1). */
export const AEAD: Readonly<Record<AeadName, Aead>> = {
  'aes-128-gcm': aead('aes-128-gcm', 16, 16),
  'aes-256-gcm': aead('aes-256-gcm', 32, 16),
  'chacha20-poly1305': aead('chacha20-poly1305', 32, 16),
  'aes-128-ccm': aead('aes-128-ccm', 16, 16),
  'aes-128-ccm-8': aead('aes-128-ccm', 16, 8),
};

function aead(cipher: string, keyLength: number, tagLength: number): Aead {
  return { cipher: cipher as 'aes-128-gcm', keyLength, tagLength };
}

/** Key material of one direction, as a KeyObject: a Buffer would cost Node two internal exceptions a record. */
export function aeadKey(key: Buffer): KeyObject {
  return createSecretKey(key);
}

/** Ciphertext and its tag. */
export function seal(
  name: AeadName,
  key: KeyObject,
  nonce: Buffer,
  plaintext: Buffer,
  additional: Buffer,
): [ciphertext: Buffer, tag: Buffer] {
  const { cipher: algorithm, tagLength } = AEAD[name];
  const cipher = createCipheriv(algorithm, key, nonce, { authTagLength: tagLength }) as CipherGCM;
  cipher.setAAD(additional, { plaintextLength: plaintext.length });
  const ciphertext = cipher.update(plaintext);
  cipher.final();
  return [ciphertext, cipher.getAuthTag()];
}

/** The plaintext; null when the tag does not match. `sealed` has room for the tag. */
export function open(name: AeadName, key: KeyObject, nonce: Buffer, sealed: Buffer, additional: Buffer): Buffer | null {
  const { cipher, tagLength } = AEAD[name];
  const split = sealed.length - tagLength;
  const decipher = createDecipheriv(cipher, key, nonce, { authTagLength: tagLength }) as DecipherGCM;
  decipher.setAAD(additional, { plaintextLength: split });
  decipher.setAuthTag(sealed.subarray(split));
  try {
    const plaintext = decipher.update(sealed.subarray(0, split));
    decipher.final();
    return plaintext;
  } catch {
    return null;
  }
}

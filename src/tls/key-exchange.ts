import { createECDH, decapsulate, diffieHellman, generateKeyPairSync, type KeyObject } from 'node:crypto';
import { randomOctets } from './random-octets.ts';
import { GROUP } from './registry.ts';

/** Our half of a key exchange in one group. */
export interface KeyShare {
  readonly group: number;
  /** key_exchange of the KeyShareEntry; the ECPoint of ClientKeyExchange. */
  readonly publicKey: Buffer;
  /** The shared secret; null when the peer's share is none of this group (wrong length, off the curve, low order). */
  readonly derive: (peer: Buffer) => Buffer | null;
}

/** A key pair, its public half as it is sent. */
export interface KeyPair {
  readonly publicKey: Buffer;
  readonly privateKey: KeyObject;
}

/** Where a handshake's random octets and key pairs come from; tests replay recorded flights with fixed ones. */
export interface Entropy {
  readonly randomBytes: (length: number) => Buffer;
  readonly x25519: () => KeyPair;
  readonly x448: () => KeyPair;
  readonly mlKem768: () => KeyPair;
  readonly ecdh: (curve: string) => ReturnType<typeof createECDH>;
}

/** Asked for in its raw form, a public key costs less than one made into a KeyObject and exported. */
function newKeyPair(type: 'x25519' | 'x448' | 'ml-kem-768'): KeyPair {
  return generate(type, { publicKeyEncoding: { format: 'raw-public' } });
}

/** Node's types do not have this choice of forms. */
const generate = generateKeyPairSync as unknown as (
  type: string,
  options: { publicKeyEncoding: { format: 'raw-public' } },
) => KeyPair;

/** New keys for every handshake. */
export const FRESH_ENTROPY: Entropy = {
  randomBytes: randomOctets,
  x25519: () => newKeyPair('x25519'),
  x448: () => newKeyPair('x448'),
  mlKem768: () => newKeyPair('ml-kem-768'),
  ecdh: (curve) => {
    const keys = createECDH(curve);
    keys.generateKeys();
    return keys;
  },
};

/** Groups that we offer, in order of preference. */
export const OFFERED_GROUPS: readonly number[] = [
  GROUP.x25519MlKem768,
  GROUP.x25519,
  GROUP.secp256r1,
  GROUP.secp384r1,
  GROUP.secp521r1,
  GROUP.x448,
];

/** Groups that TLS 1.2 can use: ML-KEM exists in TLS 1.3 alone. */
export const TLS12_GROUPS: readonly number[] = OFFERED_GROUPS.filter((group) => group !== GROUP.x25519MlKem768);

const CURVES: Readonly<Record<number, { readonly name: string; readonly pointLength: number }>> = {
  [GROUP.secp256r1]: { name: 'prime256v1', pointLength: 65 },
  [GROUP.secp384r1]: { name: 'secp384r1', pointLength: 97 },
  [GROUP.secp521r1]: { name: 'secp521r1', pointLength: 133 },
};

/**
 * The two shares that the first ClientHello carries. They share one X25519 key: the hybrid secret stays as strong,
 * and a server uses only one of them.
 */
export function firstKeyShares(entropy: Entropy): readonly KeyShare[] {
  const x25519 = x25519Share(entropy);
  return [hybridShare(entropy, x25519), x25519];
}

/** A share for one of `OFFERED_GROUPS`. */
export function keyShareFor(group: number, entropy: Entropy): KeyShare {
  if (group === GROUP.x25519) return x25519Share(entropy);
  if (group === GROUP.x448) return montgomeryShare(X448, entropy.x448());
  if (group === GROUP.x25519MlKem768) return hybridShare(entropy, x25519Share(entropy));
  const curve = CURVES[group];
  if (curve === undefined) throw new RangeError(`No key exchange for group ${group}`);
  const keys = entropy.ecdh(curve.name);
  return {
    group,
    publicKey: keys.getPublicKey(),
    derive: (peer) => {
      // Only the uncompressed form exists in TLS (RFC 8446 §4.2.8.2, RFC 8422 §5.1.2).
      if (peer.length !== curve.pointLength || peer[0] !== 4) return null;
      return attempt(() => keys.computeSecret(peer));
    },
  };
}

interface MontgomeryCurve {
  readonly group: number;
  /** Octets of a public key. */
  readonly length: number;
  /** DER of a SubjectPublicKeyInfo up to the key itself (RFC 8410 §4), in Base64: 12 octets, so that it ends there. */
  readonly spkiPrefix: string;
}

const X25519: MontgomeryCurve = {
  group: GROUP.x25519,
  length: 32,
  spkiPrefix: Buffer.from('302a300506032b656e032100', 'hex').toString('base64'),
};

const X448: MontgomeryCurve = {
  group: GROUP.x448,
  length: 56,
  spkiPrefix: Buffer.from('3042300506032b656f033900', 'hex').toString('base64'),
};

function x25519Share(entropy: Entropy): KeyShare {
  return montgomeryShare(X25519, entropy.x25519());
}

/** A share of X25519 or X448 (RFC 8446 §4.2.8.2). */
function montgomeryShare(curve: MontgomeryCurve, { publicKey, privateKey }: KeyPair): KeyShare {
  return {
    group: curve.group,
    publicKey,
    derive: (peer) => {
      if (peer.length !== curve.length) return null;
      // OpenSSL refuses the all-zero result of a low-order point (RFC 7748 §6.1, §6.2, RFC 8446 §7.4.2).
      return attempt(() => agree({ privateKey, publicKey: montgomeryPem(curve, peer) }));
    },
  };
}

const MLKEM768_CIPHERTEXT_LENGTH = 1088;

/** X25519MLKEM768: ML-KEM first, in the shares and in the secret (draft-ietf-tls-ecdhe-mlkem §3). */
function hybridShare(entropy: Entropy, x25519: KeyShare): KeyShare {
  const { publicKey, privateKey } = entropy.mlKem768();
  return {
    group: GROUP.x25519MlKem768,
    publicKey: Buffer.concat([publicKey, x25519.publicKey]),
    derive: (peer) => {
      if (peer.length !== MLKEM768_CIPHERTEXT_LENGTH + X25519.length) return null;
      const classical = x25519.derive(peer.subarray(MLKEM768_CIPHERTEXT_LENGTH));
      if (classical === null) return null;
      const encapsulated = peer.subarray(0, MLKEM768_CIPHERTEXT_LENGTH);
      return attempt(() => Buffer.concat([decapsulate(privateKey, encapsulated), classical]));
    },
  };
}

/** Node's types know only a peer's key that was made a KeyObject of, which costs a tenth more than its PEM. */
const agree = diffieHellman as unknown as (keys: { privateKey: KeyObject; publicKey: string }) => Buffer;

/** Node 24 reads PEM in a third of the time that it needs for raw, DER or JWK input. */
function montgomeryPem({ spkiPrefix }: MontgomeryCurve, raw: Buffer): string {
  return `-----BEGIN PUBLIC KEY-----\n${spkiPrefix}${raw.toString('base64')}\n-----END PUBLIC KEY-----\n`;
}

/** node:crypto throws for a share that is no element of the group. */
function attempt(derive: () => Buffer): Buffer | null {
  try {
    return derive();
  } catch {
    return null;
  }
}

import { constants, createHash, type KeyObject, publicDecrypt } from 'node:crypto';
import type { HashName, PssParameters } from '../domain/certificate.ts';

/** Octets of the digests that are functions of any output length (RFC 8692 §4). */
const XOF_LENGTHS: ReadonlyMap<HashName, number> = new Map([
  ['shake128', 32],
  ['shake256', 64],
]);
const TRAILER = 0xbc;
const PADDING = Buffer.alloc(8);

/** A running digest for a signature; SHAKE gives as many octets as RFC 8692 has it give. */
export function createDigest(name: HashName): ReturnType<typeof createHash> {
  const outputLength = XOF_LENGTHS.get(name);
  return outputLength === undefined ? createHash(name) : createHash(name, { outputLength });
}

export interface PssInput {
  /** Of what is signed, with `parameters.hash`. */
  readonly digest: Buffer;
  readonly parameters: PssParameters;
  /** Of type `rsa`, whatever the certificate of the key restricts it to. */
  readonly key: KeyObject;
  readonly modulus: Buffer;
  readonly modulusBits: number;
  readonly signature: Buffer;
}

/**
 * RSASSA-PSS-VERIFY (RFC 8017 §8.1.2): node:crypto has one name for the digests of message and mask and none for SHAKE,
 * so its part here is the RSA operation alone. Throws when OpenSSL refuses the key.
 */
export function isPssSignature({ digest, parameters, key, modulus, modulusBits, signature }: PssInput): boolean {
  if (signature.length !== modulus.length || Buffer.compare(signature, modulus) >= 0) return false;
  const block = publicDecrypt({ key, padding: constants.RSA_NO_PADDING }, signature);
  const encodedBits = modulusBits - 1;
  const encoded = block.subarray(block.length - Math.ceil(encodedBits / 8));
  // With a modulus of 8n + 1 bits the encoded message is one octet shorter.
  if (encoded.length < block.length && block[0] !== 0) return false;
  return isEncodingOf(digest, encoded, 8 * encoded.length - encodedBits, parameters);
}

/**
 * EMSA-PSS-VERIFY (RFC 8017 §9.1.2).
 * @param unusedBits leading bits of `encoded` that are beyond the modulus, 0 to 7
 */
function isEncodingOf(digest: Buffer, encoded: Buffer, unusedBits: number, parameters: PssParameters): boolean {
  const { hash, mask, saltLength } = parameters;
  const blockLength = encoded.length - digest.length - 1;
  const saltOffset = blockLength - saltLength;
  if (saltOffset < 1 || encoded.at(-1) !== TRAILER) return false;
  const seed = encoded.subarray(blockLength, -1);
  const block = Buffer.from(encoded.subarray(0, blockLength));
  const usedBits = 0xff >> unusedBits;
  if (((block[0] ?? 0) & ~usedBits) !== 0) return false;
  const pattern = maskOf(seed, mask, blockLength);
  for (let index = 0; index < blockLength; index++) block[index] = (block[index] ?? 0) ^ (pattern[index] ?? 0);
  block[0] = (block[0] ?? 0) & usedBits;
  const isPadded = block.subarray(0, saltOffset - 1).every((octet) => octet === 0) && block[saltOffset - 1] === 1;
  if (!isPadded) return false;
  const expected = createDigest(hash).update(PADDING).update(digest).update(block.subarray(saltOffset)).digest();
  return expected.equals(seed);
}

/** MGF1 (RFC 8017 §B.2.1), or SHAKE itself (RFC 8692 §4). */
function maskOf(seed: Buffer, hash: HashName, length: number): Buffer {
  if (XOF_LENGTHS.has(hash)) return createHash(hash, { outputLength: length }).update(seed).digest();
  const blocks: Buffer[] = [];
  const counter = Buffer.alloc(4);
  for (let total = 0, index = 0; total < length; index++) {
    counter.writeUInt32BE(index);
    const block = createHash(hash).update(seed).update(counter).digest();
    blocks.push(block);
    total += block.length;
  }
  return Buffer.concat(blocks).subarray(0, length);
}

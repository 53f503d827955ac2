import {
  constants,
  createHash,
  createPublicKey,
  generateKeyPairSync,
  privateEncrypt,
  randomBytes,
  sign,
} from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type HashName, isReadable, type PssParameters } from '../../src/domain/certificate.ts';
import { parseCertificate } from '../../src/x509/certificate.ts';
import { createDigest, isPssSignature } from '../../src/x509/rsa-pss.ts';
import { verifyLongSignature, verifySignature } from '../../src/x509/signature.ts';
import { children, oid, sequence } from '../support/der.ts';
import { rawCertificate } from '../support/raw-certificate.ts';

/** Moduli of a whole number of octets, and with one bit more or less: there the encoding has another length. */
const KEYS = [1024, 1025, 1031, 1032].map((bits) => {
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: bits });
  const publicKey = createPublicKey(privateKey);
  const modulus = Buffer.from(publicKey.export({ format: 'jwk' }).n ?? '', 'base64url');
  return { bits, privateKey, publicKey, modulus };
});
type Key = (typeof KEYS)[number];

const MESSAGE = Buffer.from('to be signed');
/** What node:crypto signs with. */
const ORDINARY: readonly HashName[] = ['sha1', 'sha256', 'sha384', 'sha512', 'sha512-256', 'sha3-256'];

function isSound(key: Key, parameters: PssParameters, signature: Buffer, message = MESSAGE): boolean {
  const digest = createDigest(parameters.hash).update(message).digest();
  return isPssSignature({
    digest,
    parameters,
    key: key.publicKey,
    modulus: key.modulus,
    modulusBits: key.bits,
    signature,
  });
}

/** The private operation on an encoded message that a test has made (RFC 8017 §9.1.1), right or wrong. */
function signEncoded(key: Key, encoded: Buffer): Buffer {
  const block = Buffer.concat([Buffer.alloc(key.modulus.length - encoded.length), encoded]);
  return privateEncrypt({ key: key.privateKey, padding: constants.RSA_NO_PADDING }, block);
}

interface Encoding {
  readonly salt: Buffer;
  readonly message?: Buffer;
  /** Between the padding and the salt. */
  readonly separator?: number;
  readonly trailer?: number;
  /** The first octet of the padding. */
  readonly padding?: number;
  /** Turned in the encoded message's first octet. */
  readonly turned?: number;
}

/** EMSA-PSS-ENCODE, with every constant of it open to change. */
function encode(key: Key, { hash, mask }: PssParameters, encoding: Encoding): Buffer {
  const { salt, message = MESSAGE, separator = 1, trailer = 0xbc, padding = 0, turned = 0 } = encoding;
  const length = Math.ceil((key.bits - 1) / 8);
  const digest = createDigest(hash).update(message).digest();
  const seed = createDigest(hash).update(Buffer.alloc(8)).update(digest).update(salt).digest();
  const block = Buffer.alloc(length - seed.length - 1);
  block[0] = padding;
  block[block.length - salt.length - 1] = separator;
  salt.copy(block, block.length - salt.length);
  const pattern = maskWith(mask, seed, block.length);
  for (const [index, octet] of pattern.entries()) block[index] = (block[index] ?? 0) ^ octet;
  block[0] = ((block[0] ?? 0) & (0xff >> (8 * length - (key.bits - 1)))) ^ turned;
  return Buffer.concat([block, seed, Buffer.from([trailer])]);
}

function maskWith(hash: HashName, seed: Buffer, length: number): Buffer {
  if (hash.startsWith('shake')) return createHash(hash, { outputLength: length }).update(seed).digest();
  const parts: Buffer[] = [];
  for (let index = 0; index * 20 < length; index++) {
    parts.push(
      createDigest(hash)
        .update(Buffer.concat([seed, Buffer.from([0, 0, 0, index])]))
        .digest(),
    );
  }
  return Buffer.concat(parts).subarray(0, length);
}

describe('what node:crypto has signed', () => {
  it('verifies, and does not with any bit turned or under other parameters', () => {
    const parts = fc.record({
      key: fc.constantFrom(...KEYS),
      hash: fc.constantFrom(...ORDINARY),
      saltLength: fc.nat({ max: 40 }),
      bit: fc.nat(),
    });
    fc.assert(
      fc.property(parts, ({ key, hash, saltLength, bit }) => {
        const padding = constants.RSA_PKCS1_PSS_PADDING;
        const signature = sign(hash, MESSAGE, { key: key.privateKey, padding, saltLength });
        const parameters = { hash, mask: hash, saltLength };
        expect(isSound(key, parameters, signature)).toBe(true);
        const turned = Buffer.from(signature);
        const at = bit % (8 * turned.length);
        turned[at >> 3] = (turned[at >> 3] ?? 0) ^ (1 << (at & 7));
        expect(isSound(key, parameters, turned)).toBe(false);
        expect(isSound(key, parameters, signature, Buffer.from('to be sighed'))).toBe(false);
        expect(isSound(key, { ...parameters, saltLength: saltLength + 1 }, signature)).toBe(false);
        expect(isSound(key, { ...parameters, mask: hash === 'sha1' ? 'sha256' : 'sha1' }, signature)).toBe(false);
      }),
      { numRuns: 60 },
    );
  });
});

describe.each(KEYS)('with a modulus of $bits bits', (key) => {
  const common = { hash: 'sha256', mask: 'sha1', saltLength: 16 } as const;
  const salt = randomBytes(16);

  it.each<{ name: string; parameters?: PssParameters; encoding?: Partial<Encoding>; isGood: boolean }>([
    { name: 'another digest in the mask', isGood: true },
    { name: 'no salt', parameters: { ...common, saltLength: 0 }, encoding: { salt: Buffer.alloc(0) }, isGood: true },
    {
      name: 'SHAKE128',
      parameters: { hash: 'shake128', mask: 'shake128', saltLength: 32 },
      encoding: { salt: randomBytes(32) },
      isGood: true,
    },
    { name: 'SHAKE256 with a short salt', parameters: { ...common, hash: 'shake256', mask: 'shake256' }, isGood: true },
    { name: 'another trailer', encoding: { trailer: 0xcc }, isGood: false },
    { name: 'another separator', encoding: { separator: 2 }, isGood: false },
    { name: 'no separator', encoding: { separator: 0 }, isGood: false },
    { name: 'padding that is not zero', encoding: { padding: 1 }, isGood: false },
    { name: 'a salt that is one octet longer', encoding: { salt: randomBytes(17) }, isGood: false },
    { name: 'a salt that is one octet shorter', encoding: { salt: randomBytes(15) }, isGood: false },
  ])('$name: $isGood', ({ parameters = common, encoding, isGood }) => {
    const signature = signEncoded(key, encode(key, parameters, { salt, ...encoding }));
    expect(isSound(key, parameters, signature)).toBe(isGood);
  });

  it('takes the longest salt there is room for, and no longer one', () => {
    const room = Math.ceil((key.bits - 1) / 8) - 32 - 2;
    const parameters = { hash: 'sha256', mask: 'sha256', saltLength: room } as const;
    const signature = signEncoded(key, encode(key, parameters, { salt: randomBytes(room) }));
    expect(isSound(key, parameters, signature)).toBe(true);
    expect(isSound(key, { ...parameters, saltLength: room + 1 }, signature)).toBe(false);
    expect(isSound(key, { ...parameters, saltLength: 2 ** 31 - 1 }, signature)).toBe(false);
  });

  it('takes one encoding of a number only', () => {
    const signature = signEncoded(key, encode(key, common, { salt }));
    expect(isSound(key, common, Buffer.concat([Buffer.alloc(1), signature]))).toBe(false);
    expect(isSound(key, common, signature.subarray(1))).toBe(false);
    expect(isSound(key, common, Buffer.alloc(0))).toBe(false);
    const sum = BigInt(`0x${signature.toString('hex')}`) + BigInt(`0x${key.modulus.toString('hex')}`);
    const beyond = Buffer.from(sum.toString(16).padStart(2 * key.modulus.length, '0'), 'hex');
    expect(isSound(key, common, beyond)).toBe(false);
    expect(isSound(key, common, key.modulus)).toBe(false);
  });

  it('looks at the bits that are beyond the modulus', () => {
    const unused = 8 * Math.ceil((key.bits - 1) / 8) - (key.bits - 1);
    for (let bit = 0; bit < unused; bit++) {
      const encoded = encode(key, common, { salt, turned: 0x80 >> bit });
      // As a number above the modulus it cannot be signed.
      if (Buffer.compare(Buffer.concat([Buffer.alloc(key.modulus.length - encoded.length), encoded]), key.modulus) >= 0)
        continue;
      expect(isSound(key, common, signEncoded(key, encoded))).toBe(false);
    }
  });
});

describe.each([
  { name: 'shake128', id: '1.3.6.1.5.5.7.6.30', saltLength: 32 },
  { name: 'shake256', id: '1.3.6.1.5.5.7.6.31', saltLength: 64 },
] as const)('a certificate signed with $name', async ({ name, id, saltLength }) => {
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const publicKey = createPublicKey(privateKey);
  const modulus = Buffer.from(publicKey.export({ format: 'jwk' }).n ?? '', 'base64url');
  const key = { bits: 2048, privateKey, publicKey, modulus };
  const algorithm = sequence(oid(id));
  const [, publicBits = Buffer.alloc(0)] = children(publicKey.export({ format: 'der', type: 'spki' }));

  async function signed(salt: Buffer, keyAlgorithm: Buffer | null) {
    const spki = keyAlgorithm === null ? {} : { spki: sequence(keyAlgorithm, publicBits) };
    const { der } = await rawCertificate({ key: privateKey, ...spki, outerAlgorithm: algorithm });
    const certificate = parseCertificate(der);
    if (!isReadable(certificate)) throw new Error(certificate.unreadable.detail);
    const parameters = { hash: name, mask: name, saltLength };
    const value = signEncoded(key, encode(key, parameters, { salt, message: certificate.tbs }));
    return { certificate, signature: { ...certificate.signature, value } };
  }

  it.each([
    { of: 'any RSA key', keyAlgorithm: null, outcome: 'valid' },
    { of: 'a key for it alone', keyAlgorithm: algorithm, outcome: 'valid' },
    { of: 'a key for any RSASSA-PSS', keyAlgorithm: sequence(oid('1.2.840.113549.1.1.10')), outcome: 'valid' },
    {
      of: 'a key for RSASSA-PSS with SHA-1',
      keyAlgorithm: sequence(oid('1.2.840.113549.1.1.10'), sequence()),
      outcome: 'invalid',
    },
  ])('by $of: $outcome', async ({ keyAlgorithm, outcome }) => {
    const { certificate, signature } = await signed(randomBytes(saltLength), keyAlgorithm);
    const { tbs: data, spki } = certificate;
    expect(certificate.faults).toEqual([]);
    expect(certificate.signature.hash).toBe(name);
    expect(verifySignature({ data, signature, spki })).toBe(outcome);
    expect(verifySignature({ data: data.subarray(1), signature, spki })).toBe('invalid');
    const long = Buffer.concat([data, Buffer.alloc(2 ** 20)]);
    expect(await verifyLongSignature({ data: long, signature, spki })).toBe('invalid');
  });

  it('with another salt than RFC 8692 has it', async () => {
    const { certificate, signature } = await signed(randomBytes(20), null);
    expect(verifySignature({ data: certificate.tbs, signature, spki: certificate.spki })).toBe('invalid');
  });
});

import { constants, createPrivateKey, generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { type Certificate, isReadable } from '../../src/domain/certificate.ts';
import { parseCertificate } from '../../src/x509/certificate.ts';
import { type SignatureOutcome, verifySignature } from '../../src/x509/signature.ts';
import { bits, context, integer, nil, oid, sequence } from '../support/der.ts';
import { type KeyKind, newKey } from '../support/issued.ts';
import { issue } from '../support/pki.ts';
import { type RawCertificateOptions, rawCertificate } from '../support/raw-certificate.ts';
import { certificateBytes } from './certificate-bytes.ts';

function read(der: Buffer): Certificate {
  const certificate = parseCertificate(der);
  if (!isReadable(certificate)) throw new Error(certificate.unreadable.detail);
  return certificate;
}

/** Whether a certificate is signed by its own key, or by that of another. */
function check(certificate: Certificate, signer: Certificate = certificate): SignatureOutcome {
  return verifySignature({ data: certificate.tbs, signature: certificate.signature, spki: signer.spki });
}

/** The same certificate with one bit of its signature, or of what is signed, turned. */
function tampered(der: Buffer, offset: number): Certificate {
  const copy = Buffer.from(der);
  copy[offset] = (copy[offset] ?? 0) ^ 1;
  return read(copy);
}

async function expectSound(options: RawCertificateOptions): Promise<void> {
  const { der } = await rawCertificate(options);
  const certificate = read(der);
  expect(certificate.faults).toEqual([]);
  expect(check(certificate)).toBe('valid');
  expect(check(tampered(der, der.length - 1))).toBe('invalid');
  const serialOffset = der.indexOf(Buffer.from('02024a11', 'hex')) + 3;
  expect(check(tampered(der, serialOffset))).toBe('invalid');
}

describe('signatures of every family', () => {
  const kinds: KeyKind[] = [
    'ec-p256',
    'ec-p384',
    'ec-p521',
    'ec-secp256k1',
    'ec-brainpoolP256r1',
    'ec-brainpoolP384r1',
    'rsa-1024',
    'rsa-2048',
    'rsa-pss-2048',
    'dsa-2048',
    'ed25519',
    'ed448',
    'ml-dsa-65',
  ];
  it.each(kinds)('%s', async (kind) => {
    await expectSound({ key: await newKey(kind) });
  });

  it.each(['ml-dsa-44', 'ml-dsa-87'] as const)('%s', async (kind) => {
    // The types of Node 24 do not have these yet.
    const generate = generateKeyPairSync as unknown as (type: string) => { privateKey: KeyObject };
    await expectSound({ key: generate(kind).privateKey });
  });

  it.each(['md5', 'sha1', 'sha224', 'sha256', 'sha384', 'sha512'] as const)(
    'RSA with %s: a weak digest is for the checks to judge',
    async (digest) => {
      await expectSound({ key: await newKey('rsa-1024'), digest });
    },
  );

  it.each(['sha1', 'sha224', 'sha256', 'sha384', 'sha512'] as const)('ECDSA with %s', async (digest) => {
    await expectSound({ key: await newKey('ec-p256'), digest });
  });

  it.each([
    ['2.16.840.1.101.3.4.3.10', 'sha3-256', 'ec-p256'],
    ['2.16.840.1.101.3.4.3.12', 'sha3-512', 'ec-p521'],
    ['2.16.840.1.101.3.4.3.14', 'sha3-256', 'rsa-2048'],
    ['1.2.840.113549.1.1.15', 'sha512-224', 'rsa-2048'],
    ['1.2.840.113549.1.1.16', 'sha512-256', 'rsa-2048'],
    ['2.16.840.1.101.3.4.3.6', 'sha3-256', 'dsa-2048'],
  ] as const)('%s, %s with %s', async (id, digest, kind) => {
    const key = await newKey(kind);
    const outerAlgorithm = sequence(oid(id), kind === 'rsa-2048' ? nil() : []);
    const unsigned = read((await rawCertificate({ key, outerAlgorithm })).der);
    expect(unsigned.faults).toEqual([]);
    expect(unsigned.signature.hash).toBe(digest);
    const signature = { ...unsigned.signature, value: sign(digest, unsigned.tbs, key) };
    expect(verifySignature({ data: unsigned.tbs, signature, spki: unsigned.spki })).toBe('valid');
    expect(verifySignature({ data: unsigned.tbs.subarray(1), signature, spki: unsigned.spki })).toBe('invalid');
  });

  it('ECDSA with SHAKE, for which node:crypto has no length of output: unsupported', async () => {
    const outerAlgorithm = sequence(oid('1.3.6.1.5.5.7.6.32'));
    const certificate = read((await rawCertificate({ key: await newKey('ec-p256'), outerAlgorithm })).der);
    expect(certificate.signature.algorithm.name).toBe('ecdsa-with-shake128');
    expect(check(certificate)).toBe('unsupported');
  });

  it.each(['brainpoolP224r1', 'brainpoolP320r1', 'brainpoolP512r1', 'prime192v1', 'secp224r1'])(
    'ECDSA on %s',
    async (namedCurve) => {
      await expectSound({ key: generateKeyPairSync('ec', { namedCurve }).privateKey });
    },
  );

  it('SLH-DSA where OpenSSL has it', async () => {
    const generate = generateKeyPairSync as unknown as (type: string) => { privateKey: KeyObject };
    const key = generate('slh-dsa-sha2-128f').privateKey;
    const algorithm = sequence(oid('2.16.840.1.101.3.4.3.21'));
    const unsigned = read(
      (
        await rawCertificate({
          key,
          signingKey: await newKey('ec-p256'),
          innerAlgorithm: algorithm,
          outerAlgorithm: algorithm,
        })
      ).der,
    );
    expect(unsigned.faults).toEqual([]);
    expect(unsigned.spki.facts).toEqual({ type: 'slh-dsa', parameterSet: 'SLH-DSA-SHA2-128f', bits: 128 });
    const value = sign(null, unsigned.tbs, key);
    const signature = { ...unsigned.signature, value };
    expect(verifySignature({ data: unsigned.tbs, signature, spki: unsigned.spki })).toBe('valid');
    expect(verifySignature({ data: unsigned.tbs.subarray(1), signature, spki: unsigned.spki })).toBe('invalid');
  }, 60_000);
});

describe('RSASSA-PSS', async () => {
  const sha256 = '2.16.840.1.101.3.4.2.1';
  const sha512 = '2.16.840.1.101.3.4.2.3';
  const hashField = (id: string): Buffer => sequence(oid(id), nil());
  const algorithm = (hash: string, mgfHash: string, salt: number): Buffer =>
    sequence(
      oid('1.2.840.113549.1.1.10'),
      sequence(
        context(0, true, hashField(hash)),
        context(1, true, sequence(oid('1.2.840.113549.1.1.8'), hashField(mgfHash))),
        context(2, true, integer(salt)),
      ),
    );

  /** A certificate whose signature is made with these parameters, whatever its algorithm says. */
  async function signedWith(key: KeyObject, outer: Buffer, digest: string, saltLength: number): Promise<Certificate> {
    const { der } = await rawCertificate({ key, outerAlgorithm: outer, signature: bits(Buffer.alloc(256)) });
    const unsigned = read(der);
    const value = sign(digest, unsigned.tbs, { key, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength });
    return { ...unsigned, signature: { ...unsigned.signature, value } };
  }

  const anyKey = await newKey('rsa-2048');
  const restricted = await newKey('rsa-pss-2048');

  it.each([
    ['the salt that is named', anyKey, algorithm(sha256, sha256, 32), 'sha256', 32, 'valid'],
    ['a salt of nothing', anyKey, algorithm(sha256, sha256, 0), 'sha256', 0, 'valid'],
    ['another salt than is named', anyKey, algorithm(sha256, sha256, 32), 'sha256', 20, 'invalid'],
    ['another digest than is named', anyKey, algorithm(sha512, sha512, 32), 'sha256', 32, 'invalid'],
    ['SHA-1 and 20 octets by default', anyKey, sequence(oid('1.2.840.113549.1.1.10'), sequence()), 'sha1', 20, 'valid'],
    ['no parameters at all', anyKey, sequence(oid('1.2.840.113549.1.1.10')), 'sha1', 20, 'unsupported'],
    ['another digest in the mask than is named', anyKey, algorithm(sha256, sha512, 32), 'sha256', 32, 'invalid'],
    ['a digest that is not known', anyKey, algorithm('1.2.3', sha256, 32), 'sha256', 32, 'unsupported'],
    [
      'a digest that OpenSSL has no more',
      anyKey,
      algorithm('1.2.840.113549.2.2', sha256, 32),
      'sha256',
      32,
      'unsupported',
    ],
    [
      'a digest for the mask that OpenSSL has no more',
      anyKey,
      algorithm(sha256, '1.2.840.113549.2.2', 32),
      'sha256',
      32,
      'unsupported',
    ],
    ['a salt longer than the modulus', anyKey, algorithm(sha256, sha256, 257), 'sha256', 32, 'invalid'],
    ['a salt that leaves no room', anyKey, algorithm(sha256, sha256, 256), 'sha256', 32, 'invalid'],
    ['what a restricted key allows', restricted, algorithm(sha256, sha256, 32), 'sha256', 32, 'valid'],
    ['a longer salt than a restricted key asks for', restricted, algorithm(sha256, sha256, 40), 'sha256', 40, 'valid'],
    [
      'a shorter salt than a restricted key asks for',
      restricted,
      algorithm(sha256, sha256, 20),
      'sha256',
      32,
      'invalid',
    ],
    ['a digest that a restricted key forbids', restricted, algorithm(sha512, sha512, 64), 'sha256', 32, 'invalid'],
  ] as const)('%s', async (_, key, outer, digest, salt, expected) => {
    expect(check(await signedWith(key, outer, digest, salt))).toBe(expected);
  });

  it('a restricted key makes no PKCS #1 signature', async () => {
    const signer = read((await rawCertificate({ key: restricted })).der);
    const leaf = read((await rawCertificate({ key: anyKey })).der);
    expect(check(leaf, signer)).toBe('invalid');
  });
});

describe('what does not fit together', () => {
  it('a key of another kind', async () => {
    const rsa = read((await rawCertificate({ key: await newKey('rsa-1024') })).der);
    const ec = read((await rawCertificate({ key: await newKey('ec-p256') })).der);
    const ed = read((await rawCertificate({ key: await newKey('ed25519') })).der);
    const ed448 = read((await rawCertificate({ key: await newKey('ed448') })).der);
    const dsa = read((await rawCertificate({ key: await newKey('dsa-2048') })).der);
    const all = [rsa, ec, ed, ed448, dsa];
    for (const certificate of all) {
      for (const signer of all) expect(check(certificate, signer)).toBe(certificate === signer ? 'valid' : 'invalid');
    }
  });

  it('another key of the same kind', async () => {
    const one = await issue({ key: 'ec-p256' });
    const other = await issue({ key: 'ec-p256' });
    expect(check(read(one.der), read(other.der))).toBe('invalid');
  });

  it('a key of P-384 for a signature of P-256', async () => {
    const one = await issue({ key: 'ec-p256' });
    const other = await issue({ key: 'ec-p384' });
    expect(check(read(one.der), read(other.der))).toBe('invalid');
  });

  it('an algorithm that is not known, md2 and md4: unsupported', async () => {
    for (const id of ['1.2.3', '1.2.840.113549.1.1.2', '1.2.840.113549.1.1.3']) {
      const algorithm = sequence(oid(id), nil());
      const { der } = await rawCertificate({
        key: await newKey('rsa-1024'),
        outerAlgorithm: algorithm,
        signature: bits(Buffer.alloc(128)),
      });
      expect(check(read(der))).toBe('unsupported');
    }
  });

  it('a key that is not known, explicit parameters, a point beside the curve: unsupported', () => {
    const keys = [
      sequence(sequence(oid('1.2.3')), bits(Buffer.alloc(1))),
      sequence(sequence(oid('1.2.840.10045.2.1'), sequence(integer(1))), bits(Buffer.alloc(65, 4))),
      sequence(sequence(oid('1.2.840.10045.2.1'), oid('1.2.840.10045.3.1.7')), bits(Buffer.alloc(65, 4))),
    ];
    for (const key of keys) expect(check(read(certificateBytes({ key })))).toBe('unsupported');
  });

  it('a signature that is no DER is invalid', () => {
    for (const signature of [bits(Buffer.alloc(0)), bits(Buffer.alloc(1)), bits(Buffer.alloc(5000, 0xff))]) {
      expect(check(read(certificateBytes({ signature })))).toBe('invalid');
    }
  });

  it('an RSA key with exponent 1 verifies: that the key is invalid is its own fault', async () => {
    const modulus = createPrivateKey((await issue({ key: 'rsa-1024' })).keyPem).export({ format: 'jwk' }).n ?? '';
    const octets = Buffer.from(modulus, 'base64url');
    const spki = sequence(
      sequence(oid('1.2.840.113549.1.1.1'), nil()),
      bits(sequence(integer(BigInt(`0x${octets.toString('hex')}`)), integer(1))),
    );
    const certificate = read(
      certificateBytes({
        key: spki,
        algorithm: sequence(oid('1.2.840.113549.1.1.11'), nil()),
        signature: bits(Buffer.alloc(128)),
      }),
    );
    expect(certificate.faults.map(({ code }) => code)).toContain('key_invalid');
    expect(['invalid', 'unsupported']).toContain(check(certificate));
  });
});

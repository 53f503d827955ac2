import { createPublicKey, generateKeyPairSync, type KeyObject } from 'node:crypto';
import { afterAll, describe, expect, it } from 'vitest';
import type { Profile } from '../../src/domain/policy.ts';
import { bits, integer, nil, octets, oid, sequence } from '../support/der.ts';
import { bundle, type Issued, type KeyKind, newKey } from '../support/issued.ts';
import {
  authorityKeyIdentifier,
  basicConstraints,
  dnsNames,
  extension,
  rawCertificate,
  subjectKeyIdentifier,
} from '../support/raw-certificate.ts';
import { startService } from '../support/service.ts';

/** Which keys each profile takes, wherever in a path they stand: leaf, intermediate, anchor. */

const HOST = 'host.example.com';

interface Key {
  readonly key: KeyObject;
  /** Instead of the public half of `key`: its signatures then do not verify, which is reported beside. */
  readonly spki?: Buffer;
}

interface Row {
  readonly name: string;
  readonly make: () => Promise<Key>;
  /** A code that must be among the errors at the certificate of the key; null = no error at all. */
  readonly codes: Readonly<Record<Profile, string | null>>;
}

const everywhere = (code: string | null) => ({ default: code, rfc5280: code, webpki: code });
const webpkiOnly = { default: null, rfc5280: null, webpki: 'key_type_not_allowed' };

const kind = (name: KeyKind) => async () => ({ key: await newKey(name) });
const rsa = (modulusLength: number) => async () => ({ key: generateKeyPairSync('rsa', { modulusLength }).privateKey });
const curve = (namedCurve: string) => async () => ({ key: generateKeyPairSync('ec', { namedCurve }).privateKey });
const dsa = (modulusLength: number, divisorLength: number) => async () => ({
  key: generateKeyPairSync('dsa', { modulusLength, divisorLength }).privateKey,
});

/** A key that agrees on secrets. What a CA with it issued was signed by something else. */
function unsigning(type: 'x25519' | 'x448' | 'ml-kem-768') {
  return async () => {
    const { publicKey } = generateKeyPairSync(type as 'x25519');
    return { key: await newKey('ec-p256'), spki: publicKey.export({ format: 'der', type: 'spki' }) };
  };
}

/** An RSA key whose numbers have been changed. */
function alteredRsa(alter: (numbers: { n: bigint; e: bigint }) => { n: bigint; e: bigint }) {
  return async () => {
    const key = await newKey('rsa-2048');
    const { n = '', e = '' } = createPublicKey(key).export({ format: 'jwk' });
    const numberOf = (text: string) => BigInt(`0x${Buffer.from(text, 'base64url').toString('hex')}`);
    const altered = alter({ n: numberOf(n), e: numberOf(e) });
    const numbers = sequence(integer(altered.n), integer(altered.e));
    return { key, spki: sequence(sequence(oid('1.2.840.113549.1.1.1'), nil()), bits(numbers)) };
  };
}

/** P-256, spelled out as ECParameters (SEC 1 §C.2) instead of named. */
async function explicitCurve(): Promise<Key> {
  const key = await newKey('ec-p256');
  const { x = '', y = '' } = createPublicKey(key).export({ format: 'jwk' });
  const p = 2n ** 256n - 2n ** 224n + 2n ** 192n + 2n ** 96n - 1n;
  const order = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n;
  const b = Buffer.from('5ac635d8aa3a93e7b3ebbd55769886bc651d06b0cc53b0f63bce3c3e27d2604b', 'hex');
  const generator = Buffer.from(
    '046b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296' +
      '4fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececbb6406837bf51f5',
    'hex',
  );
  const a = Buffer.from((p - 3n).toString(16), 'hex');
  const parameters = sequence(
    integer(1),
    sequence(oid('1.2.840.10045.1.1'), integer(p)),
    sequence(octets(a), octets(b)),
    octets(generator),
    integer(order),
    integer(1),
  );
  const point = Buffer.concat([Buffer.from([4]), Buffer.from(x, 'base64url'), Buffer.from(y, 'base64url')]);
  return { key, spki: sequence(sequence(oid('1.2.840.10045.2.1'), parameters), bits(point)) };
}

const rows: readonly Row[] = [
  { name: 'RSA of 1024 bits', make: rsa(1024), codes: everywhere('key_too_small') },
  { name: 'RSA of 2047 bits', make: rsa(2047), codes: everywhere('key_too_small') },
  { name: 'RSA of 2048 bits', make: rsa(2048), codes: everywhere(null) },
  { name: 'RSA of 2052 bits, no multiple of 8', make: rsa(2052), codes: webpkiOnly },
  { name: 'RSA of 2056 bits', make: rsa(2056), codes: everywhere(null) },
  { name: 'RSA for RSASSA-PSS alone', make: kind('rsa-pss-2048'), codes: webpkiOnly },
  { name: 'P-192', make: curve('prime192v1'), codes: everywhere('key_too_small') },
  { name: 'P-224', make: curve('secp224r1'), codes: webpkiOnly },
  { name: 'P-256', make: kind('ec-p256'), codes: everywhere(null) },
  { name: 'P-384', make: kind('ec-p384'), codes: everywhere(null) },
  { name: 'P-521', make: kind('ec-p521'), codes: everywhere(null) },
  { name: 'brainpoolP256r1', make: kind('ec-brainpoolP256r1'), codes: webpkiOnly },
  { name: 'brainpoolP384r1', make: kind('ec-brainpoolP384r1'), codes: webpkiOnly },
  { name: 'secp256k1', make: kind('ec-secp256k1'), codes: webpkiOnly },
  {
    name: 'a curve that OpenSSL has and we do not',
    make: curve('sect283k1'),
    codes: everywhere('key_algorithm_unsupported'),
  },
  { name: 'Ed25519', make: kind('ed25519'), codes: webpkiOnly },
  { name: 'Ed448', make: kind('ed448'), codes: webpkiOnly },
  { name: 'ML-DSA-65', make: kind('ml-dsa-65'), codes: webpkiOnly },
  { name: 'X25519, which cannot sign', make: unsigning('x25519'), codes: everywhere('key_type_not_allowed') },
  { name: 'X448, which cannot sign', make: unsigning('x448'), codes: everywhere('key_type_not_allowed') },
  { name: 'ML-KEM-768, which cannot sign', make: unsigning('ml-kem-768'), codes: everywhere('key_type_not_allowed') },
  { name: 'DSA of 1024 bits', make: dsa(1024, 160), codes: everywhere('key_too_small') },
  { name: 'DSA of 2048 bits', make: dsa(2048, 256), codes: webpkiOnly },
  { name: 'explicit curve parameters', make: explicitCurve, codes: everywhere('key_invalid') },
  { name: 'an even modulus', make: alteredRsa(({ n, e }) => ({ n: n - 1n, e })), codes: everywhere('key_invalid') },
  { name: 'an even exponent', make: alteredRsa(({ n }) => ({ n, e: 65536n })), codes: everywhere('key_invalid') },
  { name: 'exponent 1', make: alteredRsa(({ n }) => ({ n, e: 1n })), codes: everywhere('key_invalid') },
];

const POSITIONS = ['leaf', 'intermediate', 'anchor'] as const;
type Position = (typeof POSITIONS)[number];

const CERT_SIGN = extension({ oid: '2.5.29.15', critical: true, value: Buffer.from('03020204', 'hex') });
const SERVER_AUTH = extension({ oid: '2.5.29.37', value: sequence(oid('1.3.6.1.5.5.7.3.1')) });

/** Leaf, intermediate, anchor: one of them with the key. */
async function chainWith(key: Key, position: Position): Promise<readonly [Issued, Issued, Issued]> {
  const keyAt = async (at: Position) => (at === position ? key : { key: await newKey('ec-p256') });
  const rootKey = await keyAt('anchor');
  const ca = (subject: KeyObject) => [basicConstraints(true), CERT_SIGN, subjectKeyIdentifier(subject)];
  const anchor = await rawCertificate({ ...rootKey, subject: 'Root', extensions: ca(rootKey.key) });
  const issuingKey = await keyAt('intermediate');
  const issuing = await rawCertificate({
    ...issuingKey,
    subject: 'Issuing',
    issuedBy: anchor,
    extensions: [...ca(issuingKey.key), authorityKeyIdentifier(anchor)],
  });
  const leaf = await rawCertificate({
    ...(await keyAt('leaf')),
    subject: 'leaf',
    issuedBy: issuing,
    extensions: [authorityKeyIdentifier(issuing), dnsNames(HOST), SERVER_AUTH],
  });
  return [leaf, issuing, anchor];
}

describe.each(rows)('$name', async ({ make, codes }) => {
  const service = await startService();
  afterAll(async () => await service[Symbol.asyncDispose]());
  const key = await make();

  describe.each(POSITIONS)('in the %s', async (position) => {
    const [leaf, issuing, anchor] = await chainWith(key, position);
    it.each(['default', 'rfc5280', 'webpki'] as const)('under %s', async (profile) => {
      const verdict = await service.ask({
        host: HOST,
        chain_pem: bundle(leaf, issuing),
        ca: { pem: anchor.pem },
        policy: { profile },
        revocation: 'off',
      });
      const errors = verdict.findings.filter(({ severity }) => severity === 'error');
      const code = codes[profile];
      if (code === null) expect(errors).toEqual([]);
      else
        expect(errors.map((finding) => `${finding.code} ${finding.certificate?.role}`)).toContain(
          `${code} ${position}`,
        );
      expect(verdict.ok).toBe(code === null);
    });
  });
});

import { constants, sign } from 'node:crypto';
import { afterAll, describe, expect, it } from 'vitest';
import { bits, type Content, children, context, integer, nil, oid, sequence } from '../support/der.ts';
import { type Issued, issued, newKey } from '../support/issued.ts';
import { root } from '../support/pki.ts';
import { authorityKeyIdentifier, dnsNames, extension, rawCertificate } from '../support/raw-certificate.ts';
import { startService } from '../support/service.ts';

/** RSASSA-PSS with every kind of parameters (RFC 4055 §3.1): judged, or an error that says it could not be. */

const HOST = 'host.example.com';
const HASHES = {
  sha1: '1.3.14.3.2.26',
  sha224: '2.16.840.1.101.3.4.2.4',
  sha256: '2.16.840.1.101.3.4.2.1',
  sha384: '2.16.840.1.101.3.4.2.2',
  sha512: '2.16.840.1.101.3.4.2.3',
  'sha3-256': '2.16.840.1.101.3.4.2.8',
} as const;
type Hash = keyof typeof HASHES;

const hashAlgorithm = (hash: Hash) => sequence(oid(HASHES[hash]), nil());
const pss = (...fields: readonly Content[]) => sequence(oid('1.2.840.113549.1.1.10'), sequence(...fields));
const parameters = (hash: Hash, mgfHash: Hash, salt: number) =>
  pss(
    context(0, true, hashAlgorithm(hash)),
    context(1, true, sequence(oid('1.2.840.113549.1.1.8'), hashAlgorithm(mgfHash))),
    context(2, true, integer(salt)),
  );

interface Row {
  readonly name: string;
  readonly algorithm: Buffer;
  /** What the signature is made with. */
  readonly hash: string;
  readonly salt: number;
  /** The error; null = good. With `outcome` when the signature itself is the matter. */
  readonly code: string | null;
  readonly outcome?: 'invalid' | 'unsupported';
}

const good = (hash: Hash, salt: number): Row => ({
  name: `${hash} with a salt of ${salt}`,
  algorithm: parameters(hash, hash, salt),
  hash,
  salt,
  code: null,
});

const rows: readonly Row[] = [
  good('sha224', 28),
  good('sha256', 32),
  good('sha384', 48),
  good('sha512', 64),
  good('sha256', 0),
  good('sha256', 20),
  good('sha256', 222),
  { ...good('sha1', 20), code: 'signature_algorithm_weak' },
  {
    ...good('sha256', 32),
    name: 'another salt than is named',
    salt: 20,
    code: 'signature_invalid',
    outcome: 'invalid',
  },
  {
    ...good('sha256', 32),
    name: 'another digest than is named',
    hash: 'sha384',
    code: 'signature_invalid',
    outcome: 'invalid',
  },
  {
    ...good('sha256', 32),
    name: 'a salt beyond the modulus',
    algorithm: parameters('sha256', 'sha256', 257),
    code: 'signature_invalid',
    outcome: 'invalid',
  },
  {
    ...good('sha256', 32),
    name: 'another digest for the mask',
    algorithm: parameters('sha256', 'sha384', 32),
    code: 'signature_invalid',
    outcome: 'unsupported',
  },
  { ...good('sha3-256', 32), code: 'signature_invalid', outcome: 'unsupported' },
  {
    ...good('sha256', 32),
    name: 'SHAKE128',
    algorithm: sequence(oid('1.3.6.1.5.5.7.6.30')),
    code: 'signature_invalid',
  },
  {
    ...good('sha256', 32),
    name: 'SHAKE256',
    algorithm: sequence(oid('1.3.6.1.5.5.7.6.31')),
    code: 'signature_invalid',
  },
  { name: 'every default: SHA-1', algorithm: pss(), hash: 'sha1', salt: 20, code: 'signature_algorithm_weak' },
  {
    ...good('sha1', 20),
    name: 'no parameters',
    algorithm: sequence(oid('1.2.840.113549.1.1.10')),
    code: 'signature_invalid',
    outcome: 'unsupported',
  },
];

describe('RSASSA-PSS', async () => {
  const service = await startService();
  afterAll(async () => await service[Symbol.asyncDispose]());
  const anchor = await root('Root', { key: 'rsa-2048' });
  const key = await newKey('ec-p256');

  async function leafSignedWith({ algorithm, hash, salt }: Row): Promise<Issued> {
    const options = {
      issuedBy: anchor,
      key,
      subject: 'leaf',
      outerAlgorithm: algorithm,
      extensions: [
        authorityKeyIdentifier(anchor),
        dnsNames(HOST),
        extension({ oid: '2.5.29.37', value: sequence(oid('1.3.6.1.5.5.7.3.1')) }),
      ],
    };
    const unsigned = await rawCertificate({ ...options, signature: bits(Buffer.alloc(256)) });
    const [tbs = Buffer.alloc(0)] = children(unsigned.der);
    const padding = constants.RSA_PKCS1_PSS_PADDING;
    const value = sign(hash, tbs, { key: anchor.key, padding, saltLength: salt });
    return issued(sequence(tbs, algorithm, bits(value)), key, options);
  }

  it.each(rows)('$name', async (row) => {
    const { pem } = await leafSignedWith(row);
    const verdict = await service.ask({ host: HOST, chain_pem: pem, ca: { pem: anchor.pem }, revocation: 'off' });
    const errors = verdict.findings.filter(({ severity }) => severity === 'error');
    expect(verdict.ok).toBe(row.code === null);
    expect(errors.map(({ code }) => code)).toEqual(row.code === null ? [] : expect.arrayContaining([row.code]));
    if (row.outcome === undefined) return;
    expect(verdict.checks.trust).toBe('fail');
    expect(errors.find(({ code }) => code === 'signature_invalid')?.evidence).toMatchObject({ outcome: row.outcome });
  });
});

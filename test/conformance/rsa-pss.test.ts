import { spawnSync } from 'node:child_process';
import { constants, sign } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { isMissing } from '../support/child-server.ts';
import { bits, type Content, children, context, integer, nil, oid, sequence } from '../support/der.ts';
import { type Issued, issued, newKey, pemOf } from '../support/issued.ts';
import { root } from '../support/pki.ts';
import { authorityKeyIdentifier, dnsNames, extension, rawCertificate } from '../support/raw-certificate.ts';
import { startService } from '../support/service.ts';

/** RSASSA-PSS with every kind of parameters (RFC 4055 §3.1): checked, and judged by how usual they are. */

const HOST = 'host.example.com';
const HASHES = {
  sha1: '1.3.14.3.2.26',
  sha224: '2.16.840.1.101.3.4.2.4',
  sha256: '2.16.840.1.101.3.4.2.1',
  sha384: '2.16.840.1.101.3.4.2.2',
  sha512: '2.16.840.1.101.3.4.2.3',
  'sha512-256': '2.16.840.1.101.3.4.2.6',
  'sha3-256': '2.16.840.1.101.3.4.2.8',
} as const;
type Hash = keyof typeof HASHES;

const hashAlgorithm = (hash: Hash) => sequence(oid(HASHES[hash]), nil());
const pss = (...fields: readonly Content[]) => sequence(oid('1.2.840.113549.1.1.10'), sequence(...fields));
const fields = (hash: Hash, mgfHash: Hash, salt: number) => [
  context(0, true, hashAlgorithm(hash)),
  context(1, true, sequence(oid('1.2.840.113549.1.1.8'), hashAlgorithm(mgfHash))),
  context(2, true, integer(salt)),
];
const parameters = (hash: Hash, mgfHash: Hash, salt: number) => pss(...fields(hash, mgfHash, salt));

interface Row {
  readonly name: string;
  readonly algorithm: Buffer;
  /** What the signature is made with. */
  readonly hash: string;
  readonly salt: number;
  /** The code, an error or not; null = no finding at all of trust or signature. */
  readonly code: string | null;
  readonly isGood?: boolean;
  /** When the signature itself is the matter. */
  readonly outcome?: 'invalid' | 'unsupported';
}

const good = (hash: Hash, salt: number): Row => ({
  name: `${hash} with a salt of ${salt}`,
  algorithm: parameters(hash, hash, salt),
  hash,
  salt,
  code: null,
});
const unusual = { code: 'signature_algorithm_unusual', isGood: true } as const;
const invalid = { code: 'signature_invalid', outcome: 'invalid' } as const;
const unsupported = { code: 'signature_invalid', outcome: 'unsupported' } as const;

const rows: readonly Row[] = [
  good('sha256', 32),
  good('sha384', 48),
  good('sha512', 64),
  { ...good('sha224', 28), ...unusual },
  { ...good('sha256', 0), ...unusual },
  { ...good('sha256', 20), ...unusual },
  { ...good('sha256', 222), ...unusual },
  { ...good('sha512-256', 32), ...unusual },
  { ...good('sha3-256', 32), ...unusual },
  { ...good('sha1', 20), code: 'signature_algorithm_weak' },
  { ...good('sha256', 32), name: 'another salt than is named', salt: 20, ...invalid },
  { ...good('sha256', 32), name: 'another digest than is named', hash: 'sha384', ...invalid },
  {
    ...good('sha256', 32),
    name: 'a salt beyond the modulus',
    algorithm: parameters('sha256', 'sha256', 257),
    ...invalid,
  },
  {
    ...good('sha256', 32),
    name: 'another digest for the mask than is used',
    algorithm: parameters('sha256', 'sha384', 32),
    ...invalid,
  },
  { ...good('sha256', 32), name: 'SHAKE128', algorithm: sequence(oid('1.3.6.1.5.5.7.6.30')), ...invalid },
  { ...good('sha256', 32), name: 'SHAKE256', algorithm: sequence(oid('1.3.6.1.5.5.7.6.31')), ...invalid },
  {
    ...good('sha256', 32),
    name: 'SHAKE128 with parameters',
    algorithm: sequence(oid('1.3.6.1.5.5.7.6.30'), nil()),
    ...unsupported,
  },
  { name: 'every default: SHA-1', algorithm: pss(), hash: 'sha1', salt: 20, code: 'signature_algorithm_weak' },
  {
    ...good('sha256', 32),
    name: 'another trailer field than 1',
    algorithm: pss(...fields('sha256', 'sha256', 32), context(3, true, integer(2))),
    ...unsupported,
  },
  {
    ...good('sha256', 32),
    name: 'a trailer field that is spelled out',
    algorithm: pss(...fields('sha256', 'sha256', 32), context(3, true, integer(1))),
  },
  {
    ...good('sha1', 20),
    name: 'no parameters',
    algorithm: sequence(oid('1.2.840.113549.1.1.10')),
    ...unsupported,
  },
];

describe('RSASSA-PSS', async () => {
  const service = await startService();
  const folder = mkdtempSync(join(tmpdir(), 'rsa-pss-'));
  afterAll(async () => {
    rmSync(folder, { recursive: true });
    await service[Symbol.asyncDispose]();
  });
  const anchor = await root('Root', { key: 'rsa-2048', notAfter: new Date('2049-12-31T23:59:59Z') });
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

  const ask = async (pem: string, changes = {}) =>
    await service.ask({ host: HOST, chain_pem: pem, ca: { pem: anchor.pem }, revocation: 'off', ...changes });

  it.each(rows)('$name', async ({ code, isGood = code === null, outcome, ...row }) => {
    const verdict = await ask((await leafSignedWith({ code, ...row })).pem);
    expect(verdict.ok).toBe(isGood);
    const codes = verdict.findings.map((finding) => finding.code).filter((found) => /^(signature|cert)_/.test(found));
    if (code === null) expect(codes).toEqual([]);
    else expect(codes).toContain(code);
    const fault = verdict.findings.find((finding) => finding.code === 'signature_invalid');
    expect(fault?.evidence?.outcome).toBe(outcome);
  });

  describe.skipIf(isMissing('openssl'))('what OpenSSL has issued', () => {
    const file = (name: string) => join(folder, name);
    const openssl = (...words: readonly string[]) => {
      const { status, stderr } = spawnSync('openssl', words, { encoding: 'utf8' });
      if (status !== 0) throw new Error(stderr);
    };
    writeFileSync(file('leaf.cnf'), `subjectAltName=DNS:${HOST}\nextendedKeyUsage=serverAuth\n`);
    writeFileSync(file('root.pem'), anchor.pem);
    writeFileSync(file('root.key'), anchor.keyPem);
    writeFileSync(file('leaf.key'), key.export({ format: 'pem', type: 'pkcs8' }));
    openssl('req', '-new', '-key', file('leaf.key'), '-subj', '/CN=leaf', '-out', file('leaf.csr'));

    function issuedBy(hash: string, ...parts: readonly string[]): Issued['pem'] {
      const options = ['rsa_padding_mode:pss', ...parts].flatMap((part) => ['-sigopt', part]);
      const ca = [
        '-CA',
        file('root.pem'),
        '-CAkey',
        file('root.key'),
        '-set_serial',
        '7',
        '-extfile',
        file('leaf.cnf'),
      ];
      const what = ['-req', '-in', file('leaf.csr'), '-days', '90', '-out', file('leaf.pem')];
      openssl('x509', ...what, ...ca, `-${hash}`, ...options);
      return readFileSync(file('leaf.pem'), 'utf8');
    }

    // OpenSSL dates what it issues with the present moment.
    const now = { at: new Date(Date.now() + 3_600_000).toISOString() };
    // OpenSSL 3.0 verifies SHA-3, and has no way to put it into a certificate.
    const digests = ['sha1', 'sha224', 'sha256', 'sha384', 'sha512'];
    const combinations = digests.flatMap((hash) => digests.map((mask) => ({ hash, mask })));
    it.each(combinations)('$hash, $mask in MGF1', async ({ hash, mask }) => {
      const salts = ['0', 'digest', 'max', '17'];
      const salt = salts[(hash.length + mask.length) % salts.length] ?? 'digest';
      const pem = issuedBy(hash, `rsa_mgf1_md:${mask}`, `rsa_pss_saltlen:${salt}`);
      const verdict = await ask(pem, now);
      expect(verdict.checks.trust).toBe('pass');
      const expected = hash === 'sha1' ? 'fail' : 'warn';
      const isUsual = hash === mask && salt === 'digest' && ['sha256', 'sha384', 'sha512'].includes(hash);
      expect(verdict.checks.signature).toBe(isUsual ? 'pass' : expected);
      expect(verdict.ok).toBe(hash !== 'sha1');
    });

    it('of which no octet may be another', async () => {
      const pem = issuedBy('sha384', 'rsa_mgf1_md:sha256', 'rsa_pss_saltlen:40');
      const der = Buffer.from(pem.replaceAll(/-----[^-]+-----|\s/g, ''), 'base64');
      for (let offset = 5; offset < der.length; offset += 37) {
        const altered = Buffer.from(der);
        altered[offset] = (altered[offset] ?? 0) ^ 0x10;
        expect((await ask(pemOf(altered), now)).ok, `offset ${offset}`).toBe(false);
      }
    });
  });
});

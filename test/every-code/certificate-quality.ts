import { bits, context, integer, nil, oid, sequence } from '../support/der.ts';
import { intermediate, leaf, root } from '../support/pki.ts';
import { dnsNames, rawCertificate } from '../support/raw-certificate.ts';
import { HOST, hierarchy, judgeChain, type Scenarios } from './scenario.ts';

const WEBPKI = { policy: { profile: 'webpki' } };

export const KEY_SCENARIOS: Scenarios<
  'key_compromised' | 'key_too_small' | 'key_invalid' | 'key_algorithm_unsupported' | 'key_type_not_allowed'
> = {
  key_compromised: {
    run: () => withSpki(rsaSpki(65_537n, (2n ** 1024n - 105n) * (2n ** 1024n - 105n + 2n ** 500n))),
  },
  key_too_small: { run: () => withLeaf({ key: 'rsa-1024' }) },
  key_invalid: { run: () => withSpki(rsaSpki(1n)) },
  key_algorithm_unsupported: {
    run: () => withSpki(sequence(sequence(oid('1.3.6.1.4.1.32473.2')), bits(Buffer.alloc(32, 1)))),
  },
  key_type_not_allowed: { run: () => withLeaf({ key: 'ed25519' }, WEBPKI) },
};

export const SIGNATURE_SCENARIOS: Scenarios<'signature_algorithm_weak' | 'signature_algorithm_unusual'> = {
  signature_algorithm_weak: { run: () => withLeaf({ hash: 'sha1' }) },
  signature_algorithm_unusual: {
    async run() {
      const { authority } = await hierarchy();
      const options = { issuedBy: authority, digest: 'sha224', extensions: [dnsNames(HOST)] } as const;
      return await judgeChain([await rawCertificate(options)], authority);
    },
  },
};

export const USAGE_SCENARIOS: Scenarios<
  'eku_not_server_auth' | 'eku_not_client_auth' | 'eku_profile_violation' | 'key_usage_incompatible'
> = {
  eku_not_server_auth: { run: () => withLeaf({ eku: ['client_auth'] }) },
  eku_not_client_auth: { run: () => withLeaf({}, { policy: { purpose: 'client' } }) },
  eku_profile_violation: { run: () => withLeaf({ eku: ['server_auth', 'any'] }, WEBPKI) },
  key_usage_incompatible: { run: () => withLeaf({ keyUsage: ['key_agreement'] }) },
};

export const EXPECT_SCENARIOS: Scenarios<'pin_mismatch' | 'email_mismatch' | 'spiffe_id_mismatch'> = {
  pin_mismatch: { run: () => withLeaf({}, { expect: { spki_sha256: ['0'.repeat(64)] } }) },
  email_mismatch: { run: () => withLeaf({ emails: ['a@b.example'] }, { expect: { emails: ['c@b.example'] } }) },
  spiffe_id_mismatch: {
    run: () => withLeaf({ uris: ['spiffe://a.example/x'] }, { expect: { spiffe_id: 'spiffe://a.example/y' } }),
  },
};

export const POLICY_SCENARIOS: Scenarios<
  | 'validity_too_long'
  | 'serial_invalid'
  | 'key_identifier_missing'
  | 'aki_issuer_and_serial'
  | 'aki_mismatch'
  | 'cn_not_in_san'
  | 'name_constraint_malformed'
  | 'ca_extension_invalid'
  | 'leaf_is_ca'
  | 'version_not_3'
> = {
  validity_too_long: { run: () => withLeaf({ notAfter: new Date('2029-01-01T00:00:00Z') }) },
  serial_invalid: {
    async run() {
      const { authority } = await hierarchy();
      const host = await rawCertificate({ issuedBy: authority, serial: integer(0), extensions: [dnsNames(HOST)] });
      return await judgeChain([host], authority);
    },
  },
  key_identifier_missing: { run: () => withLeaf({ aki: false }) },
  aki_issuer_and_serial: {
    async run() {
      const keyIdentifier = context(0, false, Buffer.alloc(20, 1));
      const value = sequence(keyIdentifier, context(2, false, Buffer.from([1])));
      const authority = await root('Root', { aki: false, extensions: [{ oid: '2.5.29.35', value }] });
      return await judgeChain([await leaf(authority, HOST)], authority, WEBPKI);
    },
  },
  aki_mismatch: {
    async run() {
      const value = sequence(context(0, false, Buffer.alloc(20, 1)));
      const authority = await root('Root', { aki: false, extensions: [{ oid: '2.5.29.35', value }] });
      return await judgeChain([await leaf(authority, HOST)], authority, WEBPKI);
    },
  },
  cn_not_in_san: { run: () => withLeaf({ subject: 'CN=elsewhere.example' }) },
  name_constraint_malformed: {
    async run() {
      const { authority } = await hierarchy();
      const base = sequence(context(2, false, Buffer.from('.example')));
      const extension = { oid: '2.5.29.30', critical: true, value: sequence(context(0, true, base)) };
      const issuing = await intermediate(authority, 'Constrained CA', { extensions: [extension] });
      return await judgeChain([await leaf(issuing, HOST), issuing], authority);
    },
  },
  ca_extension_invalid: {
    async run() {
      const authority = await root('Root', { ca: true, keyUsage: ['key_cert_sign'] });
      const host = await leaf(authority, HOST, { ca: false, keyUsage: ['digital_signature', 'key_cert_sign'] });
      return await judgeChain([host], authority);
    },
  },
  leaf_is_ca: { run: () => withLeaf({ ca: true }) },
  version_not_3: {
    async run() {
      const { authority } = await hierarchy();
      return await judgeChain([await rawCertificate({ issuedBy: authority, version: null })], authority);
    },
  },
};

async function withLeaf(options: Parameters<typeof leaf>[2], changes: object = {}) {
  const { authority, issuing } = await hierarchy();
  return await judgeChain([await leaf(issuing, HOST, options), issuing], authority, changes);
}

async function withSpki(spki: Buffer) {
  const { authority } = await hierarchy();
  return await judgeChain(
    [await rawCertificate({ issuedBy: authority, spki, extensions: [dnsNames(HOST)] })],
    authority,
  );
}

/** A 2048-bit modulus with an exponent of choice. */
function rsaSpki(exponent: bigint, modulus = (1n << 2047n) | (0x1234567n << 1000n) | 1n): Buffer {
  return sequence(sequence(oid('1.2.840.113549.1.1.1'), nil()), bits(sequence(integer(modulus), integer(exponent))));
}

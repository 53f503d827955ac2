import { context, integer, sequence } from '../support/der.ts';
import type { Issued } from '../support/issued.ts';
import { intermediate, issue, leaf, root } from '../support/pki.ts';
import { dnsNames, rawCertificate } from '../support/raw-certificate.ts';
import { HOST, hierarchy, judgeChain, type Scenarios } from './scenario.ts';

export const CHAIN_SCENARIOS: Scenarios<
  'missing_intermediate' | 'chain_wrong_order' | 'chain_extra_certs' | 'chain_includes_root' | 'chain_duplicate_certs'
> = {
  missing_intermediate: {
    async run() {
      const { authority, issuing, host } = await hierarchy();
      return await judgeChain([host], authority, { ca: { pem: authority.pem, intermediates_pem: issuing.pem } });
    },
  },
  chain_wrong_order: {
    async run() {
      const { authority, issuing } = await hierarchy();
      const lower = await intermediate(issuing, 'Lower CA');
      return await judgeChain([await leaf(lower, HOST), issuing, lower], authority);
    },
  },
  chain_extra_certs: {
    async run() {
      const { authority, issuing, host } = await hierarchy();
      return await judgeChain([host, issuing, await root('Stranger')], authority);
    },
  },
  chain_includes_root: {
    async run() {
      const { authority, issuing, host } = await hierarchy();
      return await judgeChain([host, issuing, authority], authority);
    },
  },
  chain_duplicate_certs: {
    async run() {
      const { authority, issuing, host } = await hierarchy();
      return await judgeChain([host, issuing, issuing], authority);
    },
  },
};

export const TRUST_SCENARIOS: Scenarios<
  | 'self_signed'
  | 'untrusted_root'
  | 'issuer_not_found'
  | 'signature_invalid'
  | 'issuer_not_ca'
  | 'issuer_cannot_sign'
  | 'path_length_exceeded'
  | 'name_constraint_violation'
  | 'policy_constraint_violation'
  | 'unknown_critical_extension'
  | 'cert_malformed'
  | 'chain_too_long'
  | 'budget_exhausted'
  | 'leaf_is_anchor'
> = {
  self_signed: {
    async run() {
      const { authority } = await hierarchy();
      return await judgeChain([await issue({ subject: `CN=${HOST}`, dns: [HOST], eku: ['server_auth'] })], authority);
    },
  },
  untrusted_root: {
    async run() {
      const { authority, issuing, host } = await hierarchy();
      return await judgeChain([host, issuing, authority], await root('Another Root'));
    },
  },
  issuer_not_found: {
    async run() {
      const { host } = await hierarchy();
      return await judgeChain([host], await root('Another Root'));
    },
  },
  signature_invalid: {
    async run() {
      const { authority, issuing } = await hierarchy();
      const forger = await intermediate(authority);
      return await judgeChain([await leaf(forger, HOST), issuing], authority);
    },
  },
  issuer_not_ca: { run: () => withIssuing({ ca: false }) },
  issuer_cannot_sign: { run: () => withIssuing({ keyUsage: ['digital_signature'] }) },
  path_length_exceeded: {
    async run() {
      const authority = await root('Short Root', { pathLength: 0 });
      const issuing = await intermediate(authority);
      return await judgeChain([await leaf(issuing, HOST), issuing], authority);
    },
  },
  name_constraint_violation: { run: () => withIssuing({ extensions: [permitted('other.example')] }) },
  policy_constraint_violation: { run: () => withIssuing({ extensions: [requireExplicitPolicy(0)] }) },
  unknown_critical_extension: {
    run: () => withLeaf({ extensions: [{ oid: '1.3.6.1.4.1.32473.1', critical: true, value: integer(1) }] }),
  },
  cert_malformed: {
    async run() {
      const authority = await root();
      const extensions = [dnsNames(HOST), dnsNames(HOST)];
      return await judgeChain([await rawCertificate({ issuedBy: authority, extensions })], authority);
    },
  },
  chain_too_long: {
    async run() {
      const { authority, issuing, host } = await hierarchy();
      return await judgeChain([host, ...Array.from({ length: 100 }, () => issuing)], authority);
    },
  },
  budget_exhausted: {
    async run() {
      // 1025 names under 1024 constraints: one product above 2^20.
      const names = Array.from({ length: 1025 }, (_, index) => `${index}.example`);
      const authority = await root();
      const bases = Array.from({ length: 1024 }, (_, index) => `${index}.invalid`);
      const issuing = await intermediate(authority, 'Busy CA', { extensions: [excluded(...bases)] });
      const host = await leaf(issuing, [HOST, ...names]);
      return await judgeChain([host, issuing], authority);
    },
  },
  leaf_is_anchor: {
    async run() {
      const own = await issue({ subject: `CN=${HOST}`, dns: [HOST], eku: ['server_auth'], ca: false });
      return await judgeChain([own], own);
    },
  },
};

async function withIssuing(options: Parameters<typeof intermediate>[2]) {
  const { authority } = await hierarchy();
  const issuing = await intermediate(authority, 'Odd CA', options);
  return await judgeChain([await leaf(issuing, HOST), issuing], authority);
}

async function withLeaf(options: Parameters<typeof leaf>[2]) {
  const { authority, issuing } = await hierarchy();
  const host: Issued = await leaf(issuing, HOST, options);
  return await judgeChain([host, issuing], authority);
}

/** NameConstraints with dNSName subtrees (RFC 5280 §4.2.1.10). */
function permitted(...bases: readonly string[]) {
  return nameConstraints(0, bases);
}

function excluded(...bases: readonly string[]) {
  return nameConstraints(1, bases);
}

function nameConstraints(tag: 0 | 1, bases: readonly string[]) {
  const subtrees = bases.map((base) => sequence(context(2, false, Buffer.from(base, 'latin1'))));
  return { oid: '2.5.29.30', critical: true, value: sequence(context(tag, true, ...subtrees)) };
}

/** PolicyConstraints (RFC 5280 §4.2.1.11). */
function requireExplicitPolicy(skip: number) {
  return { oid: '2.5.29.36', critical: true, value: sequence(context(0, false, Buffer.from([skip]))) };
}

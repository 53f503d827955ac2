import { intermediate, leaf, root } from '../support/pki.ts';
import { HOST, hierarchy, judgeChain, type Scenarios } from './scenario.ts';

const BEFORE = new Date('2025-01-01T00:00:00Z');
const EARLY = new Date('2026-05-01T00:00:00Z');
const LATE = new Date('2026-07-01T00:00:00Z');

export const VALIDITY_SCENARIOS: Scenarios<
  | 'cert_expired'
  | 'cert_not_yet_valid'
  | 'cert_expires_soon'
  | 'chain_cert_expired'
  | 'chain_cert_not_yet_valid'
  | 'chain_cert_expires_soon'
  | 'trust_anchor_expired'
  | 'issuer_expires_before_leaf'
> = {
  cert_expired: { run: () => withLeaf({ notBefore: BEFORE, notAfter: EARLY }) },
  cert_not_yet_valid: { run: () => withLeaf({ notBefore: LATE }) },
  cert_expires_soon: { run: () => withLeaf({}, { at: '2026-12-15T00:00:00Z' }) },
  chain_cert_expired: { run: () => withIssuing({ notBefore: BEFORE, notAfter: EARLY }) },
  chain_cert_not_yet_valid: { run: () => withIssuing({ notBefore: LATE }) },
  chain_cert_expires_soon: { run: () => withIssuing({ notAfter: new Date('2026-06-25T00:00:00Z') }) },
  trust_anchor_expired: {
    async run() {
      const authority = await root('Old Root', { notBefore: BEFORE, notAfter: EARLY });
      return await judgeChain([await leaf(authority, HOST)], authority);
    },
  },
  issuer_expires_before_leaf: { run: () => withIssuing({ notAfter: new Date('2026-12-01T00:00:00Z') }) },
};

export const HOSTNAME_SCENARIOS: Scenarios<'name_mismatch' | 'name_only_in_cn' | 'wildcard_not_allowed'> = {
  name_mismatch: { run: () => withLeaf({ dns: ['other.example'] }) },
  name_only_in_cn: { run: () => withLeaf({ dns: [] }) },
  wildcard_not_allowed: { run: () => withLeaf({ dns: ['*.example'] }) },
};

async function withLeaf(options: Parameters<typeof leaf>[2], changes: object = {}) {
  const { authority, issuing } = await hierarchy();
  return await judgeChain([await leaf(issuing, HOST, options), issuing], authority, changes);
}

async function withIssuing(options: Parameters<typeof intermediate>[2]) {
  const { authority } = await hierarchy();
  const issuing = await intermediate(authority, 'Dated CA', options);
  return await judgeChain([await leaf(issuing, HOST), issuing], authority);
}

import { CRL_THIS_UPDATE, certificateList, crlPem } from '../support/crl.ts';
import { integer, sequence } from '../support/der.ts';
import { ocspResponse } from '../support/ocsp.ts';
import { intermediate, leaf } from '../support/pki.ts';
import { startNodeTls } from '../support/servers.ts';
import { HOST, hierarchy, judgeChain, type Scenarios, withServer } from './scenario.ts';

const SERIAL = '41d0';

export const REVOCATION_SCENARIOS: Scenarios<
  | 'cert_revoked'
  | 'chain_cert_revoked'
  | 'revocation_unknown'
  | 'revocation_not_published'
  | 'crl_expired'
  | 'crl_invalid'
  | 'ocsp_response_invalid'
  | 'revocation_signature_weak'
  | 'must_staple_missing'
> = {
  cert_revoked: {
    async run() {
      const { authority, issuing } = await hierarchy();
      const host = await leaf(issuing, HOST, { serial: SERIAL });
      return await judgeChain([host, issuing], authority, {
        ca: {
          pem: authority.pem,
          crls_pem: crlPem(
            certificateList({ issuer: issuing, entries: [{ serial: SERIAL }] }),
            certificateList({ issuer: authority }),
          ),
        },
      });
    },
  },
  chain_cert_revoked: {
    async run() {
      const { authority } = await hierarchy();
      const issuing = await intermediate(authority, 'Withdrawn CA', { serial: SERIAL });
      const crls = crlPem(
        certificateList({ issuer: issuing }),
        certificateList({ issuer: authority, entries: [{ serial: SERIAL }] }),
      );
      const ca = { pem: authority.pem, crls_pem: crls };
      return await judgeChain([await leaf(issuing, HOST), issuing], authority, { ca });
    },
  },
  revocation_unknown: { run: () => withoutCrls({ revocation: 'require' }) },
  revocation_not_published: { run: () => withoutCrls({ revocation: 'soft' }) },
  crl_expired: { run: () => withCrl({ thisUpdate: new Date('2026-01-01T00:00:00Z'), nextUpdate: CRL_THIS_UPDATE }) },
  crl_invalid: { run: async () => withCrl({ signingKey: (await hierarchy()).host.key }) },
  ocsp_response_invalid: {
    async run() {
      const { issuing, host } = await hierarchy();
      const staple = ocspResponse({ issuer: issuing, subject: host, responder: host });
      return await withServer(startNodeTls({ leaf: host, chain: [issuing], staple: () => staple }), {
        revocation: 'soft',
      });
    },
  },
  revocation_signature_weak: { run: () => withCrl({ digest: 'sha1' }) },
  must_staple_missing: {
    async run() {
      const { issuing } = await hierarchy();
      const feature = { oid: '1.3.6.1.5.5.7.1.24', value: sequence(integer(5)) };
      const host = await leaf(issuing, HOST, { extensions: [feature] });
      return await withServer(startNodeTls({ leaf: host, chain: [issuing] }), { revocation: 'soft' });
    },
  },
};

async function withoutCrls(changes: object) {
  const { authority, issuing, host } = await hierarchy();
  return await judgeChain([host, issuing], authority, changes);
}

/** The CRL of the leaf's issuer differs from a good one by these options. */
async function withCrl(options: Omit<Parameters<typeof certificateList>[0], 'issuer'>) {
  const { authority, issuing, host } = await hierarchy();
  const crls = crlPem(certificateList({ issuer: issuing, ...options }), certificateList({ issuer: authority }));
  return await judgeChain([host, issuing], authority, { ca: { pem: authority.pem, crls_pem: crls } });
}

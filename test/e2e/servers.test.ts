import { beforeAll, describe, expect, it } from 'vitest';
import type { Verdict } from '../../src/domain/verdict.ts';
import { isMissing } from '../support/child-server.ts';
import type { Issued } from '../support/issued.ts';
import { intermediate, leaf, root } from '../support/pki.ts';
import { startGnutls, startHaproxy, startNginx, startNodeTls, startOpenssl } from '../support/servers.ts';
import { askVerdict } from '../support/service.ts';

const AT = '2026-06-01T00:00:00Z';
const HOST = 'wiki.corp.example';

let authority: Issued;
let issuing: Issued;
let host: Issued;
let broken: Issued;
beforeAll(async () => {
  authority = await root('Corp Root');
  issuing = await intermediate(authority, 'Corp Issuing CA');
  host = await leaf(issuing, HOST);
  broken = await leaf(issuing, 'old.corp.example', {
    notBefore: new Date('2026-01-01T00:00:00Z'),
    notAfter: new Date('2026-05-29T00:00:00Z'),
  });
});

const SERVERS = [
  { program: 'openssl', start: startOpenssl },
  { program: 'nginx', start: startNginx },
  { program: 'haproxy', start: startHaproxy },
  { program: 'gnutls-serv', start: startGnutls },
  { program: 'node', start: startNodeTls },
];

/** Each error with the place of its certificate; null where it is not the certificate's or was not presented. */
function errorsOf({ findings }: Verdict) {
  return findings
    .filter(({ severity }) => severity === 'error')
    .map(({ code, certificate }) => [code, certificate?.index ?? null])
    .toSorted();
}

const ask = (port: number, changes: object = {}) =>
  askVerdict({ host: HOST, port, connect_to: '127.0.0.1', at: AT, ca: { pem: authority.pem }, ...changes });

for (const { program, start } of SERVERS) {
  describe.skipIf(isMissing(program))(`a host on ${program}`, () => {
    it('passes when everything is right', async () => {
      await using server = await start({ leaf: host, chain: [issuing] });
      const verdict = await ask(server.port);
      expect(verdict).toMatchObject({ ok: true, verdict: 'pass', exit_code: 0, presented_total: 2 });
      expect(verdict.findings.filter(({ severity }) => severity !== 'info')).toEqual([]);
      expect(verdict.tls).toMatchObject({ hello: 'modern', state: 'finished', alerts: [] });
      expect(verdict.trust).toMatchObject([{ ca: 'inline', trusted: true, completed_by: null }]);
      expect(verdict.hostname).toMatchObject({ matched: true, matched_by: HOST });
      // This authority publishes no revocation: that is told as what it is.
      const { revocation, ...others } = verdict.checks;
      expect(revocation).toBe('unknown');
      expect(Object.values(others)).not.toContain('unknown');
    });

    it('shows every fault at once, each at its certificate', async () => {
      await using server = await start({ leaf: broken });
      const verdict = await ask(server.port, { ca: { pem: authority.pem, intermediates_pem: issuing.pem } });
      expect(errorsOf(verdict)).toEqual([
        ['cert_expired', 0],
        ['missing_intermediate', null],
        ['name_mismatch', 0],
      ]);
      expect(verdict).toMatchObject({ ok: false, verdict: 'fail' });
      expect(verdict.checks).toMatchObject({
        connection: 'pass',
        trust: 'pass',
        validity: 'fail',
        hostname: 'fail',
        chain: 'fail',
      });
    });

    it('adds the fourth fault when the CA is unknown as well', async () => {
      await using server = await start({ leaf: broken });
      const stranger = await root('Stranger Root');
      const verdict = await ask(server.port, { ca: { pem: stranger.pem, intermediates_pem: issuing.pem } });
      expect(errorsOf(verdict).map(([code]) => code)).toEqual([
        'cert_expired',
        'issuer_not_found',
        'missing_intermediate',
        'name_mismatch',
      ]);
      expect(verdict.checks.trust).toBe('fail');
    });

    it('leaves no failed handshake in the log of the server', async () => {
      await using server = await start({ leaf: host, chain: [issuing] });
      await ask(server.port);
      await server.close();
      expect(server.log()).not.toMatch(/error|alert|failure|unexpected|terminated|closed connection in SSL/i);
    });
  });
}

import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { freePort, isMissing, startCommand, type TestServer } from '../support/child-server.ts';
import { certificateList } from '../support/crl.ts';
import { type Issued, intermediate, leaf, root } from '../support/pki.ts';
import { type AskedService, servingPort80, startService } from '../support/service.ts';

/** The database of `openssl ca`: status, end, revocation, serial, file, subject. */
function indexLine(status: 'V' | 'R', serial: string, subject: string): string {
  const revoked = status === 'R' ? '260601000000Z,keyCompromise' : '';
  return [status, '270101000000Z', revoked, serial.toUpperCase(), 'unknown', `/${subject}`].join('\t');
}

let ca: Issued;
let issuing: Issued;
beforeAll(async () => {
  ca = await root('Root');
  issuing = await intermediate(ca, 'Issuing');
});

describe.skipIf(isMissing('openssl'))('openssl ocsp as the responder', () => {
  let responder: TestServer;
  let service: AskedService;
  /** The serial of the good one is a part of the revoked one. */
  const serials = { good: '41f0', revoked: '5ead41f0', unknown: '0b0b' } as const;

  beforeAll(async () => {
    const signer = await intermediate(issuing, 'Responder', {
      ca: false,
      eku: ['1.3.6.1.5.5.7.3.9'],
      keyUsage: ['digital_signature'],
      extensions: [{ oid: '1.3.6.1.5.5.7.48.1.5', value: Buffer.from([5, 0]) }],
    });
    const index = [indexLine('V', serials.good, 'CN=good'), indexLine('R', serials.revoked, 'CN=revoked')];
    const port = await freePort();
    responder = await startCommand({
      program: 'openssl',
      files: () => ({
        'index.txt': `${index.join('\n')}\n`,
        'index.txt.attr': 'unique_subject = no\n',
        'ca.pem': issuing.pem,
        'signer.pem': signer.pem,
        'key.pem': signer.keyPem,
      }),
      args: () => [
        ...['ocsp', '-port', String(port), '-index', 'index.txt', '-CA', 'ca.pem', '-rsigner', 'signer.pem'],
        ...['-rkey', 'key.pem', '-ndays', '1', '-ignore_err'],
      ],
      // It takes no address to listen on, and no port 0.
      announces: /ACCEPT \S+:(\d+)/,
    });
    service = await startService({}, { at: new Date(), ...servingPort80(responder.port) });
  });
  afterAll(() => responder.close());

  it.each([
    { status: 'good', reason: null },
    { status: 'revoked', reason: null },
    { status: 'unknown', reason: 'responder_error' },
  ] as const)('says $status', async ({ status, reason }) => {
    const host = await leaf(issuing, 'host.example', {
      serial: serials[status],
      ocspUrls: ['http://127.0.0.1/'],
    });
    const verdict = await service.ask({ host: 'host.example', chain_pem: host.pem + issuing.pem, ca: { pem: ca.pem } });
    expect(verdict.revocation?.[0]).toMatchObject({ status, reason });
    expect(verdict.findings.some(({ code }) => code === 'cert_revoked')).toBe(status === 'revoked');
  });
});

describe.skipIf(isMissing('nginx'))('nginx with CRLs and certificates', () => {
  let folder: string;
  let server: TestServer;
  let service: AskedService;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'pki-'));
    await chmod(folder, 0o755);
    server = await startCommand({
      program: 'nginx',
      files: (_folder, port) => ({ 'nginx.conf': configuration(port, folder) }),
      args: (own) => ['-p', own, '-c', 'nginx.conf', '-e', 'stderr'],
    });
    service = await startService({}, servingPort80(server.port));
  });
  afterAll(async () => {
    await server.close();
    await rm(folder, { recursive: true });
  });

  it.each([
    { name: 'good', leafEntries: [], caEntries: [], statuses: ['good', 'good'], code: null },
    { name: 'a revoked leaf', leafEntries: ['0a'], caEntries: [], statuses: ['revoked', 'good'], code: 'cert_revoked' },
    {
      name: 'a revoked intermediate',
      leafEntries: [],
      caEntries: ['0b'],
      statuses: ['good', 'revoked'],
      code: 'chain_cert_revoked',
    },
  ])('$name, by an intermediate that the server forgot', async ({ leafEntries, caEntries, statuses, code }) => {
    const url = (name: string) => `http://127.0.0.1/${name}`;
    const middle = await intermediate(ca, 'Middle', { serial: '0b', crlUrls: [url('root.crl')] });
    const options = { serial: '0a', crlUrls: [url('middle.crl')], issuerUrls: [url('middle.cer')] };
    const host = await leaf(middle, 'host.example', options);
    const entriesOf = (serials: readonly string[]) => serials.map((serial) => ({ serial }));
    await writeFile(join(folder, 'root.crl'), certificateList({ issuer: ca, entries: entriesOf(caEntries) }));
    await writeFile(join(folder, 'middle.crl'), certificateList({ issuer: middle, entries: entriesOf(leafEntries) }));
    await writeFile(join(folder, 'middle.cer'), middle.der);
    const verdict = await service.ask({ host: 'host.example', chain_pem: host.pem, ca: { pem: ca.pem } });
    expect(verdict.trust[0]?.completed_by).toBe('aia');
    expect(verdict.revocation?.map(({ status }) => status)).toEqual(statuses);
    const revoked = verdict.findings.filter((finding) => finding.check === 'revocation').map((finding) => finding.code);
    expect(revoked).toEqual(code === null ? [] : [code]);
  });
});

function configuration(port: number, root: string): string {
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'];
  return `
    daemon off; master_process off; pid nginx.pid; error_log stderr info;
    events { worker_connections 64; }
    http {
      access_log off;
      ${temporary.map((name) => `${name}_temp_path ${name};`).join(' ')}
      server { listen 127.0.0.1:${port}; root ${root}; }
    }`;
}

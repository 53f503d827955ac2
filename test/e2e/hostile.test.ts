import type { Socket } from 'node:net';
import { beforeAll, describe, expect, it } from 'vitest';
import { isMissing, type TestServer } from '../support/child-server.ts';
import { type Answer, startDocuments } from '../support/document-server.ts';
import { type Issued, newKey } from '../support/issued.ts';
import { intermediate, leaf, root } from '../support/pki.ts';
import { basicConstraints, dnsNames, rawCertificate } from '../support/raw-certificate.ts';
import { startOpenssl, startRawTcp } from '../support/servers.ts';
import { askVerdict, servingPort80, startService } from '../support/service.ts';
import { postVerify } from '../support/test-app.ts';
import { inRecords } from '../tls/hostile-peer.ts';
import { alertRecord, CONTENT, record, serverHello } from '../tls/server-bytes.ts';

const AT = '2026-06-01T00:00:00Z';
const HOST = 'host.example';
const TIMEOUT_MS = 1_000;
/** What an answer may come late, by the contract. */
const GRACE_MS = 200;

let authority: Issued;
beforeAll(async () => {
  authority = await root();
});

const ask = (port: number, changes: object = {}) =>
  askVerdict({ host: HOST, port, connect_to: '127.0.0.1', at: AT, ca: { pem: authority.pem }, ...changes });

const codesOf = (findings: readonly { code: string; severity: string }[]) =>
  findings.filter(({ severity }) => severity === 'error').map(({ code }) => code);

describe.skipIf(isMissing('openssl'))('keys and chains that make verifiers fall over', () => {
  it.each(['ec-brainpoolP256r1', 'ec-brainpoolP384r1', 'ec-secp256k1'] as const)(
    'reads a leaf with %s',
    async (kind) => {
      const host = await rawCertificate({
        issuedBy: authority,
        key: await newKey(kind),
        extensions: [dnsNames(HOST)],
      });
      await using server = await startOpenssl({ leaf: host, args: ['-tls1_2'] });
      const verdict = await ask(server.port);
      expect(verdict.presented_total).toBe(1);
      expect(verdict.presented[0]?.key).toMatchObject({ type: 'ec', curve: kind.slice('ec-'.length) });
      expect(verdict.checks).toMatchObject({ trust: 'pass', hostname: 'pass' });
    },
  );

  it.each(['ec-brainpoolP256r1', 'ec-secp256k1'] as const)('follows a CA with %s', async (kind) => {
    const odd = await rawCertificate({
      key: await newKey(kind),
      subject: 'Odd Root',
      extensions: [basicConstraints(true)],
    });
    const host = await leaf(authority, HOST);
    const signed = await rawCertificate({ issuedBy: odd, key: host.key, extensions: [dnsNames(HOST)] });
    await using server = await startOpenssl({ leaf: signed });
    const verdict = await ask(server.port, { ca: { pem: odd.pem } });
    expect(verdict.checks.trust).toBe('pass');
    expect(verdict.trust[0]?.path.map(({ subject }) => subject)).toEqual(['CN=raw', 'CN=Odd Root']);
  });

  it('counts 200 certificates, judges 100 of them and says so', async () => {
    const chain = Array.from({ length: 199 }, () => authority);
    await using server = await startOpenssl({ leaf: await leaf(authority, HOST), chain });
    const verdict = await ask(server.port);
    expect(verdict.presented_total).toBe(200);
    expect(codesOf(verdict.findings)).toContain('chain_too_long');
    expect(verdict.ok).toBe(false);
  });

  it('reads a certificate of almost 512 KiB', async () => {
    const host = await leaf(authority, HOST, {
      extensions: [{ oid: '1.3.6.1.4.1.32473.3', value: Buffer.alloc(520_000, 0x41) }],
    });
    await using server = await startOpenssl({ leaf: host });
    const verdict = await ask(server.port);
    expect(verdict.presented[0]?.subject).toBe(`CN=${HOST}`);
    expect(JSON.stringify(verdict).length).toBeLessThan(256 * 1024);
  });

  it('refuses a chain above 512 KiB', async () => {
    const host = await leaf(authority, HOST, {
      extensions: [{ oid: '1.3.6.1.4.1.32473.3', value: Buffer.alloc(512 * 1024, 0x41) }],
    });
    await using server = await startOpenssl({ leaf: host });
    const verdict = await ask(server.port);
    expect(verdict.ok).toBe(false);
    expect(codesOf(verdict.findings)).toContain('tls_chain_too_large');
  });
});

/** Writes for ever, as fast as the peer reads. */
function flood(bytes: Buffer): (socket: Socket) => void {
  const chunk = Buffer.concat(Array.from({ length: Math.ceil(65_536 / bytes.length) }, () => bytes));
  return (socket) => {
    const write = () => {
      while (!socket.destroyed && socket.write(chunk)) {
        // until the buffer is full
      }
    };
    socket.on('drain', write);
    write();
  };
}

function drip(bytes: Buffer): (socket: Socket) => void {
  return (socket) => {
    let sent = 0;
    const timer = setInterval(() => socket.write(bytes.subarray(sent, ++sent)), 100);
    socket.on('close', () => clearInterval(timer));
  };
}

const SERVERS: { name: string; onSocket: (socket: Socket) => void; code: RegExp }[] = [
  { name: 'silence after accept', onSocket: () => {}, code: /^tls_timeout$/ },
  {
    name: 'a byte at a time of a record',
    onSocket: drip(record(CONTENT.handshake, Buffer.alloc(4096))),
    code: /^tls_timeout$/,
  },
  { name: 'a byte at a time of garbage', onSocket: drip(Buffer.alloc(4096, 0x20)), code: /^tls_(timeout|not_spoken)$/ },
  {
    name: 'a flood of garbage',
    onSocket: flood(Buffer.from([0xa5])),
    code: /^tls_(not_spoken|handshake_invalid)$/,
  },
  {
    name: 'a flood of empty records',
    onSocket: flood(record(CONTENT.handshake, Buffer.alloc(0))),
    code: /^tls_handshake_invalid$/,
  },
  { name: 'a flood of warnings', onSocket: flood(alertRecord(90, 1)), code: /^tls_/ },
  { name: 'a reset instead of an accept', onSocket: (socket) => socket.resetAndDestroy(), code: /^tls_closed$/ },
  { name: 'a reset', onSocket: (socket) => socket.once('data', () => socket.resetAndDestroy()), code: /^tls_closed$/ },
];

describe('servers that do not want to be verified', () => {
  it.each(SERVERS)('answers in time about $name', { retry: 2 }, async ({ onSocket, code }) => {
    await using server: TestServer = await startRawTcp(onSocket);
    const started = performance.now();
    const verdict = await ask(server.port, { timeout_ms: TIMEOUT_MS });
    expect(performance.now() - started).toBeLessThan(TIMEOUT_MS + GRACE_MS);
    expect(verdict).toMatchObject({ ok: false, verdict: 'fail', checks: { connection: 'pass', trust: 'unknown' } });
    expect(codesOf(verdict.findings)).toEqual([expect.stringMatching(code)]);
  });
});

/** No part of a verdict may be a window into what stands behind a port: only what TLS itself shows is told. */
describe('what is said instead of TLS', () => {
  const SECRET = 'internal-token-1f4a';
  const forms = [SECRET, Buffer.from(SECRET).toString('hex'), Buffer.from(SECRET).toString('base64').slice(0, -4)];
  const padded = Buffer.from(SECRET.padEnd(32, '.'));
  const hello = inRecords(serverHello({ random: padded, sessionId: padded }));
  const said: readonly { readonly name: string; readonly bytes: string | Buffer }[] = [
    { name: 'HTTP', bytes: `HTTP/1.1 400 ${SECRET}\r\nServer: ${SECRET}\r\nLocation: /${SECRET}\r\n\r\n${SECRET}` },
    { name: 'a page', bytes: `<html><title>${SECRET}</title>` },
    { name: 'SSH', bytes: `SSH-2.0-${SECRET}\r\n` },
    { name: 'SMTP', bytes: `220 ${SECRET} ESMTP\r\n` },
    { name: 'Redis', bytes: `-ERR unknown command '${SECRET}'\r\n` },
    { name: 'nothing that is known', bytes: SECRET },
    { name: 'an alert and more', bytes: Buffer.concat([alertRecord(40), Buffer.from(SECRET)]) },
    { name: 'a record of no handshake', bytes: record(CONTENT.handshake, padded) },
    { name: 'a ServerHello and more', bytes: Buffer.concat([hello, Buffer.from(SECRET)]) },
  ];

  it.each(said)('is in no answer: $name', async ({ bytes }) => {
    await using server: TestServer = await startRawTcp((socket) => socket.once('data', () => socket.end(bytes)));
    const { app } = await startService({}, { at: new Date(AT) });
    const target = `127.0.0.1:${server.port}`;
    const body = { host: HOST, connect_to: target, include: ['pem', 'details'] };
    const answers = [
      await app.request('/verify', postVerify(body)),
      await app.request(`/check/${target}`),
      await app.request(`/probe?target=${target}`),
    ];
    for (const answer of answers) {
      expect(answer.headers.get('X-Verdict')).toMatch(/^(?:fail|unreachable)$/);
      const text = JSON.stringify([...answer.headers]) + (await answer.text());
      for (const form of forms) expect(text).not.toContain(form);
    }
  });

  it.each<{ name: string; answer: Answer }>([
    { name: 'a body', answer: Buffer.from(SECRET) },
    { name: 'a status line', answer: (_, response) => response.writeHead(500, SECRET).end(SECRET) },
    { name: 'a redirect', answer: (_, response) => response.writeHead(302, { Location: `/${SECRET}` }).end(SECRET) },
    { name: 'a coding', answer: (_, response) => response.writeHead(200, { 'Content-Encoding': SECRET }).end(SECRET) },
  ])('is in no answer: instead of a document, $name', async ({ answer }) => {
    await using documents = await startDocuments();
    documents.serve('/x', answer);
    const url = 'http://127.0.0.1/x';
    const urls = { crlUrls: [url], ocspUrls: [url], issuerUrls: [url] };
    const served = await leaf(await intermediate(authority, 'Issuing', urls), HOST, urls);
    const { ask: askService } = await startService({}, { at: new Date(AT), ...servingPort80(documents.port) });
    const verdict = await askService({ host: HOST, chain_pem: served.pem, ca: { pem: authority.pem } });
    expect(documents.seen('/x').length).toBeGreaterThan(0);
    for (const form of forms) expect(JSON.stringify(verdict)).not.toContain(form);
  });
});

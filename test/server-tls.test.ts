import { generateKeyPairSync } from 'node:crypto';
import { once } from 'node:events';
import { request } from 'node:https';
import { connect as connectTcp } from 'node:net';
import { type ConnectionOptions, connect } from 'node:tls';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { Verify } from '../src/http/ports.ts';
import { type RunningServer, startServer } from '../src/server.ts';
import type { Issued } from './support/issued.ts';
import { issue } from './support/pki.ts';
import { basicConstraints, rawCertificate } from './support/raw-certificate.ts';
import { testApp } from './support/test-app.ts';
import { sampleVerdict } from './support/verdict.ts';

const ALWAYS = { notBefore: new Date('2020-01-01T00:00:00Z'), notAfter: new Date('2099-01-01T00:00:00Z') };

let ca: Issued;
let stranger: Issued;
let server: Issued;
let renewed: Issued;
let client: Issued;
let strange: Issued;
let expired: Issued;
let forServers: Issued;

beforeAll(async () => {
  ca = await issue({ ...ALWAYS, subject: 'CN=Corp Root', ca: true });
  stranger = await issue({ ...ALWAYS, subject: 'CN=Other Root', ca: true });
  server = await issue({ ...ALWAYS, issuer: ca, subject: 'CN=first', ips: ['127.0.0.1'] });
  renewed = await issue({ ...ALWAYS, issuer: ca, subject: 'CN=second', ips: ['127.0.0.1'] });
  client = await issue({ ...ALWAYS, issuer: ca, eku: ['client_auth'] });
  strange = await issue({ ...ALWAYS, issuer: stranger, eku: ['client_auth'] });
  forServers = await issue({ ...ALWAYS, issuer: ca, eku: ['server_auth'] });
  expired = await issue({ notBefore: ALWAYS.notBefore, notAfter: new Date('2021-01-01T00:00:00Z'), issuer: ca });
});

const running: RunningServer[] = [];
afterEach(async () => {
  await Promise.all(running.splice(0).map((each) => each.stop(0)));
});

const identityOf = (leaf: Issued, clientCa: string | null = null) => ({ cert: leaf.pem, key: leaf.keyPem, clientCa });

async function start(clientCa: string | null = null, verify?: Verify) {
  const { app } = testApp({ needsCertificate: clientCa !== null, ...(verify && { verify }) });
  const started = await startServer({
    fetch: (incoming, peer) => app.fetch(incoming, peer),
    host: '127.0.0.1',
    port: 0,
    identity: identityOf(server, clientCa),
  });
  running.push(started);
  return started;
}

/** The status of one request on a connection of its own. */
async function get(port: number, path: string, who?: Issued): Promise<{ status: number; body: string }> {
  const asked = request({ host: '127.0.0.1', port, path, ca: ca.pem, agent: false, cert: who?.pem, key: who?.keyPem });
  asked.end();
  const [response] = await once(asked, 'response');
  let body = '';
  for await (const chunk of response) body += chunk;
  return { status: response.statusCode, body };
}

/** A handshake, and the status of one request in it. */
async function talk(port: number, options: ConnectionOptions): Promise<{ head: string; isResumed: boolean }> {
  const socket = connect({ host: '127.0.0.1', port, ca: [], rejectUnauthorized: false, ...options });
  await once(socket, 'secureConnect');
  const isResumed = socket.isSessionReused();
  socket.write('GET /authorities HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n');
  let head = '';
  for await (const chunk of socket) head += chunk;
  return { head, isResumed };
}

describe('HTTPS', () => {
  it('answers with the certificate it was given, and after a renewal with the next', async () => {
    const { address, renew } = await start();
    expect((await get(address.port, '/livez')).status).toBe(200);
    renew(identityOf(renewed));
    expect((await get(address.port, '/livez')).status).toBe(200);
    const strict = { host: '127.0.0.1', port: address.port, ca: [renewed.pem], allowPartialTrustChain: true };
    const socket = connect(strict);
    await once(socket, 'secureConnect');
    socket.destroy();
  });

  it('takes nothing older than TLS 1.2', async () => {
    const { address } = await start();
    const old = { maxVersion: 'TLSv1.1', minVersion: 'TLSv1', ciphers: 'ALL:@SECLEVEL=0' } as const;
    await expect(talk(address.port, old)).rejects.toThrow();
  });

  it('outlives a plain HTTP request', async () => {
    const { address } = await start();
    await expect(fetch(`http://127.0.0.1:${address.port}/livez`)).rejects.toThrow();
    expect((await get(address.port, '/livez')).status).toBe(200);
  });
});

it('ends a connection whose handshake never comes, although it cannot say why', async () => {
  const { address } = await start();
  const silent = connectTcp(address.port, '127.0.0.1');
  const stuck = connectTcp(address.port, '127.0.0.1');
  // The begin of a hello whose end does not come.
  stuck.write(Buffer.from('160301020001', 'hex'));
  await Promise.all([silent, stuck].map((socket) => once(socket.resume(), 'close')));
}, 10_000);

describe('client certificates', () => {
  it.each([
    { name: 'one of the CA', who: () => client, status: 200 },
    { name: 'none', who: () => undefined, status: 403 },
    { name: 'one of another CA', who: () => strange, status: 403 },
    { name: 'an expired one', who: () => expired, status: 403 },
    { name: 'one for servers alone', who: () => forServers, status: 403 },
  ])('$name: $status', async ({ who, status }) => {
    const { address } = await start(ca.pem);
    const answer = await get(address.port, '/authorities', who());
    expect(answer.status).toBe(status);
    if (status === 403) expect(JSON.parse(answer.body)).toMatchObject({ code: 'client_certificate_required' });
  });

  it('are not needed by who looks after the service', async () => {
    const { address } = await start(ca.pem);
    for (const path of ['/livez', '/readyz', '/codes']) expect((await get(address.port, path)).status).toBe(200);
  });

  describe('of a CA that has been taken out', () => {
    const open = async (port: number) => {
      const socket = connect({ host: '127.0.0.1', port, ca: ca.pem, cert: client.pem, key: client.keyPem });
      await once(socket, 'secureConnect');
      return socket;
    };
    const ASK = 'GET /verify?host=a.example HTTP/1.1\r\nHost: localhost\r\n\r\n';

    it('open no connection, and an idle one ends', async () => {
      const { address, renew } = await start(ca.pem);
      const idle = await open(address.port);
      idle.write(ASK);
      const [answer] = await once(idle, 'data');
      expect(String(answer)).toMatch(/^HTTP\/1\.1 200 /);
      renew(identityOf(server, stranger.pem));
      await once(idle, 'close');
      expect((await get(address.port, '/authorities', client)).status).toBe(403);
      expect((await get(address.port, '/authorities', strange)).status).toBe(200);
    });

    it('end their connection with the answer that is under way', async () => {
      const asked = Promise.withResolvers<void>();
      const answer = Promise.withResolvers<void>();
      const { address, renew } = await start(ca.pem, async () => {
        asked.resolve();
        await answer.promise;
        return sampleVerdict();
      });
      const busy = await open(address.port);
      busy.write(ASK);
      await asked.promise;
      renew(identityOf(server, stranger.pem));
      answer.resolve();
      let said = '';
      for await (const chunk of busy) said += chunk;
      expect(said).toMatch(/^HTTP\/1\.1 200 /);
      expect(said).toMatch(/\r\nConnection: close\r\n/i);
    });

    it('stay where the certificate of the service alone is another', async () => {
      const { address, renew } = await start(ca.pem);
      const kept = await open(address.port);
      renew(identityOf(renewed, ca.pem));
      kept.write(ASK);
      const [answer] = await once(kept, 'data');
      expect(String(answer)).toMatch(/^HTTP\/1\.1 200 .*keep-alive/s);
      kept.destroy();
    });
  });

  it.each(['TLSv1.2', 'TLSv1.3'] as const)(
    'are not replaced by a session that began with one (%s)',
    async (version) => {
      const { address } = await start(ca.pem);
      const options = { minVersion: version, maxVersion: version };
      const sessions: Buffer[] = [];
      const keys = { cert: client.pem, key: client.keyPem };
      const first = connect({ host: '127.0.0.1', port: address.port, ca: ca.pem, ...keys, ...options });
      first.on('session', (session) => sessions.push(session));
      await once(first, 'secureConnect');
      first.write('GET /authorities HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n');
      expect(String((await once(first, 'data'))[0])).toMatch(/^HTTP\/1\.1 200 /);
      first.resume();
      await once(first, 'close');
      const session = sessions.at(-1) ?? first.getSession();
      const { head, isResumed } = await talk(address.port, { ...options, ...(session && { session }) });
      expect(isResumed).toBe(false);
      expect(head).toMatch(/^HTTP\/1\.1 403 /);
    },
  );

  it('of a curve that Node has no name for end nothing', async () => {
    const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'brainpoolP256r1' });
    const odd = await rawCertificate({
      ...ALWAYS,
      key: privateKey,
      subject: 'Odd',
      extensions: [basicConstraints(true)],
    });
    const { address } = await start(odd.pem);
    const keys = { cert: odd.pem, key: odd.keyPem };
    await talk(address.port, { ...keys, minVersion: 'TLSv1.3' }).catch(() => null);
    await talk(address.port, { ...keys, maxVersion: 'TLSv1.2' }).catch(() => null);
    expect((await get(address.port, '/livez')).status).toBe(200);
  });
});

it('cuts who never ends the handshake when the grace is over, and does not wait for the end of its time', async () => {
  const { address, stop } = await start();
  const silent = connectTcp(address.port, '127.0.0.1').on('error', () => {});
  await once(silent, 'connect');
  // Both are accepted in order: the handshake of the second one is over, so the first has been seen.
  await get(address.port, '/livez');
  const closed = once(silent, 'close');
  const stopped = stop(0);
  await closed;
  expect(await stopped).toEqual({ wasCut: true });
}, 4_000);

import { once } from 'node:events';
import { connect as connectTcp } from 'node:net';
import { connect } from 'node:tls';
import { beforeAll, describe, expect, it, vi } from 'vitest';
import { isMissing } from './child-server.ts';
import type { Issued } from './issued.ts';
import { intermediate, leaf, root } from './pki.ts';
import { startGnutls, startHaproxy, startNginx, startNodeTls, startOpenssl, startRawTcp } from './servers.ts';

let authority: Issued;
let issuing: Issued;
let host: Issued;
beforeAll(async () => {
  authority = await root();
  issuing = await intermediate(authority);
  host = await leaf(issuing);
});

/** Authorised only when the server proves its key and sends the intermediate. */
async function handshake(port: number, at = host): Promise<boolean> {
  const socket = connect({ port, host: '127.0.0.1', servername: 'host.example', ca: authority.pem });
  await once(socket, 'secureConnect');
  const { authorized } = socket;
  const matches = socket.getPeerCertificate().raw.equals(at.der);
  socket.resume().end();
  await once(socket, 'close');
  return authorized && matches;
}

const SERVERS = [
  { program: 'openssl', start: startOpenssl },
  { program: 'nginx', start: startNginx },
  { program: 'haproxy', start: startHaproxy },
  { program: 'gnutls-serv', start: startGnutls },
];

for (const { program, start } of SERVERS) {
  describe.skipIf(isMissing(program))(program, () => {
    it('serves the leaf and the chain, more than once', async () => {
      await using server = await start({ leaf: host, chain: [issuing] });
      expect(await handshake(server.port)).toBe(true);
      expect(await handshake(server.port)).toBe(true);
    });

    it('is gone after close, which may be called twice', async () => {
      const server = await start({ leaf: host, chain: [issuing] });
      await server.close();
      await server.close();
      const socket = connectTcp(server.port, '127.0.0.1');
      await expect(once(socket, 'connect')).rejects.toMatchObject({ code: 'ECONNREFUSED' });
    });

    it('says why when it cannot start', async () => {
      const broken = { ...host, keyPem: 'not a key', options: {} };
      await expect(start({ leaf: broken })).rejects.toThrow(/did not start/);
    });
  });
}

it('serves from Node', async () => {
  await using server = await startNodeTls({ leaf: host, chain: [issuing] });
  expect(await handshake(server.port)).toBe(true);
  await vi.waitFor(() => expect(server.log()).toContain('TLSv1.3'));
});

it('does with a raw connection what the test says', async () => {
  await using server = await startRawTcp((socket) => socket.end('220 hello\r\n'));
  const socket = connectTcp(server.port, '127.0.0.1');
  const [greeting] = await once(socket, 'data');
  expect(String(greeting)).toBe('220 hello\r\n');
  expect(server.log()).toBe('connection');
});

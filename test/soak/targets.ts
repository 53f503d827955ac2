import { once } from 'node:events';
import { createServer, type Server, type Socket } from 'node:net';
import { createServer as createTlsServer } from 'node:tls';
import type { Issued } from '../support/issued.ts';
import { issue } from '../support/pki.ts';

const DAY_MS = 86_400_000;

export type Kind = 'good' | 'broken' | 'silent' | 'hostile';

export interface Target {
  readonly kind: Kind;
  readonly host: string;
  readonly port: number;
}

export interface Targets {
  readonly ca: Issued;
  readonly all: readonly Target[];
  close(): void;
}

/** Servers on loopback: good ones, one that is expired and misnamed, one that says nothing, one that never stops. */
export async function startTargets(now: number): Promise<Targets> {
  const dates = { notBefore: new Date(now - 30 * DAY_MS), notAfter: new Date(now + 60 * DAY_MS) };
  const past = { notBefore: new Date(now - 60 * DAY_MS), notAfter: new Date(now - DAY_MS) };
  const ca = await issue({ ...dates, subject: 'CN=Soak Root', ca: true });
  // Networks of their own, as they would be: one silent /24 holds its own share and nobody else's.
  const servers: { kind: Kind; host: string; server: Server }[] = [
    { kind: 'good', host: '127.0.1.1', server: tls(await issue({ ...dates, issuer: ca, ips: ['127.0.1.1'] })) },
    { kind: 'good', host: '127.0.2.1', server: tls(await issue({ ...dates, issuer: ca, ips: ['127.0.2.1'] })) },
    { kind: 'good', host: '127.0.3.1', server: tls(await issue({ ...dates, issuer: ca, ips: ['127.0.3.1'] })) },
    { kind: 'broken', host: '127.0.4.1', server: tls(await issue({ ...past, issuer: ca, dns: ['other.example'] })) },
    { kind: 'silent', host: '127.0.5.1', server: createServer((socket) => quiet(socket).resume()) },
    { kind: 'hostile', host: '127.0.6.1', server: createServer(flood) },
  ];
  const sockets = new Set<Socket>();
  const all = await Promise.all(
    servers.map(async ({ kind, host, server }) => {
      server.on('connection', (socket) => {
        sockets.add(socket);
        socket.once('close', () => sockets.delete(socket));
      });
      server.listen(0, host, 4096);
      await once(server, 'listening');
      const address = server.address();
      if (address === null || typeof address === 'string') throw new Error('no port');
      return { kind, host, port: address.port };
    }),
  );
  const close = () => {
    for (const { server } of servers) server.close();
    for (const socket of sockets) socket.destroy();
  };
  return { ca, all, close };
}

function tls(leaf: Issued): Server {
  return createTlsServer({ cert: leaf.pem, key: leaf.keyPem }, (socket) => quiet(socket).resume()).on(
    'tlsClientError',
    () => {},
  );
}

/** Records of a handshake that never comes to its end. */
function flood(socket: Socket): void {
  const chunk = Buffer.alloc(16_384, Buffer.from('1603030001ff', 'hex'));
  const more = () => {
    while (!socket.destroyed && socket.writable && socket.write(chunk));
  };
  quiet(socket).resume().on('drain', more);
  more();
}

function quiet(socket: Socket): Socket {
  return socket.on('error', () => {});
}

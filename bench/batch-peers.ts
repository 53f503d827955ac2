/**
 * A program that is the other end of a batch: a good TLS server and a silent one, on every address of this machine,
 * and a port where nobody listens. Prints one line of JSON about them.
 */
import { once } from 'node:events';
import { type AddressInfo, createServer, type Server } from 'node:net';
import { createServer as createTlsServer } from 'node:tls';
import { intermediate, leaf, root } from '../test/support/pki.ts';

export interface BatchPeers {
  readonly caPem: string;
  readonly goodPort: number;
  readonly silentPort: number;
  readonly closedPort: number;
}

const year = { notBefore: new Date(Date.now() - 86_400_000), notAfter: new Date(Date.now() + 365 * 86_400_000) };
const anchor = await root('Bench Root', year);
const issuing = await intermediate(anchor, 'Bench Issuing CA', year);
const certificate = await leaf(issuing, 'host.bench.example', year);
const secure = createTlsServer({ cert: certificate.pem + issuing.pem, key: certificate.keyPem }, (socket) => {
  socket.on('error', () => {}).resume();
}).on('tlsClientError', () => {});
const silent = createServer((socket) => {
  socket.on('error', () => {}).resume();
});
const closed = createServer();
const [goodPort, silentPort, closedPort] = await Promise.all([secure, silent, closed].map(portOf));
closed.close();
console.log(JSON.stringify({ caPem: anchor.pem, goodPort, silentPort, closedPort }));

async function portOf(server: Server): Promise<number> {
  server.listen(0, '0.0.0.0', 4096);
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}

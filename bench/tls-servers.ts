/**
 * A program that serves TLS servers on loopback, each with a certificate of its own under one CA, and prints one line of
 * JSON about them. It runs as a process of its own, so that what it costs is counted nowhere.
 *   node bench/tls-servers.ts HOSTS KEY [CHAINS]
 * With CHAINS, each connection is shown the next of so many chains, whose leaf and intermediate were never shown before.
 */
import { createSecureContext, createServer, type SecureContext, type TLSSocket } from 'node:tls';
import { bundle } from '../test/support/issued.ts';
import { intermediate, leaf, type PkiKey, root } from '../test/support/pki.ts';
import type { Target } from './load.ts';

export interface ServedHosts {
  readonly caPem: string;
  readonly hosts: readonly Target[];
}

const count = Number(process.argv[2] ?? 64);
const key = (process.argv[3] ?? 'ec-p256') as PkiKey;
const chains = Number(process.argv[4] ?? 0);
const year = { notBefore: new Date(Date.now() - 86_400_000), notAfter: new Date(Date.now() + 365 * 86_400_000) };

const anchor = await root('Bench Root', { ...year, key });
/** Chains that are made at once, in Node's threads. */
const AT_ONCE = 32;
const names = Array.from({ length: count }, (_, index) => `host-${index}.bench.example`);

async function contextFor(dns: readonly string[], number: number | string): Promise<SecureContext> {
  const issuing = await intermediate(anchor, `Bench Issuing CA ${number}`, { ...year, key });
  const certificate = await leaf(issuing, dns[0] ?? '', { ...year, key, dns });
  return createSecureContext({ cert: bundle(certificate, issuing), key: certificate.keyPem });
}

/** Answers whoever speaks HTTP, and closes with whoever closes. */
function serve(socket: TLSSocket): void {
  socket.on('error', () => {});
  socket.once('data', () => socket.end('HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 0\r\n\r\n'));
}

const issuing = await intermediate(anchor, 'Bench Issuing CA', { ...year, key });
const fresh: SecureContext[] = [];
while (fresh.length < chains) {
  const numbers = Array.from({ length: Math.min(AT_ONCE, chains - fresh.length) }, (_, index) => fresh.length + index);
  fresh.push(...(await Promise.all(numbers.map((number) => contextFor(names, number)))));
}
let shown = 0;

const hosts = await Promise.all(
  names.map(async (name) => {
    const certificate = await leaf(issuing, name, { ...year, key });
    const server = createServer(
      {
        cert: bundle(certificate, issuing),
        key: certificate.keyPem,
        ...(chains > 0 && { SNICallback: (_name, answer) => answer(null, fresh[shown++ % chains]) }),
      },
      serve,
    );
    server.on('tlsClientError', () => {});
    const listening = Promise.withResolvers<void>();
    server.listen({ port: 0, host: '127.0.0.1', backlog: 1024 }, listening.resolve);
    await listening.promise;
    const address = server.address();
    if (address === null || typeof address === 'string') throw new Error('no port');
    return { name, port: address.port };
  }),
);
console.log(JSON.stringify({ caPem: anchor.pem, hosts } satisfies ServedHosts));

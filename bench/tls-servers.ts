/**
 * A program that serves `HOSTS` TLS servers on loopback, each with a certificate of its own under one CA, and prints
 * one line of JSON about them. It runs as a process of its own, so that what it costs is counted nowhere.
 */
import { intermediate, leaf, type PkiKey, root } from '../test/support/pki.ts';
import { startNodeTls } from '../test/support/servers.ts';

export interface ServedHosts {
  readonly caPem: string;
  readonly hosts: readonly { readonly name: string; readonly port: number }[];
}

const count = Number(process.argv[2] ?? 64);
const key = (process.argv[3] ?? 'ec-p256') as PkiKey;
const year = { notBefore: new Date(Date.now() - 86_400_000), notAfter: new Date(Date.now() + 365 * 86_400_000) };

const anchor = await root('Bench Root', { ...year, key });
const issuing = await intermediate(anchor, 'Bench Issuing CA', { ...year, key });
const hosts = await Promise.all(
  Array.from({ length: count }, async (_, index) => {
    const name = `host-${index}.bench.example`;
    const certificate = await leaf(issuing, name, { ...year, key });
    const server = await startNodeTls({ leaf: certificate, chain: [issuing] });
    return { name, port: server.port };
  }),
);
console.log(JSON.stringify({ caPem: anchor.pem, hosts } satisfies ServedHosts));

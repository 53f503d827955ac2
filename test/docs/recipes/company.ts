import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startServer } from '../../../src/server.ts';
import type { Issued } from '../../support/issued.ts';
import { type IssueOptions, leaf, root } from '../../support/pki.ts';
import { startNodeTls } from '../../support/servers.ts';
import { startService } from '../../support/service.ts';

/** The hosts that the recipes name, and the service that judges them by the company's CA. */
export interface Company extends AsyncDisposable {
  /** The service is here, on 127.0.0.1. */
  readonly port: number;
  readonly caPem: string;
  /** The chain that wiki.corp.example sends. */
  readonly chainPem: string;
  /** Where its name points. */
  addressOf(host: string): string;
  /** Lets a host send another certificate from the next handshake on. */
  replace(host: string, kind: Kind): Promise<void>;
}

export type Kind = 'good' | 'soon' | 'expired';

const DAY_MS = 86_400_000;
const HOSTS: Readonly<Record<string, { readonly port: number; readonly kind: Kind }>> = {
  'wiki.corp.example': { port: 443, kind: 'good' },
  'ldap.corp.example': { port: 636, kind: 'good' },
  'soon.corp.example': { port: 443, kind: 'soon' },
  'old.corp.example': { port: 443, kind: 'expired' },
};
/** It resolves, and nobody listens there. */
const GONE = 'gone.corp.example';

/**
 * Starts hosts and service. The network between them is the loopback interface: what differs from the system's is only
 * which name has which address, and that connections to it reach the port where the host happens to listen.
 */
export async function startCompany(environment: Readonly<Record<string, string>> = {}): Promise<Company> {
  const now = Date.now();
  const days = (count: number) => new Date(now + count * DAY_MS);
  const ca = await root('Corp Root', { notBefore: days(-365), notAfter: days(3650) });
  const servers = new Map<string, Awaited<ReturnType<typeof startNodeTls>>>();
  const serve = async (host: string, kind: Kind) => {
    await servers.get(host)?.close();
    servers.set(host, await startNodeTls({ leaf: await certificate(ca, host, kind, days) }));
  };
  await Promise.all(Object.entries(HOSTS).map(([host, { kind }]) => serve(host, kind)));

  const names = [...Object.keys(HOSTS), GONE];
  const addressOf = (name: string) => `127.1.0.${names.indexOf(name) + 1}`;
  const folder = await mkdtemp(join(tmpdir(), 'tls-verdict-'));
  await writeFile(join(folder, 'corp-2025.pem'), ca.pem);
  const service = await startService(
    { CA_DIR: folder, DEFAULT_CA: 'corp-2025', ...environment },
    {
      at: new Date(now),
      async lookUp(name) {
        if (names.includes(name)) return [addressOf(name)];
        throw Object.assign(new Error(`no address for ${name}`), { code: 'ENOTFOUND' });
      },
      connect({ address, port }) {
        const host = names.find((name) => addressOf(name) === address) ?? '';
        const server = HOSTS[host]?.port === port ? servers.get(host) : undefined;
        return connect(server === undefined ? { host: address, port } : { host: '127.0.0.1', port: server.port });
      },
    },
  );
  const server = await startServer({
    fetch: (request, peer) => service.app.fetch(request, peer),
    host: '127.0.0.1',
    port: 0,
  });
  return {
    port: server.address.port,
    caPem: ca.pem,
    chainPem: (await certificate(ca, 'wiki.corp.example', 'good', days)).pem,
    addressOf,
    replace: serve,
    async [Symbol.asyncDispose]() {
      await server.stop(0);
      await service[Symbol.asyncDispose]();
      await Promise.all([...servers.values()].map((each) => each.close()));
      await rm(folder, { recursive: true });
    },
  };
}

async function certificate(ca: Issued, host: string, kind: Kind, days: (count: number) => Date): Promise<Issued> {
  const dates: Readonly<Record<Kind, IssueOptions>> = {
    good: { notBefore: days(-30), notAfter: days(335) },
    soon: { notBefore: days(-80), notAfter: days(12.5) },
    expired: { notBefore: days(-93), notAfter: days(-3) },
  };
  // What expired is for another name, too: the hosts of the recipes have more than one fault.
  return await leaf(ca, kind === 'expired' ? `legacy.${host.split('.').slice(1).join('.')}` : host, dates[kind]);
}

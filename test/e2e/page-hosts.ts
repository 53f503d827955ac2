import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemConnect } from '../../src/net/connect.ts';
import { startServer } from '../../src/server.ts';
import { intermediate, issue, leaf, root } from '../support/pki.ts';
import { startNodeTls } from '../support/servers.ts';
import { startService } from '../support/service.ts';

const dates = (from: string, to: string) => ({ notBefore: new Date(from), notAfter: new Date(to) });

/** Fifty hosts as a company has them, in lower case without a domain. */
const NAMES = ['wiki', 'git', 'mail', 'ldap', 'shop', 'login', 'print', 'grafana', 'vault', 'files'].flatMap((name) =>
  ['', '.dev', '.qa', '.eu', '.us'].map((place) => `${name}${place}.corp.example`),
);
/** Which of them are not good: by what they have in their names. */
const KINDS: readonly (readonly [pattern: RegExp, kind: Kind])[] = [
  [/^(old|print)/, 'broken'],
  [/^soon|^files\.(eu|us)/, 'soon'],
  [/^gone|^(git|shop)\.qa/, 'closed'],
  [/^markup/, 'markup'],
];
type Kind = 'good' | 'broken' | 'soon' | 'closed' | 'markup';
const kindOf = (name: string): Kind => KINDS.find(([pattern]) => pattern.test(name))?.[1] ?? 'good';

/**
 * The service with its page, at 2026-06-15, and hosts for it: good ones, one with three faults, one that ends soon, one
 * whose names are markup, and one where nobody listens. The CA `corp` knows the intermediate that the broken one does
 * not send. All are loopback: what differs from the system's is which name has which address, and where its port 443 is.
 * @param port of the service; 0 takes a free one
 */
export async function startPageHosts(port = 0) {
  const ca = await root('Corp Root', dates('2020-01-01', '2040-01-01'));
  const issuing = await intermediate(ca, 'Corp Issuing CA 3', dates('2024-01-01', '2029-01-01'));
  const fleet = NAMES.filter((name) => kindOf(name) === 'good');
  const servers = {
    good: await startNodeTls({ leaf: await leaf(issuing, fleet, dates('2026-05-10', '2026-08-08')), chain: [issuing] }),
    soon: await startNodeTls({
      leaf: await leaf(issuing, ['files.eu.corp.example', 'files.us.corp.example'], dates('2026-03-26', '2026-06-24')),
      chain: [issuing],
    }),
    broken: await startNodeTls({
      leaf: await leaf(issuing, 'legacy.corp.example', dates('2026-03-14', '2026-06-12')),
    }),
    markup: await startNodeTls({ leaf: await issue({ subject: 'CN=\\<b\\>x\\</b\\>' }) }),
  };
  const addresses: Readonly<Record<Kind, string>> = {
    good: '127.1.0.1',
    soon: '127.1.0.2',
    broken: '127.1.0.3',
    markup: '127.1.0.4',
    closed: '127.1.0.5',
  };
  const folder = await mkdtemp(join(tmpdir(), 'tls-verdict-'));
  await mkdir(join(folder, 'corp'));
  await writeFile(join(folder, 'corp', 'anchors.pem'), ca.pem);
  await writeFile(join(folder, 'corp', 'intermediates.pem'), issuing.pem);
  const service = await startService(
    { CA_DIR: folder, DEFAULT_CA: 'corp', TARGET_LIMIT: 'off' },
    {
      lookUp: async (name) => [addresses[kindOf(name)]],
      connect({ address, port: to }) {
        const server = Object.entries(servers).find(([kind]) => addresses[kind as Kind] === address)?.[1];
        const isServed = server !== undefined && to === 443;
        return systemConnect(isServed ? { address: '127.0.0.1', port: server.port } : { address, port: to });
      },
    },
  );
  const server = await startServer({
    fetch: (request, peer) => service.app.fetch(request, peer),
    host: '127.0.0.1',
    port,
  });
  return {
    url: `http://localhost:${server.address.port}/`,
    good: 'wiki.corp.example',
    broken: 'old.corp.example',
    markup: 'markup.corp.example',
    closed: 'gone.corp.example',
    fleet: NAMES,
    async [Symbol.asyncDispose]() {
      await server.stop(0);
      await service[Symbol.asyncDispose]();
      await Promise.all(Object.values(servers).map((each) => each.close()));
      await rm(folder, { recursive: true });
    },
  };
}

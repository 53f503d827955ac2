import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startServer } from '../../src/server.ts';
import { freePort } from '../support/child-server.ts';
import { intermediate, issue, leaf, root } from '../support/pki.ts';
import { startNodeTls } from '../support/servers.ts';
import { startService } from '../support/service.ts';

/**
 * The service with its page, at 2026-06-15, and hosts for it: a good one, one with three faults, one whose names are
 * markup, and a port where nobody listens. The CA `corp` knows the intermediate that the broken one does not send.
 */
export async function startPageHosts() {
  const ca = await root('Corp Root');
  const issuing = await intermediate(ca, 'Corp Issuing CA 3');
  const past = { notBefore: new Date('2026-01-01T00:00:00Z'), notAfter: new Date('2026-06-12T00:00:00Z') };
  const good = await startNodeTls({ leaf: await leaf(issuing, ['localhost']), chain: [issuing] });
  const broken = await startNodeTls({
    leaf: await issue({ issuer: issuing, subject: 'CN=legacy.corp.example', dns: ['legacy.corp.example'], ...past }),
  });
  const markup = await startNodeTls({ leaf: await issue({ subject: 'CN=\\<b\\>x\\</b\\>' }) });
  const folder = await mkdtemp(join(tmpdir(), 'tls-verdict-'));
  await mkdir(join(folder, 'corp'));
  await writeFile(join(folder, 'corp', 'anchors.pem'), ca.pem);
  await writeFile(join(folder, 'corp', 'intermediates.pem'), issuing.pem);
  const service = await startService({ CA_DIR: folder, DEFAULT_CA: 'corp' });
  const server = await startServer({
    fetch: (request, peer) => service.app.fetch(request, peer),
    host: '127.0.0.1',
    port: 0,
  });
  return {
    url: `http://localhost:${server.address.port}/`,
    good: `localhost:${good.port}`,
    broken: `localhost:${broken.port}`,
    markup: `localhost:${markup.port}`,
    closed: `localhost:${await freePort()}`,
    async [Symbol.asyncDispose]() {
      await server.stop(0);
      await service[Symbol.asyncDispose]();
      await Promise.all([good.close(), broken.close(), markup.close()]);
      await rm(folder, { recursive: true });
    },
  };
}

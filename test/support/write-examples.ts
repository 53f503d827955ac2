import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readConfig } from '../../src/config.ts';
import { createLogger } from '../../src/observability/logger.ts';
import { createService } from '../../src/service.ts';
import { type Demo, startDemo } from '../demo/hosts.ts';

/**
 * Writes src/http/examples.json anew: real answers of the whole service about real servers, for the API document.
 * Not part of `npm run generate`, since every run has new keys: run it when the form of an answer changes.
 */
const OUT = join(import.meta.dirname, '../../src/http/examples.json');
const NOW = Date.UTC(2026, 10, 24, 14, 20);

/** Addresses of an intranet that the demonstration does not have; each stands for one of its loopback ports. */
function addressesOf(demo: Demo): Map<string, { readonly host: string; readonly port: number }> {
  return new Map(demo.hosts.map(({ host, port }, index) => [`10.0.3.${index + 7}`, { host, port }]));
}

async function serviceFor(demo: Demo, caDir: string) {
  const addresses = addressesOf(demo);
  const { app } = await createService(readConfig({ CA_DIR: caDir, DEFAULT_CA: 'corp' }), {
    now: () => NOW,
    lookUp: async (name) => {
      const found = Array.from(addresses).find(([, { host }]) => host === name);
      return found === undefined ? ['169.254.169.254'] : [found[0]];
    },
    connect: ({ address }) => connect({ host: '127.0.0.1', port: addresses.get(address)?.port ?? 9 }),
    logger: createLogger('silent', { write() {} }),
    isDraining: () => false,
    isStalled: () => false,
  });
  return app;
}

const caDir = await mkdtemp(join(tmpdir(), 'examples-'));
const demo = await startDemo(NOW);
try {
  await writeFile(join(caDir, 'corp.pem'), demo.caPem);
  const app = await serviceFor(demo, caDir);
  let count = 0;
  const ask = async (body: object): Promise<unknown> => {
    const id = `01900000-0000-7000-8000-${String(++count).padStart(12, '0')}`;
    const headers = { 'Content-Type': 'application/json', 'X-Request-Id': id };
    return (await app.request('/verify', { method: 'POST', headers, body: JSON.stringify(body) })).json();
  };
  const good = { host: 'good.corp.example', ca: 'corp' };
  const threeFaults = {
    host: 'three.corp.example',
    ca: { refs: ['corp'], intermediates_pem: demo.intermediatesPem },
  };
  const examples = {
    requests: {
      shortest: { host: 'good.corp.example' },
      named_ca: good,
      intermediates: threeFaults,
      policy: {
        host: '10.0.3.7',
        port: 8443,
        server_name: 'good.corp.example',
        ca: ['corp', 'public'],
        policy: { min_tls: '1.3', warn: { days: 60 }, critical: { days: 14 } },
        include: ['details'],
      },
    },
    verdicts: { good: await ask(good), three_faults: await ask(threeFaults) },
    problems: {
      invalid_request: await ask({ hots: 'good.corp.example', port: 0, at: '2026-02-30T00:00:00Z' }),
      target_forbidden: await ask({ host: 'metadata.corp.example' }),
      unknown_ca: await ask({ host: 'good.corp.example', ca: 'copr' }),
      invalid_ca: await ask({ host: 'good.corp.example', ca: { pem: 'corp.pem' } }),
    },
  };
  await writeFile(OUT, `${JSON.stringify(examples, null, 2)}\n`);
} finally {
  await demo.close();
  await rm(caDir, { recursive: true });
}

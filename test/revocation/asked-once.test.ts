import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { startPublishedHosts } from '../support/published-hosts.ts';
import { startService } from '../support/service.ts';

const HOSTS = 32;
const ROUNDS = 4;
/** The CRL over the hosts is the only document that ends before the test does. */
const CRL_LIVES_MS = 60_000;

/** `npm run bench -- revocation-count` does the same for ten thousand. */
it('asks for every document once in its validity, for many hosts under a named CA, verified again and again', async () => {
  let now = Date.parse('2026-06-15T12:00:00Z');
  await using published = await startPublishedHosts(HOSTS, { now: () => now, crlLivesMs: CRL_LIVES_MS });
  const folder = await mkdtemp(join(tmpdir(), 'ca-'));
  await writeFile(join(folder, 'corp.pem'), published.caPem);
  const settings = { CA_DIR: folder, FETCH_PORTS: String(published.documentPort), QUEUE_TIMEOUT_MS: '60000' };
  await using service = await startService(settings, { now: () => now });
  for (let round = 0; round < ROUNDS; round++) {
    const verdicts = await Promise.all(
      published.hosts.map((host) =>
        service.ask({ host, port: published.port, connect_to: '127.0.0.1', ca: 'corp', timeout_ms: 60_000 }),
      ),
    );
    expect(new Set(verdicts.map(({ trust }) => trust[0]?.trusted))).toEqual(new Set([true]));
    const statuses = verdicts.flatMap(({ revocation }) => revocation?.map(({ status }) => status));
    expect(statuses).toEqual(Array(2 * HOSTS).fill('good'));
    now += 1000;
  }
  const requests = published.requests();
  expect(requests.size).toBe(HOSTS + 3);
  expect([...requests].filter(([, count]) => count !== 1)).toEqual([]);
  await rm(folder, { recursive: true });
}, 120_000);

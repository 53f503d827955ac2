/**
 * How often responders and CRL servers are asked while 64 hosts under a named CA are verified ten thousand times, by
 * real handshakes and over HTTP:
 *   npm run bench -- revocation-count [VERIFICATIONS]
 * Fails when a document is asked for more than once in its validity. The CRL over the hosts lives for a minute, all
 * else for a day; every second host leaves its intermediate out, which is fetched as well.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { startPublishedHosts } from '../test/support/published-hosts.ts';
import { inParallel } from './load.ts';

const HOSTS = 64;
const CONCURRENCY = 16;
const CRL_LIVES_MS = 60_000;
const count = Number(process.argv[2] ?? 10_000);

await using published = await startPublishedHosts(HOSTS, { now: Date.now, crlLivesMs: CRL_LIVES_MS });
const folder = mkdtempSync(join(tmpdir(), 'tls-verdict-bench-'));
writeFileSync(join(folder, 'corp.pem'), published.caPem);
const settings = {
  PORT: '0',
  CA_DIR: folder,
  FETCH_PORTS: String(published.documentPort),
  TARGET_LIMIT: 'off',
  UV_THREADPOOL_SIZE: '64',
  QUEUE_TIMEOUT_MS: '60000',
};
const service = spawn(process.execPath, ['src/main.ts'], {
  env: { ...process.env, ...settings },
  stdio: ['ignore', 'pipe', 'inherit'],
});
try {
  const lines = createInterface({ input: service.stdout });
  const [listening] = (await once(lines, 'line')) as [string];
  const { port } = JSON.parse(listening) as { port: number };
  const statuses = new Map<string, number>();
  const startedAt = performance.now();
  const timed = await inParallel(count, CONCURRENCY, async (index) => {
    const host = published.hosts[index % HOSTS];
    const body = JSON.stringify({
      host,
      port: published.port,
      connect_to: '127.0.0.1',
      ca: 'corp',
      timeout_ms: 60_000,
    });
    const headers = { 'Content-Type': 'application/json' };
    const response = await fetch(`http://127.0.0.1:${port}/verify`, { method: 'POST', headers, body });
    const { revocation = [] } = (await response.json()) as { revocation?: { status: string; cached: boolean }[] };
    for (const row of revocation) {
      const told = `${row.status}, ${row.cached ? 'kept' : 'fetched, or waited for with others'}`;
      statuses.set(told, (statuses.get(told) ?? 0) + 1);
    }
  });
  report((performance.now() - startedAt) / 1000, timed.perSecond, statuses);
} finally {
  service.kill();
  rmSync(folder, { recursive: true });
}

function report(seconds: number, perSecond: number, statuses: ReadonlyMap<string, number>): void {
  const requests = published.requests();
  const periods = Math.floor((seconds * 1000) / CRL_LIVES_MS) + 1;
  const tooOften = [...requests].filter(([url, times]) => times > (url === '/issuing.crl' ? periods : 1));
  console.log(`${count} verifications of ${HOSTS} hosts in ${seconds.toFixed(0)} s, ${perSecond.toFixed(0)} a second`);
  console.table(Object.fromEntries(statuses));
  const ofResponder = [...requests].filter(([url]) => url.startsWith('/ocsp-'));
  console.table({
    'OCSP responses': {
      documents: ofResponder.length,
      requests: ofResponder.reduce((sum, [, times]) => sum + times, 0),
    },
    'CRL over the hosts': { documents: periods, requests: requests.get('/issuing.crl') ?? 0 },
    'CRL over the intermediate': { documents: 1, requests: requests.get('/root.crl') ?? 0 },
    intermediate: { documents: 1, requests: requests.get('/issuing.cer') ?? 0 },
  });
  for (const [url, times] of tooOften) console.error(`asked for ${times} times: ${url}`);
  const isGood = [...statuses.keys()].every((status) => status.startsWith('good'));
  process.exitCode = tooOften.length === 0 && isGood ? 0 : 1;
}

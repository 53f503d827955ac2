import { readFileSync } from 'node:fs';
import { startNpmStart } from '../test/support/child-server.ts';
import { intermediate, leaf, root } from '../test/support/pki.ts';
import { startOpenssl } from '../test/support/servers.ts';

/**
 * Resident memory of the service (`npm start`) over many verifications of a server that sends a long chain:
 *   npm run bench:memory
 * The first ones warm the process up and do not count. Exits 1 when memory grows by more than the bound. Needs Linux.
 */
const VERIFICATIONS = 3_000;
/** By then V8's young generation has its full size. */
const WARM_UP = 1_000;
const CERTIFICATES = 60;
const MAX_GROWTH_MIB = 10;

const authority = await root();
const issuing = await intermediate(authority);
const host = await leaf(issuing);
const others = await Promise.all(Array.from({ length: CERTIFICATES - 2 }, (_, index) => root(`Extra ${index}`)));
await using server = await startOpenssl({ leaf: host, chain: [issuing, ...others] });
await using service = await startNpmStart({ LOG_LEVEL: 'error', TARGET_LIMIT: 'off' });
const pid = serviceProcess(service.pid);
const body = JSON.stringify({
  host: 'host.example',
  port: server.port,
  connect_to: '127.0.0.1',
  at: '2026-06-01T00:00:00Z',
  ca: { pem: authority.pem },
});

let warm = 0;
const started = performance.now();
for (let done = 1; done <= VERIFICATIONS; done += 1) {
  const response = await fetch(`http://127.0.0.1:${service.port}/verify`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body,
  });
  const verdict = (await response.json()) as { ok: boolean; presented_total: number; summary: string };
  if (!verdict.ok || verdict.presented_total !== CERTIFICATES) throw new Error(verdict.summary);
  if (done === WARM_UP) warm = residentMib(pid);
  if (done % 200 === 0) console.log(`${done} verifications: ${residentMib(pid).toFixed(1)} MiB`);
}
const growth = residentMib(pid) - warm;
const perSecond = VERIFICATIONS / ((performance.now() - started) / 1000);
console.log(
  `growth after the first ${WARM_UP}: ${growth.toFixed(1)} MiB; ${perSecond.toFixed(0)} verifications a second`,
);
if (growth > MAX_GROWTH_MIB) process.exitCode = 1;

/** npm's child: the script replaces its shell by the service. */
function serviceProcess(npm: number): number {
  return Number(readFileSync(`/proc/${npm}/task/${npm}/children`, 'utf8').trim().split(' ')[0]);
}

function residentMib(process: number): number {
  return Number(/^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${process}/status`, 'utf8'))?.[1]) / 1024;
}

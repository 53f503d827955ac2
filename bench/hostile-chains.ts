/**
 * Processor time of the verdict on each chain of `test/hostile`, all threads of the process, seen for the first time:
 *   npm run bench -- hostile-chains
 * No chain may take more than half a second; the tests hold them to counted steps instead of time.
 */
import { CONTENTS } from '../test/hostile/contents.ts';
import { GRAPHS } from '../test/hostile/graphs.ts';
import { HOST, type Presented } from '../test/hostile/hostile-chain.ts';
import { bundle } from '../test/support/issued.ts';
import { leaf, root } from '../test/support/pki.ts';
import { startService } from '../test/support/service.ts';

const MOST_MS = 500;

await using service = await startService();
const anchor = await root();
await measure({ chain: [await leaf(anchor)], anchors: [anchor] });
let slowest = 0;
for (const { name, make } of [...GRAPHS, ...CONTENTS]) {
  const cpuMs = await measure(await make());
  slowest = Math.max(slowest, cpuMs);
  console.log(`${cpuMs.toFixed(0).padStart(6)} ms  ${name}`);
}
console.log(`${slowest <= MOST_MS ? 'all' : 'NOT all'} within ${MOST_MS} ms of processor time`);
process.exitCode = slowest <= MOST_MS ? 0 : 1;

async function measure({ chain, anchors }: Presented): Promise<number> {
  const body = { host: HOST, chain_pem: bundle(...chain), ca: { pem: bundle(...anchors) }, revocation: 'off' };
  // What building the chain has left behind is not the verdict's work.
  globalThis.gc?.();
  const before = process.cpuUsage();
  await service.ask(body);
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1000;
}

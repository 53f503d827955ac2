/**
 * What a large bundle of anchors adds to a verification, processor time over HTTP:
 *   npm run bench -- anchors
 * Two services are asked in turn by the name of their CA. One has the anchor that is needed, the other has it behind so
 * many others; everything else is the same. Each round's ratio is its own, since a busy machine changes between rounds.
 */
import { parseArgs } from 'node:util';
import { root } from '../test/support/pki.ts';
import { startService } from './contestants.ts';
import { firstLine, startProgram, stopProgram } from './processes.ts';
import type { ServedHosts } from './tls-servers.ts';

const { values } = parseArgs({
  options: {
    anchors: { type: 'string', default: '10000' },
    count: { type: 'string', default: '1000' },
    rounds: { type: 'string', default: '8' },
    'warm-up': { type: 'string', default: '5000' },
    concurrency: { type: 'string', default: '16' },
  },
});
const [count, warmUp, concurrency] = [values.count, values['warm-up'], values.concurrency].map(Number) as [
  number,
  number,
  number,
];

const others: string[] = [];
const first = await root('Other 0');
for (let number = 1; number < Number(values.anchors); number++) {
  others.push((await root(`Other ${number}`, { key: first })).pem);
}
const servers = startProgram(process.execPath, ['bench/tls-servers.ts', '64', 'ec-p256', '0']);
const served = JSON.parse(await firstLine(servers)) as ServedHosts;
const few = await startService()(served);
const many = await startService()({ ...served, caPem: [...others, served.caPem].join('') });
if (few === null || many === null) throw new Error('not started');
for (const service of [few, many]) await service.measure({ ...served, count: warmUp, concurrency });

const rows = [];
for (let round = 0; round < Number(values.rounds); round++) {
  // Who goes first changes, so that neither always has the better half of a round.
  const order = round % 2 === 0 ? [few, many] : [many, few];
  const measured = new Map<typeof few, Awaited<ReturnType<typeof few.measure>>>();
  for (const service of order) measured.set(service, await service.measure({ ...served, count, concurrency }));
  const [one, all] = [measured.get(few), measured.get(many)];
  if (one === undefined || all === undefined) throw new Error('not measured');
  rows.push({
    'one anchor, ms': one.cpuMs,
    [`${values.anchors} anchors, ms`]: all.cpuMs,
    ratio: all.cpuMs / one.cpuMs,
    'one anchor, MB': one.rssMb,
    [`${values.anchors} anchors, MB`]: all.rssMb,
  });
}
console.table(rows);
const ratios = rows.map(({ ratio }) => ratio).toSorted((a, b) => a - b);
console.log('median ratio', ratios[Math.floor(ratios.length / 2)]?.toFixed(3));
for (const service of [few, many]) await service.stop();
await stopProgram(servers);

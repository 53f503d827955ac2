/**
 * What several processes on one port cost beside one, processor time of a verification over HTTP:
 *   npm run bench -- workers
 */
import { parseArgs } from 'node:util';
import { startService } from './contestants.ts';
import { firstLine, startProgram, stopProgram } from './processes.ts';
import { sideBySide } from './side-by-side.ts';
import type { ServedHosts } from './tls-servers.ts';

const { values } = parseArgs({
  options: {
    workers: { type: 'string', default: '2' },
    count: { type: 'string', default: '1000' },
    rounds: { type: 'string', default: '8' },
    'warm-up': { type: 'string', default: '5000' },
    concurrency: { type: 'string', default: '16,64' },
  },
});

const servers = startProgram(process.execPath, ['bench/tls-servers.ts', '64', 'ec-p256', '0']);
const served = JSON.parse(await firstLine(servers)) as ServedHosts;
const one = await startService()(served);
const several = await startService(Number(values.workers))(served);
if (one === null || several === null) throw new Error('not started');
console.log(`one process | ${values.workers} workers`);
for (const [index, concurrency] of values.concurrency.split(',').map(Number).entries()) {
  await sideBySide(one, several, {
    ...served,
    concurrency,
    count: Number(values.count),
    rounds: Number(values.rounds),
    warmUp: index === 0 ? Number(values['warm-up']) : 100,
  });
}
for (const service of [one, several]) await service.stop();
await stopProgram(servers);

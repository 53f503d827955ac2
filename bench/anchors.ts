/**
 * What a large bundle of anchors adds to a verification, processor time over HTTP:
 *   npm run bench -- anchors
 * Two services are asked in turn by the name of their CA. One has the anchor that is needed, the other has it behind so
 * many others; everything else is the same.
 */
import { parseArgs } from 'node:util';
import { root } from '../test/support/pki.ts';
import { startService } from './contestants.ts';
import { firstLine, startProgram, stopProgram } from './processes.ts';
import { sideBySide } from './side-by-side.ts';
import type { ServedHosts } from './tls-servers.ts';

const { values } = parseArgs({
  options: {
    anchors: { type: 'string', default: '10000' },
    count: { type: 'string', default: '1000' },
    rounds: { type: 'string', default: '8' },
    'warm-up': { type: 'string', default: '5000' },
  },
});

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
console.log(`one anchor | ${values.anchors} anchors`);
await sideBySide(few, many, {
  ...served,
  concurrency: 16,
  count: Number(values.count),
  rounds: Number(values.rounds),
  warmUp: Number(values['warm-up']),
});
for (const service of [few, many]) await service.stop();
await stopProgram(servers);

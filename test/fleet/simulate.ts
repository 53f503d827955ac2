import { parseArgs } from 'node:util';
import { simulate } from './simulation.ts';

/**
 * The fleet simulation, with figures:
 *   npm run simulate -- --targets 100000 --indexes 8 --kills 40
 * Exits 1 when a target has no result, or more than one, or another one than it was built for. Needs nginx.
 */
const { values } = parseArgs({
  options: {
    targets: { type: 'string', default: '10000' },
    indexes: { type: 'string', default: '8' },
    kills: { type: 'string', default: '20' },
    'kill-within-ms': { type: 'string', default: '10000' },
    concurrency: { type: 'string', default: '16' },
  },
});
const result = await simulate({
  targets: Number(values.targets),
  indexes: Number(values.indexes),
  kills: Number(values.kills),
  killWithinMs: Number(values['kill-within-ms']),
  concurrency: Number(values.concurrency),
});
console.log(JSON.stringify(result, null, 2));
const isExact = result.duplicates === 0 && result.missing === 0;
const isRight = Object.entries(result.expected).every(([verdict, count]) => result.verdicts[verdict] === count);
if (!isExact || !isRight) process.exitCode = 1;

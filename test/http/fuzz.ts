import { parseArgs } from 'node:util';
import fc from 'fast-check';
import { systemConnect } from '../../src/net/connect.ts';
import { requestByContract } from '../support/contract.ts';
import { leaf, root } from '../support/pki.ts';
import { startNodeTls } from '../support/servers.ts';
import { startService } from '../support/service.ts';
import { ANSWERING_PORT, mutatedRequests, OPERATIONS } from './mutated-requests.ts';

/**
 * Mutated requests against the whole service. Each answer must be as the API document says, and none a 5xx but a
 * verdict or `overloaded`; each operation must have given each of its media types. Prints the seed, and the smallest
 * request that breaks this.
 */
const { values } = parseArgs({
  options: { requests: { type: 'string', default: '200000' }, seed: { type: 'string' } },
});
const seed = values.seed === undefined ? Math.trunc(Math.random() * 2 ** 31) : Number(values.seed);
const requests = Number(values.requests);

const server = await startNodeTls({ leaf: await leaf(await root(), ['a.example', 'b.example']) });
const { app } = await startService(
  { TARGET_LIMIT: 'off', LOG_LEVEL: 'error' },
  {
    at: new Date(),
    // Nothing of this machine is reached but one server, and a port that nobody listens on.
    lookUp: async () => ['127.0.0.1'],
    connect: ({ port }) => systemConnect({ address: '127.0.0.1', port: port === ANSWERING_PORT ? server.port : 1 }),
  },
);

const statuses = new Map<string, number>();
const answered = new Set<string>();
console.log(`${requests} requests, seed ${seed}`);
await fc.assert(
  fc.asyncProperty(mutatedRequests, async ({ operation, method, path, headers, body }) => {
    const response = await requestByContract(app, path, {
      method,
      headers,
      ...(body && { body: new Uint8Array(body) }),
    });
    statuses.set(`${response.status}`, (statuses.get(`${response.status}`) ?? 0) + 1);
    const type = response.headers.get('Content-Type')?.split(';')[0];
    if (operation.startsWith(method) && type !== 'application/problem+json') answered.add(`${operation} ${type}`);
    if (response.status < 500 || response.headers.has('X-Verdict')) return;
    const { code } = (await response.json()) as { code: string };
    if (code !== 'overloaded') throw new Error(`${response.status} ${code}`);
  }),
  { numRuns: requests, seed },
);
for (const [status, count] of [...statuses].sort()) console.log(`${status}: ${count}`);

const unanswered = OPERATIONS.flatMap(({ name, produces }) => produces.map((type) => `${name} ${type}`)).filter(
  (each) => !answered.has(each),
);
console.log(`${answered.size} operations with their media types gave a good answer`);
for (const each of unanswered) console.log(`NEVER ANSWERED: ${each}`);
process.exit(unanswered.length > 0 ? 1 : 0);

import { parseArgs } from 'node:util';
import fc from 'fast-check';
import { systemConnect } from '../../src/net/connect.ts';
import { requestByContract } from '../support/contract.ts';
import { leaf, root } from '../support/pki.ts';
import { startNodeTls } from '../support/servers.ts';
import { startService } from '../support/service.ts';
import { ANSWERING_PORT, mutatedRequests, OPERATIONS } from './mutated-requests.ts';
import { describeAnswer } from './wire-contract.ts';
import { fuzzOverWire } from './wire-fuzz.ts';

/**
 * Mutated requests against the whole service: through the listener, as octets on connections of their own, and without
 * it, where they are ten times as many. Each answer must be as the API document says, and none a 5xx but a verdict or
 * `overloaded`; each operation must have given each of its media types, and nothing may be left on the connections.
 * Prints the seed, and the smallest request that breaks this.
 */
const { values } = parseArgs({
  options: {
    requests: { type: 'string', default: '200000' },
    /** Through the listener; a tenth of the others unless it says otherwise. */
    socket: { type: 'string' },
    seed: { type: 'string' },
  },
});
const seed = values.seed === undefined ? Math.trunc(Math.random() * 2 ** 31) : Number(values.seed);
const requests = Number(values.requests);
const onSocket = values.socket === undefined ? Math.ceil(requests / 10) : Number(values.socket);

const server = await startNodeTls({ leaf: await leaf(await root(), ['a.example', 'b.example']) });
const service = await startService(
  // So few places that some requests are refused, before they are read or behind that.
  { TARGET_LIMIT: 'off', LOG_LEVEL: 'error', MAX_IN_FLIGHT: '4', MAX_QUEUE: '2' },
  {
    at: new Date(),
    // Nothing of this machine is reached but one server, and a port that nobody listens on.
    lookUp: async () => ['127.0.0.1'],
    connect: ({ port }) => systemConnect({ address: '127.0.0.1', port: port === ANSWERING_PORT ? server.port : 1 }),
  },
);

/** How often each came, in order. */
class Tally {
  readonly #counts = new Map<string, number>();

  add(name: string): void {
    this.#counts.set(name, (this.#counts.get(name) ?? 0) + 1);
  }

  print(): void {
    for (const [name, count] of [...this.#counts].sort()) console.log(`${name}: ${count}`);
  }
}

console.log(`${onSocket} requests over sockets, seed ${seed}`);
const overSocket = new Tally();
await fuzzOverWire(service, { requests: onSocket, seed }, (answer, damage) =>
  overSocket.add(`${describeAnswer(answer)}${damage === null ? '' : ', to what was damaged'}`),
);
overSocket.print();

console.log(`${requests} requests, seed ${seed}`);
const direct = new Tally();
const answered = new Set<string>();
await fc.assert(
  fc.asyncProperty(mutatedRequests, async ({ operation, method, path, headers, body }) => {
    const response = await requestByContract(service.app, path, {
      method,
      headers,
      ...(body && { body: new Uint8Array(body) }),
    });
    direct.add(`${response.status}`);
    const type = response.headers.get('Content-Type')?.split(';')[0];
    if (operation.startsWith(method) && type !== 'application/problem+json') answered.add(`${operation} ${type}`);
    if (response.status < 500 || response.headers.has('X-Verdict')) return;
    const { code } = (await response.json()) as { code: string };
    if (code !== 'overloaded') throw new Error(`${response.status} ${code}`);
  }),
  { numRuns: requests, seed },
);
direct.print();

const unanswered = OPERATIONS.flatMap(({ name, produces }) => produces.map((type) => `${name} ${type}`)).filter(
  (each) => !answered.has(each),
);
console.log(`${answered.size} operations with their media types gave a good answer`);
for (const each of unanswered) console.log(`NEVER ANSWERED: ${each}`);
process.exit(unanswered.length > 0 ? 1 : 0);

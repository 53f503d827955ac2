import { setTimeout as delay } from 'node:timers/promises';
import fc from 'fast-check';
import { startServer } from '../../src/server.ts';
import type { AskedService } from '../support/service.ts';
import { answersByContract } from './wire-contract.ts';
import { exchange, type WireAnswer } from './wire-exchange.ts';
import { type WireRequest, wireRequests } from './wire-requests.ts';

/** Connections at once. */
const AT_ONCE = 16;
/** Requests that are made before they are sent. */
const BLOCK = 1_000;
/** For the last connections to be noticed as closed. */
const DRAIN_MS = 5_000;
/** Octets of a request that an error shows. */
const MAX_SHOWN = 2_000;

/**
 * Sends requests as octets through the listener, damaged ones too. Throws on an answer that is not as the API document
 * says, and when a connection, a verification or a place in the queue is left in the end.
 * @param onAnswer told of each answer, with the damage that was done
 */
export async function fuzzOverWire(
  { app, refuseEarly, connections }: AskedService,
  { requests, seed }: { readonly requests: number; readonly seed: number },
  onAnswer: (answer: WireAnswer, damage: string | null) => void,
): Promise<void> {
  const fetch = app.fetch.bind(app);
  const server = await startServer({ fetch, host: '127.0.0.1', port: 0, connections, refuseEarly });
  const made = makeRequests(requests, seed);
  const send = async (): Promise<void> => {
    for (const request of made) {
      const received = await exchange(server.address.port, request);
      const answers = await answersByContract(request, received).catch((cause: Error) => {
        throw new Error(`${cause.message}\n${describe(request)}`);
      });
      for (const answer of answers) onAnswer(answer, request.damage);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, send));

  for (let waited = 0; connections.load().open > 0 && waited < DRAIN_MS; waited += 10) await delay(10);
  const { open, closed } = connections.load();
  if (open > 0 || closed > 0) throw new Error(`${open} connections are open, and ${closed} were closed unheard`);
  const metrics = await (await app.request('/metrics')).text();
  for (const name of ['verifications_in_flight', 'verifications_queued']) {
    const left = new RegExp(`^tls_verdict_${name} (.*)$`, 'm').exec(metrics)?.[1];
    if (left !== '0') throw new Error(`${name}: ${left}`);
  }
  if ((await server.stop(1_000)).wasCut) throw new Error('a connection had to be cut');
}

/** The same ones for the same seed. */
function* makeRequests(count: number, seed: number): Generator<WireRequest, undefined> {
  for (let made = 0; made < count; made += BLOCK) {
    yield* fc.sample(wireRequests, { seed: seed + made, numRuns: Math.min(BLOCK, count - made) });
  }
}

function describe({ damage, from, end, parts }: WireRequest): string {
  const sent = Buffer.concat(parts).toString('latin1');
  return `${damage ?? 'not damaged'}, from ${from}, which ${end}:\n${sent.slice(0, MAX_SHOWN)}`;
}

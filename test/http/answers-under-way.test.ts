import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, describe, expect, it } from 'vitest';
import { AnswersUnderWay } from '../../src/http/answers-under-way.ts';

const MIB = 2 ** 20;
/** More than the buffers of the system take of it. */
const LARGE = Buffer.alloc(32 * MIB, 'x');
const GET = 'GET / HTTP/1.1\r\nHost: localhost\r\n\r\n';

const closing: (() => void)[] = [];
afterEach(() => {
  for (const close of closing.splice(0)) close();
});

type Bounds = ConstructorParameters<typeof AnswersUnderWay>[0];

/** A server behind these bounds; `answer` says what each request gets. */
async function start(bounds: Bounds, answer: (outgoing: ServerResponse) => void) {
  const answers = new AnswersUnderWay(bounds);
  const accepted: Socket[] = [];
  const added: boolean[] = [];
  const server = createServer((incoming: IncomingMessage, outgoing) => {
    added.push(answers.add(incoming.socket, outgoing));
    answer(outgoing);
  });
  server.on('connection', (socket: Socket) => accepted.push(socket));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  closing.push(() => {
    answers.close();
    server.closeAllConnections();
    server.close();
  });
  /** A connection with this many requests, of which nothing is read yet; both of its ends. */
  const ask = async (requests = 1) => {
    const caller = connect(port, '127.0.0.1').pause();
    caller.on('error', () => {});
    closing.push(() => caller.destroy());
    caller.write(GET.repeat(requests));
    const [socket] = (await once(server, 'connection')) as [Socket];
    return { caller, socket };
  };
  return { ask, added, answers };
}

async function read(caller: Socket, length: number): Promise<number> {
  let taken = 0;
  for await (const chunk of caller) {
    taken += chunk.length;
    if (taken >= length) break;
  }
  return taken;
}

describe('what callers leave', () => {
  const bounds = { patienceMs: 200, lookMs: 20 };

  const inPieces = async (outgoing: ServerResponse): Promise<void> => {
    const piece = LARGE.subarray(0, MIB / 4);
    for (let sent = 0; sent < LARGE.length; sent += piece.length) {
      if (!outgoing.write(piece)) await once(outgoing, 'drain');
    }
    outgoing.end();
  };

  it('ends the connection when nothing of it is taken', async () => {
    const { ask } = await start(bounds, (outgoing) => outgoing.end(LARGE));
    const { socket } = await ask();
    await once(socket, 'close');
  });

  it('ends the connection when no more of it is taken', async () => {
    const { ask } = await start(bounds, inPieces);
    const { caller, socket } = await ask();
    await once(caller.resume(), 'data');
    caller.pause();
    await once(socket, 'close');
  });

  it('ends nothing while each piece of it is taken in time', async () => {
    const { ask } = await start(bounds, inPieces);
    const { caller } = await ask();
    let taken = 0;
    for await (const chunk of caller) {
      // The server has something to write whenever it looks.
      await delay(1);
      taken += chunk.length;
      if (taken >= LARGE.length) break;
    }
    expect(taken).toBeGreaterThanOrEqual(LARGE.length);
  });

  it('ends nothing of who waits for an answer, also when one behind it is ready', async () => {
    const first = Promise.withResolvers<void>();
    let count = 0;
    const { ask } = await start(bounds, (outgoing) => {
      if (count++ > 0) outgoing.end('second');
      else void first.promise.then(() => outgoing.end('first'));
    });
    const { caller, socket } = await ask(2);
    await delay(3 * bounds.patienceMs);
    expect(socket.destroyed).toBe(false);
    first.resolve();
    expect(await read(caller, 200)).toBeGreaterThan(0);
  });

  it('is bounded in sum: who has left most goes first, and who reads gets all of it', async () => {
    const sizes = [LARGE.length, 12 * MIB, LARGE.length];
    const { ask } = await start({ maxBytes: 16 * MIB, lookMs: 20 }, (outgoing) => {
      outgoing.end(LARGE.subarray(0, sizes.shift()));
    });
    const hoarder = await ask();
    await once(hoarder.socket, 'close');
    const reader = await ask();
    const other = await ask();
    await once(other.socket, 'close');
    expect(await read(reader.caller, 12 * MIB)).toBeGreaterThanOrEqual(12 * MIB);
  });
});

it('takes sixteen requests of a connection, one more only when one is answered', async () => {
  const waiting: ServerResponse[] = [];
  const { ask, added } = await start({}, (outgoing) => waiting.push(outgoing));
  const { caller } = await ask(17);
  while (added.length < 17) await delay(1);
  expect(added).toEqual([...Array<boolean>(16).fill(true), false]);
  waiting[0]?.end();
  await once(caller.resume(), 'data');
  caller.write(GET);
  while (added.length < 18) await delay(1);
  expect(added.at(-1)).toBe(true);
});

it('knows which answer a connection is getting, and which is its last', async () => {
  const waiting: ServerResponse[] = [];
  const { ask, answers } = await start({}, (outgoing) => waiting.push(outgoing));
  const { caller, socket } = await ask(2);
  while (waiting.length < 2) await delay(1);
  expect([answers.firstOf(socket), answers.lastOf(socket)]).toEqual(waiting);
  for (const outgoing of waiting) outgoing.end();
  await once(caller.resume(), 'data');
  while (answers.lastOf(socket) !== undefined) await delay(1);
  expect(answers.firstOf(socket)).toBeUndefined();
});

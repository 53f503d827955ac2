import { fork } from 'node:child_process';
import { once } from 'node:events';
import { connect } from 'node:net';
import { createServer } from 'node:tls';
import { handshake } from '../src/tls/handshake.ts';
import { bundle } from '../test/support/issued.ts';
import { issue, root } from '../test/support/pki.ts';

/**
 * Processor time of one handshake, and growth of memory, against a server that sends 60 certificates.
 * `node bench/handshake.ts [handshakes]`; the server runs in a process of its own.
 */
const HANDSHAKES = Number(process.argv[2] ?? 2_000);
const SERVER = 'BENCH_SERVER';
const WARM_UP = 200;
const CONCURRENCY = 16;

async function serve(): Promise<void> {
  const authority = await root();
  const leaf = await issue({ issuer: authority, dns: ['www.example'] });
  const chain = [leaf, ...Array.from({ length: 59 }, () => authority)];
  const server = createServer({ key: leaf.keyPem, cert: bundle(...chain) }, (socket) => {
    socket.on('error', () => {});
    socket.resume();
  });
  server.on('tlsClientError', () => {});
  await once(server.listen(0, '127.0.0.1'), 'listening');
  process.send?.(server.address());
}

async function shakeHands(port: number): Promise<void> {
  const socket = connect(port, '127.0.0.1');
  await once(socket, 'connect');
  const { signal } = new AbortController();
  const { record } = await handshake(socket, { serverName: 'www.example', alpn: [], signal });
  if (record.state !== 'finished' || record.certificates.length !== 60) throw new Error(`state ${record.state}`);
}

async function run(port: number, count: number): Promise<void> {
  let left = count;
  const worker = async (): Promise<void> => {
    while (left-- > 0) await shakeHands(port);
  };
  await Promise.all(Array.from({ length: CONCURRENCY }, worker));
}

async function measure(): Promise<void> {
  const server = fork(new URL(import.meta.url), { env: { ...process.env, [SERVER]: '1' } });
  const [{ port }] = await once(server, 'message');
  await run(port, WARM_UP);
  const before = process.memoryUsage().rss;
  const start = process.cpuUsage();
  await run(port, HANDSHAKES);
  const { user, system } = process.cpuUsage(start);
  const growth = (process.memoryUsage().rss - before) / 2 ** 20;
  console.log(`${((user + system) / 1000 / HANDSHAKES).toFixed(3)} ms of processor time for a handshake`);
  console.log(`${growth.toFixed(1)} MiB more after ${HANDSHAKES} handshakes`);
  server.kill();
}

await (process.env[SERVER] === undefined ? measure() : serve());

/**
 * A program that does what a script around `tls.connect` does: `COUNT` handshakes, `CONCURRENCY` at once, verified by
 * OpenSSL against the CA. Reads its work from standard input, prints one line of JSON with what it cost.
 */
import { text } from 'node:stream/consumers';
import { connect, createSecureContext } from 'node:tls';
import { inParallel, type Work } from './load.ts';

const work = JSON.parse(await text(process.stdin)) as Work;
const secureContext = createSecureContext({ ca: work.caPem });

function handshake(index: number): Promise<void> {
  const host = work.hosts[index % work.hosts.length];
  if (host === undefined) throw new Error('no hosts');
  return new Promise((resolve, reject) => {
    const socket = connect({ host: '127.0.0.1', port: host.port, servername: host.name, secureContext }, () => {
      if (!socket.authorized) reject(new Error(`not authorized: ${socket.authorizationError}`));
      socket.end();
    });
    socket.on('close', () => resolve());
    socket.on('error', reject);
    socket.resume();
  });
}

await inParallel(Math.min(500, work.count), work.concurrency, handshake);
const before = process.cpuUsage();
const result = await inParallel(work.count, work.concurrency, handshake);
const { user, system } = process.cpuUsage(before);
console.log(
  JSON.stringify({ ...result, cpuMs: (user + system) / 1000 / work.count, rssMb: process.memoryUsage().rss / 1e6 }),
);

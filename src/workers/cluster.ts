import cluster from 'node:cluster';
import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import process from 'node:process';
import type { FromWorker } from './messages.ts';
import { type JoinedPeers, joinPeers, type PrimaryOrders } from './peers.ts';
import type { WorkerEvents, WorkerProcess } from './supervisor.ts';
import { heapShareOf, type WorkerPlace } from './worker-share.ts';

/** Tells a worker which one it is, and the port. */
const PLACE_VARIABLE = 'TLS_VERDICT_WORKER';

/** What a worker is told at its start. */
export interface WorkerStart extends WorkerPlace {
  /** Where all of them listen. */
  readonly port: number;
}

/** What this process was told as one of several workers; null for one that is none. */
export function ownStart(environment: Readonly<Record<string, string | undefined>>): WorkerStart | null {
  if (!cluster.isWorker) return null;
  const [number = 1, of = 1, port = 0] = (environment[PLACE_VARIABLE] ?? '').split('/').map(Number);
  return { number, of, port };
}

/**
 * Starts this program once more as a worker. It listens by itself on a port that the kernel shares out (SO_REUSEPORT):
 * dealt out by Node's primary instead, a connection on its way to a worker that is killed is neither answered nor
 * closed.
 */
export function startWorker({ number, of, port }: WorkerStart, events: WorkerEvents): WorkerProcess {
  cluster.setupPrimary({ execArgv: heapShareOf(process.execArgv, of) });
  const worker = cluster.fork({ [PLACE_VARIABLE]: `${number}/${of}/${port}` });
  worker.on('message', (message: FromWorker) => events.message(message));
  worker.on('exit', (code, signal) => events.exit(code, signal));
  // A message to a worker that has just died, or that could not be started; its exit tells.
  worker.on('error', () => {});
  return {
    send(message) {
      if (worker.isConnected()) worker.send(message);
    },
    kill: () => void worker.process.kill('SIGKILL'),
  };
}

/**
 * A port that nobody listens on: the one that is wanted, or any for 0. Ports that are shared out refuse no second
 * service of the same user, so this is the moment to see one. Rejects when it is taken.
 */
export async function findPort(host: string, port: number): Promise<number> {
  const server = createServer().listen({ host, port, exclusive: true });
  await once(server, 'listening');
  const { port: found } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return found;
}

/** In a worker: what it has together with the others. When the primary is gone, Node ends its workers at once. */
export function joinPrimary(orders: PrimaryOrders): JoinedPeers {
  const channel = {
    send: (message: FromWorker) => void process.send?.(message),
    onMessage: (listener: Parameters<typeof process.on>[1]) => void process.on('message', listener),
  };
  return joinPeers(channel, orders);
}

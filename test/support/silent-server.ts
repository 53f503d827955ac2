import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';

export interface SilentServer {
  readonly port: number;
  /** Settles with the first connection. */
  readonly accepted: Promise<unknown>;
  close(): void;
}

/** A listener that accepts and says nothing. */
export async function silentServer(cleanups: (() => unknown)[]): Promise<SilentServer> {
  const server = createServer().listen(0, '127.0.0.1');
  const sockets = new Set<Socket>();
  server.on('connection', (socket) => sockets.add(socket.on('error', () => {})));
  const accepted = once(server, 'connection');
  await once(server, 'listening');
  const close = () => {
    for (const socket of sockets) socket.destroy();
    server.close();
  };
  cleanups.push(close);
  return { port: (server.address() as AddressInfo).port, accepted, close };
}

import { once } from 'node:events';
import { type AddressInfo, connect, createServer } from 'node:net';
import { expect, it } from 'vitest';
import { startTimer } from '../../src/loop/timer.ts';
import { turns } from '../../src/loop/turns.ts';

/** Holds the event loop, as much work of others would. */
function holdLoop(ms: number): void {
  const until = performance.now() + ms;
  while (performance.now() < until);
}

it('is not about what came in time and was not read yet', async () => {
  const server = createServer((socket) => socket.end('in time')).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const socket = connect((server.address() as AddressInfo).port, '127.0.0.1');
  const order: string[] = [];
  const silence = Promise.withResolvers<void>();
  await once(socket, 'connect');
  // The server is this process, so it answers in the turn after this one; the timer is due before that is read.
  startTimer(1, () => {
    order.push('silence');
    silence.resolve();
  });
  socket.once('data', () => turns.run(() => order.push('read')));
  setImmediate(() => holdLoop(20));
  await silence.promise;
  expect(order).toEqual(['read', 'silence']);
  server.close();
});

it.each([
  { name: 'before the time is over', stopAt: (stop: () => void) => stop() },
  { name: 'between the end of the time and the call', stopAt: (stop: () => void) => setTimeout(stop, 1) },
])('is stopped $name', async ({ stopAt }) => {
  let called = false;
  const stop = startTimer(1, () => {
    called = true;
  });
  stopAt(stop);
  holdLoop(5);
  for (let turn = 0; turn < 5; turn++) await new Promise((resolve) => setTimeout(resolve, 2));
  expect(called).toBe(false);
});

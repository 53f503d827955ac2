import { once } from 'node:events';
import type { AddressInfo, Socket } from 'node:net';
import { connect, createServer } from 'node:net';
import { describe, expect, it } from 'vitest';
import { createTurns, turns } from '../../src/loop/turns.ts';

/** Turns that come when the test says so. */
function byHand() {
  const due: (() => void)[] = [];
  const made = createTurns((callback) => due.push(callback));
  const ran: string[] = [];
  return {
    ...made,
    ran,
    step: (name: string) => made.run(() => ran.push(name)),
    /** Runs what is due in this turn; whether anything was. */
    turn() {
      const now = due.splice(0);
      for (const callback of now) callback();
      return now.length > 0;
    },
  };
}

describe('steps', () => {
  it('run one a turn, in the order asked for', () => {
    const { step, turn, ran } = byHand();
    for (const name of ['a', 'b', 'c']) step(name);
    expect(ran).toEqual([]);
    turn();
    expect(ran).toEqual(['a']);
    turn();
    turn();
    expect(ran).toEqual(['a', 'b', 'c']);
    expect(turn()).toBe(false);
  });

  it('that ask for another one get it after all that wait', () => {
    const hand = byHand();
    hand.run(() => {
      hand.ran.push('a');
      hand.step('a2');
    });
    hand.step('b');
    while (hand.turn());
    expect(hand.ran).toEqual(['a', 'b', 'a2']);
  });

  it('that throw do not stop those after them', () => {
    const hand = byHand();
    hand.run(() => {
      throw new Error('a');
    });
    hand.step('b');
    expect(() => hand.turn()).toThrow('a');
    hand.turn();
    expect(hand.ran).toEqual(['b']);
  });
});

describe('starts', () => {
  it('come only in turns in which no step waits, one each, until there are no more', () => {
    const hand = byHand();
    let left = 3;
    const begin = () => {
      hand.ran.push('start');
      hand.step('its step');
      return --left > 0;
    };
    hand.step('a');
    hand.startFrom(begin);
    hand.step('b');
    while (hand.turn());
    expect(hand.ran).toEqual(['a', 'b', 'start', 'its step', 'start', 'its step', 'start', 'its step']);
  });

  it('come for a source that asks again while it starts', () => {
    const hand = byHand();
    let left = 2;
    const begin = (): boolean => {
      hand.ran.push('start');
      if (--left > 0) hand.startFrom(begin);
      return false;
    };
    hand.startFrom(begin);
    while (hand.turn());
    expect(hand.ran).toEqual(['start', 'start']);
  });
});

describe('arrivals', () => {
  it('have turns without a step, sixteen at most between two steps', () => {
    const hand = byHand();
    hand.step('a');
    hand.step('b');
    let turns = 0;
    while (hand.turn()) {
      turns++;
      hand.arrived();
    }
    expect([hand.ran, turns]).toEqual([['a', 'b'], 1 + 16 + 1]);
  });

  it('take no turn once there are none', () => {
    const hand = byHand();
    hand.step('a');
    hand.arrived();
    hand.turn();
    expect(hand.ran).toEqual([]);
    hand.turn();
    expect(hand.ran).toEqual(['a']);
  });
});

it('lets a connection be accepted between any two steps', async () => {
  const accepted: Socket[] = [];
  const server = createServer((socket) => accepted.push(socket)).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const count = 20;
  const callers = Array.from({ length: count }, () => connect(port, '127.0.0.1'));
  const before: number[] = [];
  const done = Promise.withResolvers<void>();
  // Twice as many steps as connections, since it takes some turns until the first one has come.
  for (let left = 2 * count; left > 0; left--) turns.run(() => before.push(accepted.length));
  turns.run(done.resolve);
  await done.promise;
  expect(new Set(before).size).toBeGreaterThan(count / 2);
  for (const socket of [...callers, ...accepted]) socket.destroy();
  server.close();
});

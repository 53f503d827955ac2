import { once } from 'node:events';
import type { AddressInfo, Socket } from 'node:net';
import { connect, createServer } from 'node:net';
import { describe, expect, it } from 'vitest';
import { createTurns, turns } from '../../src/loop/turns.ts';

/** Turns that come when the test says so, on a clock that it moves. */
function byHand() {
  const due: (() => void)[] = [];
  const after: (() => void)[] = [];
  let now = 0;
  const made = createTurns({
    later: (callback) => due.push(callback),
    after: (callback) => after.push(callback),
    clock: () => now,
  });
  const ran: string[] = [];
  return {
    ...made,
    ran,
    step: (name: string, ms = 0) =>
      made.run(() => {
        now += ms;
        ran.push(name);
      }),
    /** Lets so much time go by, then runs what is due in this turn with all that follows; whether anything was. */
    turn(restMs = 0) {
      now += restMs;
      const callbacks = due.splice(0);
      for (const callback of callbacks) {
        callback();
        for (let next = after.shift(); next !== undefined; next = after.shift()) next();
      }
      return callbacks.length > 0;
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

describe('the time', () => {
  const names = ['a', 'b', 'c', 'd', 'e'];

  it.each([
    { name: 'as long as a step', restMs: 2, ran: ['a'] },
    { name: 'a little longer', restMs: 2.1, ran: ['a', 'b'] },
    { name: 'as long as three', restMs: 6, ran: ['a', 'b', 'c'] },
    { name: 'longer than all of them', restMs: 1000, ran: names },
  ])('of the rest is that of the steps in one turn: $name', ({ restMs, ran }) => {
    const hand = byHand();
    for (const each of names) hand.step(each, 2);
    hand.turn(restMs);
    expect(hand.ran).toEqual(ran);
  });

  it('that is long is made up for in turns of twenty milliseconds, and no more than a second of it', () => {
    const hand = byHand();
    for (let count = 0; count < 300; count++) hand.step(String(count), 5);
    hand.turn(60_000);
    expect(hand.ran).toHaveLength(4);
    for (let turns = 1; turns < 50; turns++) hand.turn();
    expect(hand.ran).toHaveLength(200);
    hand.turn();
    expect(hand.ran).toHaveLength(201);
  });

  it('is owed from turn to turn, until no step waits', () => {
    const hand = byHand();
    hand.step('a', 10);
    hand.turn(30);
    expect(hand.ran).toEqual(['a']);
    hand.step('b', 2);
    hand.step('c', 2);
    hand.turn();
    expect(hand.ran).toEqual(['a', 'b']);
  });

  it("in which nothing waits is nobody else's", () => {
    const hand = byHand();
    hand.turn(1000);
    hand.step('a', 1);
    hand.step('b', 1);
    hand.turn();
    expect(hand.ran).toEqual(['a']);
  });

  it('counts what a step leads to, and what it throws changes nothing', () => {
    const hand = byHand();
    hand.run(() => {
      throw new Error('a');
    });
    for (const each of ['b', 'c']) hand.step(each, 5);
    expect(() => hand.turn(5)).toThrow('a');
    hand.turn();
    expect(hand.ran).toEqual(['b']);
  });

  it('lets four begin in one turn at most, however long the rest has taken', () => {
    const hand = byHand();
    let started = 0;
    hand.startFrom(() => ++started < 100);
    hand.turn(1000);
    expect(started).toBe(4);
    hand.turn(1000);
    expect(started).toBe(8);
  });
});

describe('arrivals', () => {
  it('have turns without a step for ten milliseconds between two steps', () => {
    const hand = byHand();
    for (const each of ['a', 'b']) hand.step(each, 20);
    let turns = 0;
    hand.arrived();
    while (hand.turn(1)) {
      turns++;
      hand.arrived();
    }
    // Nine without a step, one with it; the second step has been paid for by the length of the first.
    expect([hand.ran, turns]).toEqual([['a', 'b'], 10 + 10]);
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
  for (let left = 2 * count; left > 0; left--) {
    turns.run(() => {
      before.push(accepted.length);
      const until = performance.now() + 1;
      while (performance.now() < until);
    });
  }
  turns.run(done.resolve);
  await done.promise;
  expect(new Set(before).size).toBeGreaterThan(count / 2);
  for (const socket of [...callers, ...accepted]) socket.destroy();
  server.close();
});

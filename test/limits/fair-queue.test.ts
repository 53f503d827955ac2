import { expect, it } from 'vitest';
import { createFairQueue, type Party } from '../../src/limits/fair-queue.ts';

interface Item extends Party {
  readonly name: string;
}

/** Items `caller` or `caller/request`; two of one text are two items. */
const item = (name: string): Item => {
  const [caller = '', requestId = caller] = name.split('/');
  return { name, caller, requestId };
};

function queueOf(...names: readonly string[]) {
  const queue = createFairQueue<Item>();
  for (const name of names) queue.add(item(name));
  /** Begins whose turn it is, so many times. */
  const begin = (count: number, isReady: (item: Item) => boolean = () => true): (string | undefined)[] =>
    Array.from({ length: count }, () => {
      const next = queue.next(isReady);
      if (next === undefined) return undefined;
      queue.begin(next);
      queue.remove(next);
      return next.name;
    });
  return { queue, begin };
}

it('alternates between callers, however many each has waiting', () => {
  const { begin } = queueOf('a', 'a', 'a', 'b', 'b', 'c');
  expect(begin(7)).toEqual(['a', 'b', 'c', 'a', 'b', 'a', undefined]);
});

it('does not prefer who came first when each ends before the next begins', () => {
  const { queue, begin } = queueOf('a', 'a', 'b', 'b', 'c', 'c');
  const order: (string | undefined)[] = [];
  for (let turn = 0; turn < 6; turn++) {
    const [name = ''] = begin(1);
    order.push(name);
    queue.end(item(name ?? ''));
  }
  expect(order).toEqual(['a', 'b', 'c', 'a', 'b', 'c']);
});

it('gives the next turn to the caller with the least under way', () => {
  const { queue, begin } = queueOf('a', 'a', 'a');
  begin(2);
  for (const name of ['b', 'b', 'b']) queue.add(item(name));
  expect(begin(4)).toEqual(['b', 'b', 'a', 'b']);
});

it("lets one caller's single request pass the batch that has some under way", () => {
  const { queue, begin } = queueOf('a/batch', 'a/batch', 'a/batch', 'a/batch');
  begin(2);
  queue.add(item('a/single'));
  expect(begin(3)).toEqual(['a/single', 'a/batch', 'a/batch']);
});

it('does not let single requests keep a batch out', () => {
  const { queue, begin } = queueOf('a/batch', 'a/1', 'a/2', 'a/3');
  expect(begin(2)).toEqual(['a/batch', 'a/1']);
  queue.add(item('a/batch'));
  queue.end(item('a/batch'));
  expect(begin(3)).toEqual(['a/2', 'a/3', 'a/batch']);
});

it('passes over what is not ready, and over callers with nothing else', () => {
  const { begin } = queueOf('a/x', 'a/y', 'b/x');
  expect(begin(2, ({ requestId }) => requestId === 'y')).toEqual(['a/y', undefined]);
});

it('keeps nothing of callers that are gone', () => {
  const { queue, begin } = queueOf();
  const left = item('a');
  queue.add(left);
  queue.remove(left);
  queue.remove(left);
  queue.add(item('b'));
  begin(1);
  expect([queue.waiting, queue.callersWaiting, queue.underWayOf('b'), queue.waitingOf('b')]).toEqual([0, 0, 1, 0]);
  queue.end(item('b'));
  expect(queue.underWayOf('b')).toBe(0);
});

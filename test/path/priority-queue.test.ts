import fc from 'fast-check';
import { expect, it } from 'vitest';
import { PriorityQueue } from '../../src/path/priority-queue.ts';

it('gives its members in order, whatever the order in which they came and went', () => {
  fc.assert(
    fc.property(fc.array(fc.option(fc.integer(), { freq: 3 })), (script) => {
      const queue = new PriorityQueue<number>((a, b) => a - b);
      const model: number[] = [];
      for (const entry of script) {
        if (entry === null) {
          model.sort((a, b) => a - b);
          expect(queue.pop()).toBe(model.shift());
        } else {
          queue.push(entry);
          model.push(entry);
        }
      }
    }),
  );
});

import { describe, expect, it } from 'vitest';
import { TargetSet } from '../../src/sweep/target-set.ts';

describe('TargetSet', () => {
  it('takes each once, and only what is there', () => {
    const set = new TargetSet();
    expect([set.add('a:443'), set.add('b:443'), set.add('a:443')]).toEqual([true, true, false]);
    expect(set.size).toBe(2);
    expect([set.take('a:443'), set.take('a:443'), set.take('c:443')]).toEqual([true, false, false]);
    expect(set.size).toBe(1);
    expect(set.add('a:443'), 'one that was taken does not come back').toBe(false);
    expect(set.size).toBe(1);
  });

  it('keeps what it has while it grows', () => {
    const set = new TargetSet();
    const targets = Array.from({ length: 50_000 }, (_, index) => `host-${index}.example:443`);
    for (const [index, target] of targets.entries()) {
      set.add(target);
      if (index % 3 === 0) set.take(target);
    }
    expect(set.size).toBe(targets.length - Math.ceil(targets.length / 3));
    expect(targets.filter((target) => set.add(target))).toEqual([]);
    expect(targets.filter((target) => set.take(target)).length).toBe(targets.length - Math.ceil(targets.length / 3));
    expect(set.size).toBe(0);
  });
});

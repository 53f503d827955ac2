import { describe, expect, it } from 'vitest';
import { TargetSet } from '../../src/sweep/target-set.ts';

const numbered = (count: number) => Array.from({ length: count }, (_, index) => `host-${index}.example:443`);

describe('TargetSet', () => {
  it('says of each once that it is new', () => {
    const set = new TargetSet();
    expect(['a:443', 'b:443', 'a:443'].map((target) => set.add(target))).toEqual([true, true, false]);
    expect(set.size).toBe(2);
  });

  it('keeps what it has while it grows', () => {
    const set = new TargetSet();
    const targets = numbered(50_000);
    for (const target of targets) set.add(target);
    expect(set.size).toBe(targets.length);
    expect(targets.filter((target) => set.add(target))).toEqual([]);
    expect(set.size).toBe(targets.length);
  });

  it('forgets all at once', () => {
    const set = new TargetSet();
    for (const target of numbered(10_000)) set.add(target);
    set.clear();
    expect(set.size).toBe(0);
    expect(numbered(10_000).filter((target) => !set.add(target))).toEqual([]);
  });
});

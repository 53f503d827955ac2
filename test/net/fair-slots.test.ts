import { describe, expect, it } from 'vitest';
import { Claimants } from '../../src/net/claimants.ts';
import { createFairSlots } from '../../src/net/fair-slots.ts';

const never = new AbortController().signal;

/** Slots whose every grant is written down. */
function observed(options: { count: number; perCaller: number; perRange: number }) {
  const slots = createFairSlots(options);
  const granted: string[] = [];
  const releases = new Map<string, () => void>();
  const take = (name: string, { range = 'r', signal = never, claimants = new Claimants(name[0] ?? '') } = {}) => {
    const turn = slots.take({ claimants, range, signal }).then((release) => {
      granted.push(release === null ? `${name} gave up` : name);
      if (release !== null) releases.set(name, release);
    });
    return { claimants, turn };
  };
  const settle = () => new Promise((resolve) => setImmediate(resolve));
  return { take, granted, settle, release: (name: string) => releases.get(name)?.() };
}

describe('places that are shared', () => {
  it('are as many as there are', async () => {
    const { take, granted, settle, release } = observed({ count: 2, perCaller: 2, perRange: 2 });
    for (const name of ['a1', 'b1', 'c1']) take(name);
    await settle();
    expect(granted).toEqual(['a1', 'b1']);
    release('a1');
    release('a1');
    take('d1');
    await settle();
    expect(granted).toEqual(['a1', 'b1', 'c1']);
  });

  it('are for one caller as many as its share, and others go ahead', async () => {
    const { take, granted, settle } = observed({ count: 4, perCaller: 2, perRange: 4 });
    for (const name of ['a1', 'a2', 'a3', 'b1']) take(name);
    await settle();
    expect(granted).toEqual(['a1', 'a2', 'b1']);
  });

  it('are for one range as many as its share, and others go ahead', async () => {
    const { take, granted, settle } = observed({ count: 4, perCaller: 4, perRange: 2 });
    for (const name of ['a1', 'b1', 'c1']) take(name);
    take('c2', { range: 'elsewhere' });
    await settle();
    expect(granted).toEqual(['a1', 'b1', 'c2']);
  });

  it('go to who holds the fewest, then to who came first', async () => {
    const { take, granted, settle, release } = observed({ count: 2, perCaller: 2, perRange: 2 });
    for (const name of ['a1', 'a2', 'a3', 'b1', 'b2', 'c1']) take(name);
    await settle();
    release('a1');
    await settle();
    release('a2');
    await settle();
    release('b1');
    await settle();
    expect(granted).toEqual(['a1', 'a2', 'b1', 'a3', 'b2']);
  });

  it('are not taken by who gave up', async () => {
    const { take, granted, settle, release } = observed({ count: 1, perCaller: 1, perRange: 1 });
    const impatient = new AbortController();
    take('a1');
    take('b1', { signal: impatient.signal });
    take('c1');
    take('d1', { signal: AbortSignal.abort() });
    impatient.abort();
    await settle();
    release('a1');
    await settle();
    expect(granted).toEqual(['a1', 'd1 gave up', 'b1 gave up', 'c1']);
  });

  it('count for whoever of those who wait together has room, from the moment that they join', async () => {
    const { take, granted, settle, release } = observed({ count: 3, perCaller: 1, perRange: 3 });
    take('a1');
    const { claimants } = take('a2');
    await settle();
    expect(granted).toEqual(['a1']);
    claimants.join('b');
    await settle();
    expect(granted).toEqual(['a1', 'a2']);
    // It counts for b now, so b has no more.
    take('b1');
    await settle();
    expect(granted).toEqual(['a1', 'a2']);
    release('a2');
    await settle();
    expect(granted).toEqual(['a1', 'a2', 'b1']);
  });

  it.each([
    { name: 'all places are taken', held: ['a r', 'b s', 'c t'], range: 'x', shortage: { of: 'count', most: 3 } },
    { name: 'its range is busy', held: ['a r', 'b r'], range: 'r', shortage: { of: 'perRange', most: 2 } },
    { name: 'it is for its own share', held: ['w r'], range: 'x', shortage: { of: 'perCaller', most: 1 } },
  ])('say what a claim waits for: $name', async ({ held, range, shortage }) => {
    const slots = createFairSlots({ count: 3, perCaller: 1, perRange: 2 });
    for (const each of held) {
      const [caller = '', of = ''] = each.split(' ');
      await slots.take({ claimants: new Claimants(caller), range: of, signal: never });
    }
    void slots.take({ claimants: new Claimants('w'), range, signal: never });
    expect(slots.shortageOf({ range })).toEqual(shortage);
  });
});

import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { SharedResults } from '../../../src/http/check/shared-results.ts';

const asked = { signal: new AbortController().signal, maxAgeMs: 0 };

function counting() {
  const started: { signal: AbortSignal; finish: (value: object) => void; fail: (error: Error) => void }[] = [];
  const work = (signal: AbortSignal) => {
    const { promise, resolve, reject } = Promise.withResolvers<object>();
    started.push({ signal, finish: resolve, fail: reject });
    return promise;
  };
  return { started, work };
}

describe('SharedResults', () => {
  it('lets equal questions wait for one answer, and others not', async () => {
    const results = new SharedResults<object>();
    const { started, work } = counting();
    const one = results.get('a', work, asked);
    const two = results.get('a', work, asked);
    void results.get('b', work, asked);
    expect(started).toHaveLength(2);
    const value = {};
    started[0]?.finish(value);
    expect((await one).value).toBe(value);
    expect(await two).toEqual({ value, ageMs: 0 });
  });

  it('asks anew once the answer is there, unless its age is allowed', async () => {
    let now = 1000;
    const results = new SharedResults<object>(() => now);
    const { started, work } = counting();
    const first = results.get('a', work, asked);
    started[0]?.finish({ n: 1 });
    await first;
    now += 4999;
    expect(await results.get('a', work, { ...asked, maxAgeMs: 5000 })).toEqual({ value: { n: 1 }, ageMs: 4999 });
    now += 1;
    const second = results.get('a', work, { ...asked, maxAgeMs: 5000 });
    started[1]?.finish({ n: 2 });
    expect((await second).value).toEqual({ n: 2 });
    void results.get('a', work, asked);
    expect(started).toHaveLength(3);
  });

  it('goes on while one still waits, and stops when the last has gone', async () => {
    const results = new SharedResults<object>();
    const { started, work } = counting();
    const callers = [new AbortController(), new AbortController()];
    const waiting = callers.map(({ signal }) => results.get('a', work, { signal, maxAgeMs: 0 }));
    callers[0]?.abort(new Error('first gone'));
    await expect(waiting[0]).rejects.toThrow('first gone');
    expect(started[0]?.signal.aborted).toBe(false);
    callers[1]?.abort(new Error('second gone'));
    await expect(waiting[1]).rejects.toThrow('second gone');
    expect(started[0]?.signal.aborted).toBe(true);
    void results.get('a', work, asked);
    expect(started).toHaveLength(2);
    started[0]?.fail(new Error('nobody waits for this one'));
    await delay(1);
  });

  it('does not begin to wait for who has gone already', async () => {
    const results = new SharedResults<object>();
    const { work } = counting();
    await expect(results.get('a', work, { signal: AbortSignal.abort(new Error('gone')), maxAgeMs: 0 })).rejects.toThrow(
      'gone',
    );
  });

  it('leaves a failure to who began, lets the others ask for themselves, and keeps none', async () => {
    const results = new SharedResults<object>();
    const { started, work } = counting();
    const first = results.get('a', work, asked);
    const joined = results.get('a', work, asked);
    started[0]?.fail(new Error('refused'));
    await expect(first).rejects.toThrow('refused');
    expect(started).toHaveLength(2);
    started[1]?.finish({ n: 2 });
    expect((await joined).value).toEqual({ n: 2 });
    void results.get('a', work, { ...asked, maxAgeMs: 1000 });
    expect(started).toHaveLength(3);
  });
});

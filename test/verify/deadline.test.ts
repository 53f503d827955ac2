import { getEventListeners } from 'node:events';
import { describe, expect, it } from 'vitest';
import { startDeadline } from '../../src/verify/deadline.ts';

describe('startDeadline', () => {
  it('aborts with a TimeoutError when the time is over', async () => {
    const deadline = startDeadline(5, new AbortController().signal);
    await new Promise((resolve) => deadline.signal.addEventListener('abort', resolve, { once: true }));
    expect(deadline.signal.reason).toMatchObject({ name: 'TimeoutError' });
    expect(deadline.shareMs(0.5)).toBe(1);
    deadline.end();
  });

  it("aborts with the caller's reason when the caller goes away", () => {
    const caller = new AbortController();
    const deadline = startDeadline(60_000, caller.signal);
    caller.abort('gone');
    expect(deadline.signal.reason).toBe('gone');
    deadline.end();
  });

  it('is aborted from the start when the caller is gone already', () => {
    const deadline = startDeadline(60_000, AbortSignal.abort('gone'));
    expect(deadline.signal.aborted).toBe(true);
    deadline.end();
  });

  it('leaves nothing behind on the caller once ended', () => {
    const caller = new AbortController();
    const deadline = startDeadline(60_000, caller.signal);
    expect(getEventListeners(caller.signal, 'abort')).toHaveLength(1);
    deadline.end();
    expect(getEventListeners(caller.signal, 'abort')).toHaveLength(0);
  });

  it('shares out whole milliseconds', () => {
    const deadline = startDeadline(10_000, new AbortController().signal);
    const share = deadline.shareMs(0.35);
    expect(Number.isInteger(share)).toBe(true);
    expect(share).toBeLessThanOrEqual(3500);
    deadline.end();
  });
});

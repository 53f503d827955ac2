import { describe, expect, it } from 'vitest';
import { Problem } from '../../src/domain/problem.ts';
import { type AdmissionOptions, createAdmission } from '../../src/limits/admission.ts';
import { createTurns } from '../../src/loop/turns.ts';

/** Longer than any test: a wait with this patience ends only by a place. */
const PATIENT_MS = 60_000;

/** An admission whose claims are noted as they are let in. */
function door(options: Partial<AdmissionOptions> = {}) {
  const admission = createAdmission({
    maxInFlight: 8,
    maxQueue: 8,
    queueTimeoutMs: PATIENT_MS,
    targetAtOnce: null,
    ...options,
  });
  const admitted: string[] = [];
  const enter = (
    caller: string,
    target: string | null = null,
    { patienceMs = PATIENT_MS, signal = new AbortController().signal, requestId = caller } = {},
  ) =>
    admission.enter({ caller, requestId, target, patienceMs, signal }).then((leave) => {
      admitted.push(`${caller} ${target ?? '-'}`);
      return leave;
    });
  return { admission, admitted, enter };
}

/** An admission whose turns and clock the test moves. */
function byHand(options: Partial<AdmissionOptions> = {}) {
  const due: (() => void)[] = [];
  const turns = createTurns({ later: (callback) => due.push(callback), clock: () => 0 });
  let now = 0;
  const waits: number[] = [];
  const opened = door({ ...options, turns, clock: () => now, onBegin: (ms) => waits.push(ms) });
  const turn = async (ms = 0): Promise<void> => {
    now += ms;
    for (const callback of due.splice(0)) callback();
    await settled();
  };
  const pass = (ms: number): void => {
    now += ms;
  };
  return { ...opened, turns, turn, pass, waits };
}

/** Lets everything that can go on without a timer go on. */
const settled = () => new Promise((resolve) => setImmediate(resolve));

/** The code and the words of the setting that a refusal names. */
async function refusal(entering: Promise<unknown>) {
  const error = await entering.then(
    () => null,
    (reason: unknown) => reason,
  );
  if (!(error instanceof Problem)) throw new Error(`not refused: ${error}`);
  return { code: error.code, status: error.status, retryAfter: error.headers['Retry-After'], detail: error.message };
}

describe('places', () => {
  it('gives out MAX_IN_FLIGHT and not one more', async () => {
    const { admission, enter, admitted } = door({ maxInFlight: 2, maxQueue: 1 });
    const leave = await enter('a');
    await enter('b');
    const waiting = enter('c');
    await settled();
    expect(admission.load()).toEqual({ inFlight: 2, queued: 1 });
    expect(await refusal(enter('d'))).toMatchObject({
      code: 'overloaded',
      status: 503,
      detail: expect.stringMatching(/MAX_IN_FLIGHT.*MAX_QUEUE/),
    });
    leave();
    (await waiting)();
    expect(admitted).toEqual(['a -', 'b -', 'c -']);
    expect(admission.load()).toEqual({ inFlight: 1, queued: 0 });
  });

  it('is not given back twice', async () => {
    const { admission, enter } = door({ maxInFlight: 2 });
    const leave = await enter('a');
    await enter('b');
    leave();
    leave();
    expect(admission.load().inFlight).toBe(1);
  });

  it('refuses at once where nobody may wait', async () => {
    const { enter } = door({ maxInFlight: 1, maxQueue: 0 });
    await enter('a');
    expect((await refusal(enter('b'))).code).toBe('overloaded');
  });
});

describe('waiting', () => {
  it('ends after QUEUE_TIMEOUT_MS, and says when to come again', async () => {
    const { admission, enter } = door({ maxInFlight: 1, queueTimeoutMs: 10 });
    await enter('a');
    expect(await refusal(enter('b'))).toMatchObject({
      code: 'overloaded',
      retryAfter: '1',
      detail: expect.stringContaining('QUEUE_TIMEOUT_MS'),
    });
    expect(admission.load().queued).toBe(0);
  });

  it('is no longer than the request itself may take', async () => {
    const { enter } = door({ maxInFlight: 1 });
    await enter('a');
    const { code, detail } = await refusal(enter('b', null, { patienceMs: 5 }));
    expect([code, detail]).toEqual(['overloaded', expect.stringContaining('5 ms (half of timeout_ms)')]);
    expect(detail, 'which did not decide').not.toContain('QUEUE_TIMEOUT_MS');
  });

  it('ends with the caller, whose turn goes to the next', async () => {
    const { enter, admitted } = door({ maxInFlight: 1 });
    const leave = await enter('a');
    const caller = new AbortController();
    const gone = enter('b', null, { signal: caller.signal });
    const waiting = enter('c');
    caller.abort('gone');
    await expect(gone).rejects.toBe('gone');
    leave();
    await waiting;
    expect(admitted).toEqual(['a -', 'c -']);
  });

  it('does not begin for a caller that has gone already', async () => {
    await expect(door().enter('a', null, { signal: AbortSignal.abort('gone') })).rejects.toBe('gone');
  });
});

describe('shares', () => {
  it('leaves a quarter of the places to others, whatever one caller asks for', async () => {
    const { enter } = door({ maxInFlight: 8, maxQueue: 0 });
    for (let count = 0; count < 6; count++) await enter('greedy');
    expect(await refusal(enter('greedy'))).toMatchObject({
      code: 'overloaded',
      detail: expect.stringMatching(/ 6 .*3\/4 of MAX_IN_FLIGHT/),
    });
    await enter('other');
  });

  it('leaves a quarter of the queue to others', async () => {
    const { enter, admission } = door({ maxInFlight: 1, maxQueue: 8 });
    await enter('greedy');
    for (let count = 0; count < 6; count++) void enter('greedy');
    expect((await refusal(enter('greedy'))).code).toBe('overloaded');
    void enter('other');
    await settled();
    expect(admission.load().queued).toBe(7);
  });

  it('gives a silent target a quarter of the places, whoever asks', async () => {
    const { enter } = door({ maxInFlight: 8, maxQueue: 0 });
    await enter('a', 'tarpit:443');
    await enter('b', 'tarpit:443');
    expect(await refusal(enter('c', 'tarpit:443'))).toMatchObject({
      code: 'target_limited',
      status: 429,
      detail: expect.stringMatching(/TARGET_LIMIT.*1\/4 of MAX_IN_FLIGHT/),
    });
    await enter('c', 'good:443');
  });

  it.each([
    { name: 'obeys a smaller TARGET_LIMIT', targetAtOnce: 1, held: 1 },
    { name: 'obeys the share where TARGET_LIMIT is larger', targetAtOnce: 100, held: 2 },
  ])('$name', async ({ targetAtOnce, held }) => {
    const { enter } = door({ targetAtOnce, maxQueue: 0 });
    for (let count = 0; count < held; count++) await enter('a', 't:1');
    expect((await refusal(enter('a', 't:1'))).code).toBe('target_limited');
  });

  it('lets others pass those that wait for a busy target', async () => {
    const { enter, admitted } = door({ maxInFlight: 4, targetAtOnce: 1 });
    const leave = await enter('a', 'busy:1');
    const waiting = enter('a', 'busy:1');
    await enter('a', 'free:1');
    await settled();
    expect(admitted).toEqual(['a busy:1', 'a free:1']);
    leave();
    await waiting;
    expect(admitted.at(-1)).toBe('a busy:1');
  });

  it('gives a free place to the caller that holds the fewest', async () => {
    const { enter, admitted } = door({ maxInFlight: 4 });
    const leave = await enter('busy');
    for (let count = 0; count < 2; count++) await enter('busy');
    await enter('quiet');
    const later = [enter('busy'), enter('busy'), enter('new')];
    await settled();
    leave();
    await later[2];
    expect(admitted.at(-1)).toBe('new -');
  });

  it('lets two go on when one place was what both waited for', async () => {
    const { enter, admission } = door({ maxInFlight: 8 });
    const leaves = [await enter('a', 't:1'), await enter('a', 't:1')];
    for (let count = 0; count < 4; count++) await enter('a');
    const waiting = [enter('a'), enter('b', 't:1')];
    await settled();
    expect(admission.load()).toEqual({ inFlight: 6, queued: 2 });
    leaves[0]?.();
    await Promise.all(waiting);
    expect(admission.load()).toEqual({ inFlight: 7, queued: 0 });
  });
});

describe('those that wait for a silent target', () => {
  it("are in nobody else's way, however many they are", async () => {
    const { enter, admission } = door({ maxInFlight: 8, maxQueue: 8, queueTimeoutMs: PATIENT_MS });
    for (let count = 0; count < 4; count++) void enter('a', 'tarpit:443');
    for (let turn = 0; turn < 4; turn++) await settled();
    expect(admission.load()).toEqual({ inFlight: 2, queued: 2 });
    for (const target of ['b:1', 'c:1', 'd:1', 'e:1']) await enter('a', target);
    expect(admission.load()).toEqual({ inFlight: 6, queued: 2 });
  });

  it('are a quarter of the queue at most', async () => {
    const { enter } = door({ maxInFlight: 8, maxQueue: 8 });
    for (let count = 0; count < 4; count++) void enter('a', 'tarpit:443');
    expect(await refusal(enter('b', 'tarpit:443'))).toMatchObject({
      code: 'target_limited',
      detail: expect.stringMatching(/2 more of this target.*1\/4 of MAX_QUEUE/),
    });
  });
});

describe('a target that many ask about', () => {
  it('is not what they wait for while it answers at once: the processor is', async () => {
    const { enter, admission, turn } = byHand({ maxInFlight: 64, maxQueue: 64, queueTimeoutMs: 2000 });
    // Sixteen places of one target, and it never has more than one under way.
    for (let count = 0; count < 30; count++) void enter('a', 'popular:443').then((leave) => leave());
    for (let count = 0; count < 17; count++) await turn(100);
    expect(admission.load()).toEqual({ inFlight: 0, queued: 13 });
    expect(admission.refusalOf('a')?.code).toBe('overloaded');
    expect(await refusal(enter('a', 'popular:443'))).toMatchObject({ code: 'overloaded', status: 503 });
  });

  it('is what they wait for once it had all its places, until fewer than half are taken', async () => {
    const { enter, admission, turn } = byHand({ maxInFlight: 128, maxQueue: 128, queueTimeoutMs: 2000 });
    const leaves: (() => void)[] = [];
    for (let count = 0; count < 60; count++) void enter('a', 'slow:443').then((leave) => leaves.push(leave));
    for (let count = 0; count < 33; count++) await turn(100);
    expect(admission.load()).toEqual({ inFlight: 32, queued: 28 });
    expect(admission.refusalOf('a')).toBeNull();
    // No turn comes in which others could begin.
    for (const leave of leaves.slice(0, 16)) leave();
    expect(admission.refusalOf('a')).toBeNull();
    leaves[16]?.();
    expect(admission.refusalOf('a')?.code).toBe('overloaded');
  });
});

describe('the processor', () => {
  it('lets one begin a turn, and none while what is under way has steps to do', async () => {
    const { enter, admitted, turns, turn, waits } = byHand();
    for (const caller of ['a', 'b', 'c']) void enter(caller);
    await turn();
    expect(admitted).toEqual(['a -']);
    turns.run(() => {});
    turns.run(() => {});
    await turn(5);
    await turn(5);
    expect(admitted).toEqual(['a -']);
    await turn(5);
    await turn(5);
    expect(admitted).toEqual(['a -', 'b -', 'c -']);
    expect(waits).toEqual([0, 15, 20]);
  });

  it('does not count who waits for nothing else as queued', async () => {
    const { enter, admission, turn } = byHand({ maxInFlight: 4, maxQueue: 0 });
    const entering = ['a', 'b', 'c', 'd'].map((caller) => enter(caller));
    expect((await refusal(enter('e'))).detail).toContain('MAX_QUEUE');
    for (let left = 4; left > 0; left--) await turn();
    await Promise.all(entering);
    expect(admission.load()).toEqual({ inFlight: 4, queued: 0 });
  });

  it('refuses at once what would have to wait for more than half of QUEUE_TIMEOUT_MS', async () => {
    const { enter, turn, admission } = byHand({ maxInFlight: 1000, maxQueue: 0, queueTimeoutMs: 2000 });
    for (let count = 0; count < 118; count++) void enter('busy').catch(() => {});
    // Seventeen begin, 10 ms apart: 101 wait, and would take more than a second.
    for (let count = 0; count < 17; count++) await turn(10);
    expect(admission.load().queued).toBe(101);
    const refused = await refusal(enter('busy'));
    expect(refused).toMatchObject({ code: 'overloaded', detail: expect.stringContaining('QUEUE_TIMEOUT_MS') });
    expect(admission.refusalOf('busy')?.code).toBe('overloaded');
    // Another caller's turn comes after one of theirs.
    expect(admission.refusalOf('quiet')).toBeNull();
    await turn(10);
    expect(admission.refusalOf('busy')).toBeNull();
    const hasty = await refusal(enter('busy', null, { patienceMs: 1500 }));
    expect(hasty.detail).toContain('too much of 1500 (half of timeout_ms)');
  });

  it('takes the next request of a caller to be as patient as its last, and that of another to be patient', async () => {
    const { enter, turn, admission } = byHand({ maxInFlight: 1000, maxQueue: 0, queueTimeoutMs: 2000 });
    for (let count = 0; count < 77; count++) void enter('hasty', null, { patienceMs: 1000 }).catch(() => {});
    // Seventeen begin, 10 ms apart: 60 wait and would take 600 ms.
    for (let count = 0; count < 17; count++) await turn(10);
    expect((await refusal(enter('hasty', null, { patienceMs: 1000 }))).code).toBe('overloaded');
    expect(admission.refusalOf('hasty')?.message).toContain('of its last request');
    expect(admission.refusalOf('other')).toBeNull();
    void enter('hasty').catch(() => {});
    expect(admission.refusalOf('hasty')).toBeNull();
  });

  it('forgets within a second how patient a caller was', async () => {
    const { enter, turn, pass, admission } = byHand({ maxInFlight: 1000, maxQueue: 0, queueTimeoutMs: 2000 });
    for (let count = 0; count < 77; count++) void enter('hasty', null, { patienceMs: 1000 }).catch(() => {});
    for (let count = 0; count < 17; count++) await turn(10);
    await refusal(enter('hasty', null, { patienceMs: 1000 }));
    pass(1000);
    expect(admission.refusalOf('hasty')).not.toBeNull();
    pass(1);
    expect(admission.refusalOf('hasty')).toBeNull();
  });

  it.each([
    { name: 'a caller before 1,023 others', others: 1023, isKnown: true },
    { name: 'a caller before 1,024 others no more', others: 1024, isKnown: false },
  ])('knows how patient $name was', async ({ others, isKnown }) => {
    const { enter, turn, admission } = byHand({ maxInFlight: 4000, maxQueue: 0, queueTimeoutMs: 20_000 });
    for (let count = 0; count < 1500; count++) void enter('busy').catch(() => {});
    for (let count = 0; count < 17; count++) await turn(10);
    void enter('hasty', null, { patienceMs: 10 }).catch(() => {});
    for (let count = 0; count < others; count++) void enter(`other-${count}`).catch(() => {});
    expect(admission.refusalOf('hasty')?.message.includes('of its last request') ?? false).toBe(isKnown);
  });

  it('refuses nobody for what it had to do before, when nothing waits', async () => {
    const { enter, turn, admission } = byHand({ maxInFlight: 1000, maxQueue: 0, queueTimeoutMs: 2000 });
    for (let count = 0; count < 20; count++) void enter('a');
    for (let count = 0; count < 20; count++) await turn(5000);
    expect(admission.load()).toEqual({ inFlight: 20, queued: 0 });
    expect(admission.refusalOf('a')).toBeNull();
  });
});

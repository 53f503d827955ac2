import { startTimer } from '../loop/timer.ts';

/**
 * One clock for a whole verification: its signal aborts with a `TimeoutError` at the deadline, and with the caller's
 * reason when the caller goes away.
 */
export interface Deadline {
  readonly signal: AbortSignal;
  /** Whole milliseconds of a share of what is left, at least 1: what timers take. */
  readonly shareMs: (share: number) => number;
  /** Frees the timer and the listener on the caller's signal; every deadline is ended. */
  readonly end: () => void;
}

/**
 * @param timeoutMs how long from now
 * @param caller aborted when the caller goes away
 */
export function startDeadline(timeoutMs: number, caller: AbortSignal): Deadline {
  const controller = new AbortController();
  const endsAt = performance.now() + timeoutMs;
  const stopTimer = startTimer(timeoutMs, () =>
    controller.abort(new DOMException('the time for the verification is over', 'TimeoutError')),
  );
  const onCallerGone = () => controller.abort(caller.reason);
  if (caller.aborted) onCallerGone();
  else caller.addEventListener('abort', onCallerGone, { once: true });
  return {
    signal: controller.signal,
    shareMs: (share) => Math.max(1, Math.floor((endsAt - performance.now()) * share)),
    end: () => {
      stopTimer();
      caller.removeEventListener('abort', onCallerGone);
    },
  };
}

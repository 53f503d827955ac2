import { Problem } from '../domain/problem.ts';

/** Of all places, and of the queue: what one caller may hold. Enough for a lone gateway, and never everything. */
const CALLER_SHARE = 3 / 4;
/** What one target may hold, whoever asks: a server that accepts and says nothing holds each place to the deadline. */
const TARGET_SHARE = 1 / 4;

export interface AdmissionOptions {
  /** Verifications under way at once. */
  readonly maxInFlight: number;
  /** Verifications that wait for a place. */
  readonly maxQueue: number;
  /** How long one waits at most. */
  readonly queueTimeoutMs: number;
  /** Verifications of one target at once; null = only its share. */
  readonly targetAtOnce: number | null;
}

/** Who wants a place, and for what. */
export interface Claim {
  readonly caller: string;
  /** `host:port` that will be dialled; null when nothing is. */
  readonly target: string | null;
  /** The caller's own bound on waiting. */
  readonly patienceMs: number;
  /** Ends the wait. */
  readonly signal: AbortSignal;
}

export interface Admission {
  /**
   * Waits for a place and resolves with the function that gives it back (once). Throws `Problem` `overloaded` or
   * `target_limited`, at once when the queue has no room either, and the signal's reason.
   */
  enter(claim: Claim): Promise<() => void>;
  load(): { readonly inFlight: number; readonly queued: number };
}

interface Waiter {
  readonly claim: Claim;
  readonly admit: () => void;
}

interface CallerState {
  inFlight: number;
  /** In order of coming. */
  readonly waiting: Waiter[];
}

/**
 * The door to the verifications: a bounded number at once, a bounded queue, and a bounded share of both for each
 * caller and target. A free place goes to the caller that holds the fewest, then to the oldest of its claims whose
 * target has room; so whoever waits is waiting for a limit of its own or for everybody.
 */
export function createAdmission(options: AdmissionOptions): Admission {
  const { maxInFlight, maxQueue } = options;
  const most = {
    byCaller: shareOf(maxInFlight, CALLER_SHARE),
    waitingByCaller: Math.ceil(maxQueue * CALLER_SHARE),
    byTarget: Math.min(options.targetAtOnce ?? maxInFlight, shareOf(maxInFlight, TARGET_SHARE)),
  };
  const callers = new Map<string, CallerState>();
  const targets = new Map<string, number>();
  let inFlight = 0;
  let queued = 0;

  /** Of a caller that holds nothing yet, a new one, which is kept only by `keep`. */
  const stateOf = (caller: string): CallerState => callers.get(caller) ?? { inFlight: 0, waiting: [] };
  const keep = (caller: string): CallerState => {
    const state = stateOf(caller);
    callers.set(caller, state);
    return state;
  };
  const forget = (caller: string): void => {
    const state = callers.get(caller);
    if (state?.inFlight === 0 && state.waiting.length === 0) callers.delete(caller);
  };
  const targetHasRoom = (target: string | null): boolean =>
    target === null || (targets.get(target) ?? 0) < most.byTarget;
  const hasRoom = ({ caller, target }: Claim): boolean =>
    inFlight < maxInFlight && stateOf(caller).inFlight < most.byCaller && targetHasRoom(target);

  const count = ({ caller, target }: Claim, change: 1 | -1): void => {
    inFlight += change;
    keep(caller).inFlight += change;
    if (target === null) return;
    const held = (targets.get(target) ?? 0) + change;
    if (held === 0) targets.delete(target);
    else targets.set(target, held);
  };
  const take = (claim: Claim): (() => void) => {
    count(claim, 1);
    let isHeld = true;
    return () => {
      if (!isHeld) return;
      isHeld = false;
      count(claim, -1);
      forget(claim.caller);
      // One place may let two go on: one that waited for the caller's share, and one for the target's.
      for (let waiter = next(); waiter; waiter = next()) waiter.admit();
    };
  };

  /** Whose turn it is; undefined when nobody who waits may go on. */
  const next = (): Waiter | undefined => {
    if (inFlight >= maxInFlight) return undefined;
    let best: { readonly waiter: Waiter; readonly held: number } | undefined;
    for (const state of callers.values()) {
      if (state.inFlight >= (best?.held ?? most.byCaller)) continue;
      const waiter = state.waiting.find(({ claim }) => targetHasRoom(claim.target));
      if (waiter) best = { waiter, held: state.inFlight };
    }
    return best?.waiter;
  };

  const why = ({ caller, target }: Claim): Reason => {
    if (inFlight >= maxInFlight)
      return { code: 'overloaded', text: `All ${maxInFlight} places (MAX_IN_FLIGHT) are taken` };
    if (stateOf(caller).inFlight >= most.byCaller) {
      return {
        code: 'overloaded',
        text: `This caller has ${most.byCaller} verifications under way, all that one may have`,
      };
    }
    return {
      code: 'target_limited',
      text: `${target} has ${most.byTarget} verifications under way, all that one target may have (TARGET_LIMIT)`,
    };
  };
  const refusal = (claim: Claim, and: string): Problem => {
    const { code, text } = why(claim);
    return new Problem(code, `${text}, and ${and}.`, {
      headers: { 'Retry-After': String(Math.max(1, Math.ceil(options.queueTimeoutMs / 1000))) },
    });
  };

  const wait = (claim: Claim): Promise<() => void> =>
    new Promise((resolve, reject) => {
      const timeoutMs = Math.min(options.queueTimeoutMs, claim.patienceMs);
      const { waiting } = keep(claim.caller);
      const leave = (): void => {
        clearTimeout(timer);
        claim.signal.removeEventListener('abort', onAbort);
        waiting.splice(waiting.indexOf(waiter), 1);
        queued--;
      };
      const onAbort = (): void => {
        leave();
        forget(claim.caller);
        reject(claim.signal.reason);
      };
      const waiter: Waiter = {
        claim,
        admit() {
          leave();
          resolve(take(claim));
        },
      };
      const timer = setTimeout(() => {
        leave();
        reject(refusal(claim, `none came free within ${timeoutMs} ms (QUEUE_TIMEOUT_MS)`));
        forget(claim.caller);
      }, timeoutMs);
      claim.signal.addEventListener('abort', onAbort, { once: true });
      waiting.push(waiter);
      queued++;
    });

  return {
    async enter(claim) {
      claim.signal.throwIfAborted();
      // Nobody is overtaken: whoever waits could not have this place.
      if (hasRoom(claim)) return take(claim);
      if (queued >= maxQueue) throw refusal(claim, `${maxQueue} others wait already (MAX_QUEUE)`);
      if (stateOf(claim.caller).waiting.length >= most.waitingByCaller) {
        throw refusal(claim, `${most.waitingByCaller} more of this caller wait already, all that one may have`);
      }
      return wait(claim);
    },
    load: () => ({ inFlight, queued }),
  };
}

interface Reason {
  readonly code: 'overloaded' | 'target_limited';
  readonly text: string;
}

function shareOf(whole: number, share: number): number {
  return Math.max(1, Math.floor(whole * share));
}

import { LRUCache } from 'lru-cache';
import { Problem } from '../domain/problem.ts';
import { type Turns, turns as turnsOfProcess } from '../loop/turns.ts';
import { createCounts } from './counts.ts';
import { createFairQueue } from './fair-queue.ts';
import { createPace } from './pace.ts';
import { createTargetShares } from './target-shares.ts';

/** Of all places, and of the queue: what one caller may hold. Enough for a lone gateway, and never everything. */
const CALLER_SHARE = 3 / 4;
/** What one target may hold of both, whoever asks: a server that accepts and says nothing holds each place to the deadline. */
const TARGET_SHARE = 1 / 4;
/**
 * Of the time that one may wait: what the wait may be expected to take. The rest is for what nobody foresees, so that
 * what was let into the queue is seldom refused after having waited.
 */
const FORESEEN_SHARE = 1 / 2;
/** Callers whose patience is remembered; of others it is taken to be the longest. */
const MAX_CALLERS_KNOWN = 1024;
/** For how long, or who was hasty once would never be read again while others wait. */
const PATIENCE_KNOWN_MS = 1000;

export interface AdmissionOptions {
  /** Verifications under way at once. */
  readonly maxInFlight: number;
  /** Verifications that wait for a place. */
  readonly maxQueue: number;
  /** How long one waits at most. */
  readonly queueTimeoutMs: number;
  /** Verifications of one target at once; null = only its share. */
  readonly targetAtOnce: number | null;
  /** Of the event loop that the verifications share; those of the process unless a test has its own. */
  readonly turns?: Turns;
  /** Monotonic, milliseconds. */
  readonly clock?: () => number;
  /** Told how long each verification that began has waited. */
  readonly onBegin?: (waitedMs: number) => void;
}

/** Who wants a place, and for what. */
export interface Claim {
  readonly caller: string;
  /** The verifications of one batch have one together. */
  readonly requestId: string;
  /** `host:port` that will be dialled; null when nothing is. */
  readonly target: string | null;
  /** The caller's own bound on waiting: half of its `timeout_ms`. */
  readonly patienceMs: number;
  /** Ends the wait. */
  readonly signal: AbortSignal;
}

export interface Admission {
  /**
   * Waits for a place and for the processor; resolves with the function that gives the place back (once). Throws
   * `Problem` `overloaded` or `target_limited`, at once when waiting would not help, and the signal's reason.
   */
  enter(claim: Claim): Promise<() => void>;
  /** Why nothing of this caller would be let in now, whatever its target; null when it may try. */
  refusalOf(caller: string): Problem | null;
  load(): { readonly inFlight: number; readonly queued: number };
}

interface Waiter extends Claim {
  readonly admit: () => void;
}

/**
 * The door to the verifications: a bounded number at once, a bounded queue, and a bounded share of both for each
 * caller and target. One begins in a turn of the event loop in which nothing that is under way waits for the processor,
 * so that how many are under way follows from what they do: many while they wait for their targets, few while they
 * compute. `FairQueue` says whose turn it is; whoever waits is waiting for a limit of its own or for everybody.
 */
export function createAdmission(options: AdmissionOptions): Admission {
  const { maxInFlight, maxQueue, queueTimeoutMs, turns = turnsOfProcess, clock = () => performance.now() } = options;
  const most = {
    byCaller: shareOf(maxInFlight, CALLER_SHARE),
    lackingByCaller: Math.ceil(maxQueue * CALLER_SHARE),
    byTarget: Math.min(options.targetAtOnce ?? maxInFlight, shareOf(maxInFlight, TARGET_SHARE)),
    waitingByTarget: Math.ceil(maxQueue * TARGET_SHARE),
  };
  const queue = createFairQueue<Waiter>();
  const pace = createPace(clock);
  const targets = createTargetShares(most.byTarget);
  /** Waiting for a place, whichever limit it is that they wait for. */
  const lacking = createCounts();
  /** Of the last claim of a caller: its next one is taken to be the same, and not read when it would be refused then. */
  const patienceOf = new LRUCache<string, number>({
    max: MAX_CALLERS_KNOWN,
    ttl: PATIENCE_KNOWN_MS,
    ttlResolution: 0,
    perf: { now: clock },
  });
  let inFlight = 0;

  const isReady = ({ caller, target }: Waiter): boolean =>
    queue.underWayOf(caller) < most.byCaller && (target === null || targets.underWayOf(target) < most.byTarget);
  /** Those that wait for anything else than their target. */
  const waiting = (): number => queue.waiting - targets.blocked;
  const waitingOf = (caller: string): number => queue.waitingOf(caller) - targets.blockedOf(caller);

  /** What a new claim would lack once all that came before it have begun. */
  const lackOf = (caller: string, target: string | null): Lack | null => {
    if (inFlight + waiting() >= maxInFlight) {
      return { code: 'overloaded', text: `All ${maxInFlight} places (MAX_IN_FLIGHT) are taken` };
    }
    if (queue.underWayOf(caller) + waitingOf(caller) >= most.byCaller) {
      const text = `This caller has ${most.byCaller} verifications under way, all that one may have (3/4 of MAX_IN_FLIGHT)`;
      return { code: 'overloaded', text };
    }
    if (target !== null && targets.underWayOf(target) + targets.waitingOf(target) >= most.byTarget) {
      const text = `${target} has ${most.byTarget} verifications under way or before this one, all that one target may have (TARGET_LIMIT, and no more than 1/4 of MAX_IN_FLIGHT)`;
      return { code: 'target_limited', text };
    }
    return null;
  };

  /** As far as one can tell: what is before a new claim of this caller, whose turns alternate with those of others. */
  const expectedWaitMs = (caller: string): number => {
    const callers = queue.callersWaiting + (queue.waitingOf(caller) === 0 ? 1 : 0);
    return pace.expect(Math.min(waiting(), (waitingOf(caller) + 1) * callers));
  };
  /** How long a claim may wait, and what says so. */
  const longestWait = ({ patienceMs, isUnread }: Hope) =>
    patienceMs < queueTimeoutMs
      ? { timeoutMs: patienceMs, bound: `half of timeout_ms${isUnread ? ' of its last request' : ''}` }
      : { timeoutMs: queueTimeoutMs, bound: 'QUEUE_TIMEOUT_MS' };
  /** Why a new claim with this lack need not wait. */
  const refusalOf = (hope: Hope, lack: Lack | null): Problem | null => {
    const { caller, target } = hope;
    const waitsForTarget = target !== null && lack?.code === 'target_limited' && targets.isBusy(target);
    const waitMs = waitsForTarget ? 0 : expectedWaitMs(caller);
    const { timeoutMs, bound } = longestWait(hope);
    if (waitMs > timeoutMs * FORESEEN_SHARE) {
      const wait = `those before would take ${Math.round(waitMs)} ms, too much of ${timeoutMs} (${bound})`;
      return refuse(lack?.code === 'overloaded' ? lack : PROCESSOR, wait, waitMs);
    }
    if (lack === null) return null;
    if (lacking.of(ALL) >= maxQueue) return refuse(lack, `${maxQueue} others wait already (MAX_QUEUE)`, queueTimeoutMs);
    if (lacking.of(caller) >= most.lackingByCaller) {
      const wait = `${most.lackingByCaller} more of this caller wait already, all that one may have (3/4 of MAX_QUEUE)`;
      return refuse(lack, wait, queueTimeoutMs);
    }
    if (target !== null && targets.waitingOf(target) >= most.byTarget + most.waitingByTarget) {
      const wait = `${most.waitingByTarget} more of this target wait already, all that one may have (1/4 of MAX_QUEUE)`;
      return refuse(lack, wait, queueTimeoutMs);
    }
    return null;
  };

  const begin = (claim: Claim): (() => void) => {
    const { caller, requestId, target } = claim;
    const party = { caller, requestId };
    inFlight++;
    queue.begin(party);
    if (target !== null) targets.begin(target);
    let isHeld = true;
    return () => {
      if (!isHeld) return;
      isHeld = false;
      inFlight--;
      queue.end(party);
      if (target !== null) targets.end(target);
      beginNext();
    };
  };
  /** Lets the next one begin; whether there may be another. */
  const beginOne = (): boolean => {
    const waiter = inFlight < maxInFlight ? queue.next(isReady) : undefined;
    waiter?.admit();
    return waiter !== undefined && queue.waiting > 0;
  };
  const beginNext = (): void => {
    if (queue.waiting > 0) turns.startFrom(beginOne);
  };

  const wait = (claim: Claim, lack: Lack | null): Promise<() => void> =>
    new Promise((resolve, reject) => {
      const { caller, target, signal } = claim;
      const since = clock();
      const change = (by: 1 | -1): void => {
        if (target !== null) targets[by > 0 ? 'add' : 'remove'](caller, target);
        if (lack === null) return;
        lacking.add(ALL, by);
        lacking.add(caller, by);
      };
      const leave = (): void => {
        clearTimeout(timer);
        signal.removeEventListener('abort', onAbort);
        queue.remove(waiter);
        change(-1);
      };
      const onAbort = (): void => {
        leave();
        reject(signal.reason);
      };
      const waiter: Waiter = {
        ...claim,
        admit() {
          // Begun before it leaves: a caller with nothing left would be forgotten, and its turn with it.
          const giveBack = begin(claim);
          leave();
          const waitedMs = clock() - since;
          pace.begun(waiting());
          options.onBegin?.(waitedMs);
          resolve(giveBack);
        },
      };
      const { timeoutMs, bound } = longestWait(claim);
      const timer = setTimeout(() => {
        leave();
        reject(
          refuse(
            lackOf(caller, target) ?? PROCESSOR,
            `its turn did not come within ${timeoutMs} ms (${bound})`,
            queueTimeoutMs,
          ),
        );
      }, timeoutMs);
      signal.addEventListener('abort', onAbort, { once: true });
      queue.add(waiter);
      change(1);
      turns.startFrom(beginOne);
    });

  return {
    async enter(claim) {
      claim.signal.throwIfAborted();
      patienceOf.set(claim.caller, claim.patienceMs);
      const lack = lackOf(claim.caller, claim.target);
      const refusal = refusalOf(claim, lack);
      if (refusal !== null) throw refusal;
      return wait(claim, lack);
    },
    refusalOf(caller) {
      const patienceMs = patienceOf.get(caller) ?? queueTimeoutMs;
      return refusalOf({ caller, target: null, patienceMs, isUnread: true }, lackOf(caller, null));
    },
    load: () => ({ inFlight, queued: queue.waiting }),
  };
}

/** The key of a sum over all callers; no caller's id is without a colon. */
const ALL = '*';

/** What decides about a claim; of a request that was not read yet, what is taken for it. */
type Hope = Pick<Claim, 'caller' | 'target' | 'patienceMs'> & { readonly isUnread?: boolean };

/** What a claim waits for. */
interface Lack {
  readonly code: 'overloaded' | 'target_limited';
  readonly text: string;
}

const PROCESSOR: Lack = { code: 'overloaded', text: 'Others wait for the processor' };

/** 503 or 429, with the wait that may help. */
function refuse({ code, text }: Lack, and: string, waitMs: number): Problem {
  return new Problem(code, `${text}, and ${and}.`, {
    headers: { 'Retry-After': String(Math.max(1, Math.ceil(waitMs / 1000))) },
  });
}

function shareOf(whole: number, share: number): number {
  return Math.max(1, Math.floor(whole * share));
}

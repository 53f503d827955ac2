import type { Claimants } from './claimants.ts';

/** Who wants a place, and whose servers it will be spent on. */
export interface SlotClaim {
  readonly claimants: Claimants;
  /** The range of addresses that will be asked. */
  readonly range: string;
  /** Ends the wait. */
  readonly signal: AbortSignal;
}

/** What keeps a claim waiting, and how many places that bound has. */
export interface Shortage {
  readonly of: 'count' | 'perRange' | 'perCaller';
  readonly most: number;
}

export interface FairSlots {
  /** Of a claim that waits. */
  shortageOf(claim: Pick<SlotClaim, 'range'>): Shortage;
  /** Resolves with the function that gives the place back (once), or with null when the signal aborts first. */
  take(claim: SlotClaim): Promise<(() => void) | null>;
}

export interface FairSlotsOptions {
  readonly count: number;
  /** Of these, what one caller may hold, and what may be spent on one range of addresses, whoever asks. */
  readonly perCaller: number;
  /** More than `perCaller`: a caller who keeps the servers of a range busy leaves room there for others. */
  readonly perRange: number;
}

interface Waiter {
  readonly claim: SlotClaim;
  readonly admit: (caller: string) => void;
}

/**
 * A number of places with a bounded share for each caller and each range of addresses. A free place goes to the caller
 * who holds the fewest, then to the oldest claim: whoever waits is waiting for a share of its own, for a range that is
 * busy, or for everybody.
 */
export function createFairSlots({ count, perCaller, perRange }: FairSlotsOptions): FairSlots {
  const byCaller = new Map<string, number>();
  const byRange = new Map<string, number>();
  const waiting = new Set<Waiter>();
  let free = count;

  /** The claimant that the place will count for; null when it cannot be had now. */
  const payerOf = ({ claimants, range }: SlotClaim): { caller: string; holds: number } | null => {
    if (free === 0 || (byRange.get(range) ?? 0) >= perRange) return null;
    let best: { caller: string; holds: number } | null = null;
    for (const caller of claimants.callers) {
      const holds = byCaller.get(caller) ?? 0;
      if (holds < (best?.holds ?? perCaller)) best = { caller, holds };
    }
    return best;
  };

  const admitAll = (): void => {
    while (free > 0) {
      let next: { waiter: Waiter; caller: string; holds: number } | null = null;
      for (const waiter of waiting) {
        const payer = payerOf(waiter.claim);
        if (payer !== null && payer.holds < (next?.holds ?? perCaller)) next = { waiter, ...payer };
      }
      if (next === null) return;
      next.waiter.admit(next.caller);
    }
  };

  const hold = (caller: string, range: string): (() => void) => {
    free--;
    add(byCaller, caller, 1);
    add(byRange, range, 1);
    let isHeld = true;
    return () => {
      if (!isHeld) return;
      isHeld = false;
      free++;
      add(byCaller, caller, -1);
      add(byRange, range, -1);
      admitAll();
    };
  };

  return {
    shortageOf({ range }) {
      if (free === 0) return { of: 'count', most: count };
      const isRange = (byRange.get(range) ?? 0) >= perRange;
      return isRange ? { of: 'perRange', most: perRange } : { of: 'perCaller', most: perCaller };
    },
    take(claim) {
      if (claim.signal.aborted) return Promise.resolve(null);
      return new Promise((resolve) => {
        const leave = (): void => {
          waiting.delete(waiter);
          claim.signal.removeEventListener('abort', onAbort);
        };
        const onAbort = (): void => {
          leave();
          resolve(null);
        };
        const waiter: Waiter = {
          claim,
          admit(caller) {
            leave();
            resolve(hold(caller, claim.range));
          },
        };
        claim.signal.addEventListener('abort', onAbort, { once: true });
        claim.claimants.whenJoined(admitAll);
        waiting.add(waiter);
        admitAll();
      });
    },
  };
}

function add(counts: Map<string, number>, key: string, change: 1 | -1): void {
  const left = (counts.get(key) ?? 0) + change;
  if (left > 0) counts.set(key, left);
  else counts.delete(key);
}

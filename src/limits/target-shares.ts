import { createCounts } from './counts.ts';

/** Counts what is under way and what waits for each target, and tells which targets are what is waited for. */
export interface TargetShares {
  underWayOf(target: string): number;
  waitingOf(target: string): number;
  /** Counts one as under way, or as ended. */
  begin(target: string): void;
  end(target: string): void;
  /** Counts one of this caller as waiting, or no more. */
  add(caller: string, target: string): void;
  remove(caller: string, target: string): void;
  /**
   * Whether those that wait for it wait for its own places: since it had all of them under way, until it has fewer than
   * half. One that answers at once never has, however many wait for it: they wait for the processor.
   */
  isBusy(target: string): boolean;
  /** How many of this caller, or of all, wait for targets that are busy: those are in nobody else's way. */
  blockedOf(caller: string): number;
  readonly blocked: number;
}

interface TargetState {
  underWay: number;
  waiting: number;
  isBusy: boolean;
  /** Only callers with some. */
  readonly waitingByCaller: Map<string, number>;
}

/** @param places that one target may have under way */
export function createTargetShares(places: number): TargetShares {
  /** Only targets with something under way or waiting. */
  const targets = new Map<string, TargetState>();
  const blockedByCaller = createCounts();
  let blocked = 0;

  const stateOf = (target: string): TargetState => {
    const known = targets.get(target);
    if (known) return known;
    const state = { underWay: 0, waiting: 0, isBusy: false, waitingByCaller: new Map<string, number>() };
    targets.set(target, state);
    return state;
  };
  const block = (caller: string, change: number): void => {
    blocked += change;
    blockedByCaller.add(caller, change);
  };
  const setBusy = (state: TargetState, isBusy: boolean): void => {
    if (state.isBusy === isBusy) return;
    state.isBusy = isBusy;
    for (const [caller, count] of state.waitingByCaller) block(caller, isBusy ? count : -count);
  };
  const forgetIfIdle = (target: string, { underWay, waiting }: TargetState): void => {
    if (underWay === 0 && waiting === 0) targets.delete(target);
  };
  const changeWaiting = (caller: string, target: string, change: 1 | -1): void => {
    const state = stateOf(target);
    state.waiting += change;
    const ofCaller = (state.waitingByCaller.get(caller) ?? 0) + change;
    if (ofCaller === 0) state.waitingByCaller.delete(caller);
    else state.waitingByCaller.set(caller, ofCaller);
    if (state.isBusy) block(caller, change);
    forgetIfIdle(target, state);
  };

  return {
    underWayOf: (target) => targets.get(target)?.underWay ?? 0,
    waitingOf: (target) => targets.get(target)?.waiting ?? 0,
    begin(target) {
      const state = stateOf(target);
      state.underWay++;
      if (state.underWay >= places) setBusy(state, true);
    },
    end(target) {
      const state = stateOf(target);
      state.underWay--;
      if (state.underWay < places / 2) setBusy(state, false);
      forgetIfIdle(target, state);
    },
    add: (caller, target) => changeWaiting(caller, target, 1),
    remove: (caller, target) => changeWaiting(caller, target, -1),
    isBusy: (target) => targets.get(target)?.isBusy ?? false,
    blockedOf: blockedByCaller.of,
    get blocked() {
      return blocked;
    },
  };
}

/** Who is to have a turn: a caller, and which of its requests, since a batch is many verifications of one request. */
export interface Party {
  readonly caller: string;
  readonly requestId: string;
}

/** Counts what each caller, and each of its requests, has under way, and says whose turn is next. */
export interface FairQueue<Item extends Party> {
  add(item: Item): void;
  /** Takes one out that is not waiting any more. */
  remove(item: Item): void;
  /**
   * Whose turn it is of those that `isReady` lets go: the caller with the least under way, of equals the one that has
   * waited longest for a turn; of its requests the one with the least under way; of that the item that came first.
   */
  next(isReady: (item: Item) => boolean): Item | undefined;
  /** Counts one as under way, or as ended. */
  begin(item: Party): void;
  end(item: Party): void;
  underWayOf(caller: string): number;
  waitingOf(caller: string): number;
  /** Callers with something that waits. */
  readonly callersWaiting: number;
  readonly waiting: number;
}

interface CallerState<Item> {
  underWay: number;
  /** By request; only those with some. */
  readonly underWayByRequest: Map<string, number>;
  /** In order of coming. */
  readonly waiting: Item[];
}

export function createFairQueue<Item extends Party>(): FairQueue<Item> {
  /** In the order of their last turns, longest ago first; only callers with something under way or waiting. */
  const callers = new Map<string, CallerState<Item>>();
  let waiting = 0;
  let callersWaiting = 0;

  const stateOf = (caller: string): CallerState<Item> => {
    const known = callers.get(caller);
    if (known) return known;
    const state = { underWay: 0, underWayByRequest: new Map<string, number>(), waiting: [] };
    callers.set(caller, state);
    return state;
  };
  const forgetIfIdle = (caller: string): void => {
    const state = callers.get(caller);
    if (state?.underWay === 0 && state.waiting.length === 0) callers.delete(caller);
  };
  const count = ({ caller, requestId }: Party, change: 1 | -1): void => {
    const state = stateOf(caller);
    state.underWay += change;
    const ofRequest = (state.underWayByRequest.get(requestId) ?? 0) + change;
    if (ofRequest === 0) state.underWayByRequest.delete(requestId);
    else state.underWayByRequest.set(requestId, ofRequest);
  };

  return {
    add(item) {
      if (stateOf(item.caller).waiting.push(item) === 1) callersWaiting++;
      waiting++;
    },
    remove(item) {
      const list = callers.get(item.caller)?.waiting;
      const place = list?.indexOf(item) ?? -1;
      if (list === undefined || place < 0) return;
      list.splice(place, 1);
      waiting--;
      if (list.length === 0) callersWaiting--;
      forgetIfIdle(item.caller);
    },
    next(isReady) {
      let best: { readonly item: Item; readonly underWay: number } | undefined;
      for (const state of callers.values()) {
        if (best !== undefined && state.underWay >= best.underWay) continue;
        const item = leastOf(state, isReady);
        if (item !== undefined) best = { item, underWay: state.underWay };
      }
      return best?.item;
    },
    begin(item) {
      count(item, 1);
      // To the end of the line: of callers with equally much under way, another one is next.
      const state = stateOf(item.caller);
      callers.delete(item.caller);
      callers.set(item.caller, state);
    },
    end(item) {
      count(item, -1);
      forgetIfIdle(item.caller);
    },
    underWayOf: (caller) => callers.get(caller)?.underWay ?? 0,
    waitingOf: (caller) => callers.get(caller)?.waiting.length ?? 0,
    get callersWaiting() {
      return callersWaiting;
    },
    get waiting() {
      return waiting;
    },
  };
}

/** The first item of the request with the least under way. */
function leastOf<Item extends Party>(
  { waiting, underWayByRequest }: CallerState<Item>,
  isReady: (item: Item) => boolean,
): Item | undefined {
  let best: Item | undefined;
  let least = Number.POSITIVE_INFINITY;
  for (const item of waiting) {
    const underWay = underWayByRequest.get(item.requestId) ?? 0;
    if (underWay >= least || !isReady(item)) continue;
    best = item;
    least = underWay;
    if (least === 0) break;
  }
  return best;
}

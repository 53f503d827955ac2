/**
 * The callers who wait for one document. It is asked for once and counts for one of them; whoever joins while it still
 * waits for its turn brings a share of its own, so that nobody waits behind what another caller holds.
 */
export class Claimants {
  readonly #callers: Set<string>;
  #onJoin: () => void = () => {};
  /** Whether it is being asked for now; false while it waits for a turn, which is no fault of whoever would be asked. */
  hasTurn = false;

  constructor(caller: string) {
    this.#callers = new Set([caller]);
  }

  get callers(): ReadonlySet<string> {
    return this.#callers;
  }

  join(caller: string): void {
    this.#callers.add(caller);
    this.#onJoin();
  }

  /** What is to be told of each new claimant from now on; one listener, the queue that they wait in. */
  whenJoined(listener: () => void): void {
    this.#onJoin = listener;
  }
}

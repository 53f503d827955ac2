import { formatEndpoint } from '../../domain/target.ts';
import type { BatchItem } from './targets.ts';

/** Connections to one host and port at once: a batch must not be what takes a server down. */
const MAX_PER_ENDPOINT = 4;
/** Targets read in one turn of the event loop: some milliseconds at most. */
const READS_AT_ONCE = 32;

/**
 * The targets of a batch in their order, each read only when there is a place for it. Those to an endpoint that has
 * all its connections let others pass, and are the next ones when it has room again.
 */
export class BatchQueue {
  readonly #unread: Iterator<BatchItem | null>;
  readonly #endpoints = new Map<string, { active: number; readonly waiting: BatchItem[] }>();
  /** Those that waited for their endpoint and hold a connection of it now. */
  readonly #ready: BatchItem[] = [];
  #read = 0;

  readonly #perEndpoint: number;

  /** @param items each a target, or null where none was found yet and the search is to go on in another turn */
  constructor(items: Iterable<BatchItem | null>, perEndpoint: number = MAX_PER_ENDPOINT) {
    this.#perEndpoint = perEndpoint;
    this.#unread = items[Symbol.iterator]();
  }

  /**
   * The target to begin with now; `again` when those that were read must all wait for their endpoints, or none was found
   * yet, and more may be read in another turn; null when there is none, or none that `isDue`, which once true of an
   * index must stay so.
   */
  take(isDue: (index: number) => boolean): BatchItem | 'again' | null {
    const ready = this.#ready.shift();
    if (ready !== undefined) return ready;
    for (let reads = 0; reads < READS_AT_ONCE; reads++) {
      if (!isDue(this.#read)) return null;
      const { value: item, done } = this.#unread.next();
      if (done) return null;
      if (item === null) return 'again';
      this.#read++;
      if (this.#claim(item)) return item;
    }
    return 'again';
  }

  /** Takes a connection of the item's endpoint, or lets it wait for one. */
  #claim(item: BatchItem): boolean {
    const name = endpointOf(item);
    if (name === null) return true;
    const endpoint = this.#endpoints.get(name) ?? { active: 0, waiting: [] };
    this.#endpoints.set(name, endpoint);
    if (endpoint.active >= this.#perEndpoint) {
      endpoint.waiting.push(item);
      return false;
    }
    endpoint.active++;
    return true;
  }

  /** Gives back the connection of a target that was taken. */
  release(item: BatchItem): void {
    const name = endpointOf(item);
    const endpoint = name === null ? undefined : this.#endpoints.get(name);
    if (name === null || endpoint === undefined) return;
    const next = endpoint.waiting.shift();
    if (next !== undefined) this.#ready.push(next);
    else if (--endpoint.active === 0) this.#endpoints.delete(name);
  }
}

/** What is dialled; null where nothing is. */
function endpointOf({ request }: BatchItem): string | null {
  if (request instanceof Error || request.target === null || request.chainPem !== null) return null;
  const { host, port } = request.target.connectTo ?? request.target;
  return formatEndpoint(host, port);
}

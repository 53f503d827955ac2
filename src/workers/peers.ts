import type { RateLimit } from '../limits/rate-limit.ts';
import type { MetricsSnapshot } from '../observability/merge-metrics.ts';
import type { FromWorker, RateName, ToWorker, WorkerCount } from './messages.ts';
import { createSharedRateLimit } from './shared-rate-limit.ts';

/** How often a worker gives a sign of life. */
const ALIVE_MS = 1_000;

/** The way to the primary: `process` in a worker. */
export interface PrimaryChannel {
  send(message: FromWorker): void;
  onMessage(listener: (message: ToWorker) => void): void;
}

/** What a worker has together with the others, through the primary. */
export interface Peers {
  rateLimit(name: RateName): RateLimit;
  /** The page of all workers, with this one's own metrics in it. */
  shareMetrics(own: () => Promise<MetricsSnapshot>): () => Promise<string>;
  workers(): WorkerCount;
}

/** The same, for the process itself. */
export interface JoinedPeers extends Peers {
  /** Tells that this worker listens, and from then on that its event loop turns. */
  ready(): void;
}

/** What the primary has a worker do. */
export interface PrimaryOrders {
  /** Accept nothing more, and end when what is under way has ended. */
  drain(reason: string): void;
  /** End what is under way too. */
  cut(): void;
}

export function joinPeers(channel: PrimaryChannel, orders: PrimaryOrders): JoinedPeers {
  const pages = new Map<number, (text: string) => void>();
  const counted = new Map<number, (waits: readonly (number | null)[]) => void>();
  let count: WorkerCount = { running: 1, wanted: 1 };
  let ownMetrics = async (): Promise<MetricsSnapshot> => [];
  let nextId = 0;

  channel.onMessage((message) => {
    switch (message.kind) {
      case 'drain':
        return orders.drain(message.reason);
      case 'cut':
        return orders.cut();
      case 'workers':
        count = { running: message.running, wanted: message.wanted };
        return;
      case 'taken':
        counted.get(message.id)?.(message.waits);
        return void counted.delete(message.id);
      case 'page':
        pages.get(message.id)?.(message.text);
        return void pages.delete(message.id);
      case 'snapshot':
        return void ownMetrics().then((metrics) => channel.send({ kind: 'snapshot', id: message.id, metrics }));
    }
  });

  const take = gather<readonly [RateName, string], number | null>((keys, answer) => {
    const id = nextId++;
    counted.set(id, answer);
    channel.send({ kind: 'take', id, keys });
  });
  return {
    rateLimit: (name) => createSharedRateLimit((key) => take([name, key])),
    shareMetrics(own) {
      ownMetrics = own;
      return () =>
        new Promise((resolve) => {
          const id = nextId++;
          pages.set(id, resolve);
          channel.send({ kind: 'metrics', id });
        });
    },
    workers: () => count,
    ready() {
      channel.send({ kind: 'ready' });
      setInterval(() => channel.send({ kind: 'alive' }), ALIVE_MS).unref();
    },
  };
}

/** Sends what is asked for in one turn of the event loop together: under load a message costs more than what it says. */
function gather<Question, Answer>(
  send: (questions: readonly Question[], answer: (answers: readonly Answer[]) => void) => void,
): (question: Question) => Promise<Answer> {
  let waiting: { readonly question: Question; readonly resolve: (answer: Answer) => void }[] = [];
  const flush = (): void => {
    const asked = waiting;
    waiting = [];
    send(
      asked.map(({ question }) => question),
      (answers) => {
        for (const [index, { resolve }] of asked.entries()) resolve(answers[index] as Answer);
      },
    );
  };
  return (question) =>
    new Promise((resolve) => {
      if (waiting.push({ question, resolve }) === 1) setImmediate(flush);
    });
}

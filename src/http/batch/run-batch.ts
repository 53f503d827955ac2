import { setTimeout as delay, setImmediate as nextTurn } from 'node:timers/promises';
import type { Caller } from '../../domain/caller.ts';
import { Problem } from '../../domain/problem.ts';
import type { Verify } from '../ports.ts';
import { problemDocument, toProblem } from '../problem-response.ts';
import type { BatchResult } from '../schemas/batch.ts';
import { BatchQueue } from './batch-queue.ts';
import type { BatchItem } from './targets.ts';

/** How often a target is asked for while the service has too much to do: a batch can wait where a request is told. */
const MAX_ATTEMPTS = 5;

export interface BatchRun {
  readonly verify: Verify;
  readonly concurrency: number;
  /** Verifications of one host and port at once, when fewer than a batch usually has. */
  readonly perEndpoint?: number;
  /** Ends the work: nothing new is begun, and what is under way is aborted. */
  readonly signal: AbortSignal;
  readonly requestId: string;
  /** Who asks, by what is in force as a target begins; whatever it throws is that target's problem. */
  readonly caller: () => Caller;
  /** Takes a result; no place is given to another target before its promise settles. */
  readonly write: (result: BatchResult, item: BatchItem) => Promise<void>;
  /** Whether the target of this index may begin yet. */
  readonly isDue: (index: number) => boolean;
  readonly onProblem: (problem: Problem) => void;
}

/**
 * Verifies all items, each as soon as a place is free. Resolves when all results are written, or, after the signal,
 * when nothing is under way any more. Rejects when writing does.
 *
 * Between one start and the next the event loop turns once: else as many as may be under way would all take their
 * first step before any takes its last, and the first result would cost the time of all of them. Where `items` has null
 * instead of a target, none was found yet, and the event loop turns before the next is asked for.
 */
export function runBatch(items: Iterable<BatchItem | null>, run: BatchRun): Promise<void> {
  const queue = new BatchQueue(items, run.perEndpoint);
  let running = 0;
  let isFilling = false;

  return new Promise((resolve, reject) => {
    const begin = (item: BatchItem): void => {
      running++;
      judge(item, run)
        .finally(() => queue.release(item))
        .then((result) => run.write(result, item))
        .then(() => {
          running--;
          return fill();
        })
        .catch(reject);
    };
    const fill = async (): Promise<void> => {
      if (isFilling) return;
      isFilling = true;
      while (running < run.concurrency && !run.signal.aborted) {
        const item = queue.take(run.isDue);
        if (item === null) break;
        if (item !== 'again') begin(item);
        await nextTurn();
      }
      isFilling = false;
      if (running === 0) resolve();
    };
    fill().catch(reject);
  });
}

async function judge(
  item: BatchItem,
  { verify, signal, requestId, caller, onProblem }: BatchRun,
): Promise<BatchResult> {
  const { index, label, request } = item;
  try {
    if (request instanceof Error) throw request;
    const attempt = async () => verify(request, { signal, requestId, caller: caller() });
    return { index, target: label, verdict: await whenNotOverloaded(attempt, signal) };
  } catch (error) {
    const problem = toProblem(error);
    if (!signal.aborted) onProblem(problem);
    return { index, target: label, problem: problemDocument(problem, requestId) };
  }
}

/** Asks again when the service says that it may be asked again; the last refusal stands. */
async function whenNotOverloaded<T>(attempt: () => Promise<T>, signal: AbortSignal): Promise<T> {
  for (let left = MAX_ATTEMPTS - 1; ; left--) {
    try {
      return await attempt();
    } catch (error) {
      if (left === 0 || !(error instanceof Problem) || error.code !== 'overloaded') throw error;
      await delay(Number(error.headers['Retry-After'] ?? 1) * 1000, undefined, { signal });
    }
  }
}

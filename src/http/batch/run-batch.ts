import type { Caller } from '../../domain/caller.ts';
import type { Problem } from '../../domain/problem.ts';
import { formatEndpoint } from '../../domain/target.ts';
import type { Verify } from '../ports.ts';
import { problemDocument, toProblem } from '../problem-response.ts';
import type { BatchResult } from '../schemas/batch.ts';
import type { BatchItem } from './targets.ts';

/** Connections to one host and port at once: a batch must not be what takes a server down. */
const MAX_PER_ENDPOINT = 4;

export interface BatchRun {
  readonly verify: Verify;
  readonly concurrency: number;
  /** Ends the work: nothing new is begun, and what is under way is aborted. */
  readonly signal: AbortSignal;
  readonly requestId: string;
  readonly caller: Caller;
  /** Takes a result; no place is given to another target before its promise settles. */
  readonly write: (result: BatchResult, item: BatchItem) => Promise<void>;
  /** Whether the target of this index may begin yet. */
  readonly isDue: (index: number) => boolean;
  readonly onProblem: (problem: Problem) => void;
}

/**
 * Verifies all items, each as soon as a place is free. Resolves when all results are written, or, after the signal,
 * when nothing is under way any more. Rejects when writing does.
 */
export function runBatch(items: readonly BatchItem[], run: BatchRun): Promise<void> {
  const pending = [...items];
  const active = new Map<string, number>();
  let running = 0;

  /** The first item that may begin: those to a busy endpoint let others pass. */
  const take = (): BatchItem | undefined => {
    const place = pending.findIndex((item) => run.isDue(item.index) && !isBusy(active, item));
    return place < 0 ? undefined : pending.splice(place, 1)[0];
  };

  return new Promise((resolve, reject) => {
    const fill = (): void => {
      while (running < run.concurrency && !run.signal.aborted) {
        const item = take();
        if (item === undefined) break;
        running++;
        change(active, item, 1);
        judge(item, run)
          .finally(() => change(active, item, -1))
          .then((result) => run.write(result, item))
          .then(() => {
            running--;
            fill();
          })
          .catch(reject);
      }
      if (running === 0) resolve();
    };
    fill();
  });
}

async function judge(
  item: BatchItem,
  { verify, signal, requestId, caller, onProblem }: BatchRun,
): Promise<BatchResult> {
  const { index, label, request } = item;
  try {
    if (request instanceof Error) throw request;
    return { index, verdict: await verify(request, { signal, requestId, caller }) };
  } catch (error) {
    const problem = toProblem(error);
    if (!signal.aborted) onProblem(problem);
    return { index, target: label, problem: problemDocument(problem, requestId) };
  }
}

function isBusy(active: ReadonlyMap<string, number>, item: BatchItem): boolean {
  const endpoint = endpointOf(item);
  return endpoint !== null && (active.get(endpoint) ?? 0) >= MAX_PER_ENDPOINT;
}

function change(active: Map<string, number>, item: BatchItem, by: number): void {
  const endpoint = endpointOf(item);
  if (endpoint === null) return;
  const count = (active.get(endpoint) ?? 0) + by;
  if (count > 0) active.set(endpoint, count);
  else active.delete(endpoint);
}

/** What is dialled; null where nothing is. */
function endpointOf({ request }: BatchItem): string | null {
  if (request instanceof Error || request.target === null || request.chainPem !== null) return null;
  const { host, port } = request.target.connectTo ?? request.target;
  return formatEndpoint(host, port);
}

import type { TargetLimit } from '../domain/rate.ts';

/** The settings that several workers have together. */
export interface SharedSettings {
  readonly maxInFlight: number;
  readonly maxQueue: number;
  readonly maxConnections: number;
  readonly targetLimit: TargetLimit | null;
  readonly cacheMb: number;
}

/** Which of the workers one is. */
export interface WorkerPlace {
  /** From 1. */
  readonly number: number;
  readonly of: number;
}

/**
 * The part of the settings that one worker has, such that all parts together are the whole. Connections are dealt out
 * evenly and HTTP/1.1 has one request under way on each, so what is counted at once may be divided. Rates may not: a
 * caller with a single connection would have a fraction of its own; those are counted in one place.
 */
export function shareOf<Settings extends SharedSettings>(settings: Settings, place: WorkerPlace): Settings {
  const { maxInFlight, maxQueue, maxConnections, targetLimit, cacheMb } = settings;
  return {
    ...settings,
    maxInFlight: partOf(maxInFlight, place),
    maxQueue: partOf(maxQueue, place),
    maxConnections: partOf(maxConnections, place),
    targetLimit: targetLimit && { ...targetLimit, atOnce: partOf(targetLimit.atOnce, place) },
    cacheMb: cacheMb / place.of,
  };
}

/** The most workers of whom each has at least one place of every kind. */
export function mostWorkers({ maxInFlight, maxConnections, targetLimit }: SharedSettings): number {
  return Math.min(maxInFlight, maxConnections, targetLimit?.atOnce ?? maxInFlight);
}

/** What does not divide goes to the first ones. */
function partOf(whole: number, { number, of }: WorkerPlace): number {
  return Math.floor(whole / of) + (number <= whole % of ? 1 : 0);
}

const HEAP_PERCENTAGE = '--max-old-space-size-percentage=';

/** Arguments of Node for one of several workers: what V8's heap may have of the container's memory is divided. */
export function heapShareOf(nodeArguments: readonly string[], workers: number): string[] {
  return nodeArguments.map((argument) => {
    if (!argument.startsWith(HEAP_PERCENTAGE)) return argument;
    return `${HEAP_PERCENTAGE}${(Number.parseFloat(argument.slice(HEAP_PERCENTAGE.length)) / workers).toFixed(2)}`;
  });
}

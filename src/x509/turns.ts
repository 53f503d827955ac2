import { setImmediate } from 'node:timers/promises';

/** Milliseconds that a long walk holds the event loop before others get their turn. */
const TURN_MS = 2;

/** Lets a long walk give way: await the function often, it returns at once while the turn lasts. */
export function createTurns(signal: AbortSignal | null): () => Promise<void> | undefined {
  let beganAt = performance.now();
  const giveWay = async (): Promise<void> => {
    await setImmediate();
    signal?.throwIfAborted();
    beganAt = performance.now();
  };
  return () => (performance.now() - beganAt < TURN_MS ? undefined : giveWay());
}

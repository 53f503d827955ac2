import { turns } from './turns.ts';

/**
 * A timer about somebody else's silence. When the loop was late, what it waits for may have arrived in time and not have
 * been read: timers run before sockets are looked at. So at the end of the time the sockets have their turn first, and
 * then what came from them.
 * @returns stops it, also between the end of the time and the call
 */
export function startTimer(timeoutMs: number, onSilence: () => void): () => void {
  let isStopped = false;
  const decide = (): void => {
    if (!isStopped) onSilence();
  };
  const timer = setTimeout(() => setImmediate(() => turns.run(decide)), timeoutMs);
  return () => {
    isStopped = true;
    clearTimeout(timer);
  };
}

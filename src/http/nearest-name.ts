/** Names longer than this are no misspelling of ours; bounds the work below. */
const MAX_LENGTH = 40;

/**
 * The known name that a misspelt one most likely meant; null when none is near.
 * `serverName` and `server-name` are `server_name`; otherwise up to two edits, and fewer than half the letters.
 */
export function nearestName(written: string, known: readonly string[]): string | null {
  if (written.length > MAX_LENGTH) return null;
  const plain = simplified(written);
  let best: { name: string; edits: number } | null = null;
  for (const name of known) {
    const edits = editDistance(plain, simplified(name));
    if (edits <= 2 && edits * 2 < name.length && (best === null || edits < best.edits)) best = { name, edits };
  }
  return best?.name ?? null;
}

function simplified(name: string): string {
  return name.toLowerCase().replace(/[^a-z0-9]/g, '');
}

/** Optimal string alignment: insertions, deletions, substitutions and swaps of neighbours. */
function editDistance(a: string, b: string): number {
  let beforePrevious: number[] = [];
  let previous = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let row = 1; row <= a.length; row++) {
    const current = [row];
    for (let column = 1; column <= b.length; column++) {
      const same = a[row - 1] === b[column - 1];
      const swapped = a[row - 1] === b[column - 2] && a[row - 2] === b[column - 1];
      current[column] = Math.min(
        (previous[column] ?? 0) + 1,
        (current[column - 1] ?? 0) + 1,
        (previous[column - 1] ?? 0) + (same ? 0 : 1),
        swapped ? (beforePrevious[column - 2] ?? Number.POSITIVE_INFINITY) + 1 : Number.POSITIVE_INFINITY,
      );
    }
    beforePrevious = previous;
    previous = current;
  }
  return previous[b.length] ?? 0;
}

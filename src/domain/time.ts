export const DAY_SECONDS = 86_400;

/** RFC 3339 in UTC with whole seconds (`2026-11-24T14:20:00Z`); null for a time that could not be read. */
export function formatTime(ms: number): string | null {
  return Number.isFinite(ms) ? `${new Date(ms).toISOString().slice(0, -5)}Z` : null;
}

/** A length of time in words, in the largest unit that says something: `3 days`, `5 hours`, `1 second`. */
export function formatDuration(seconds: number): string {
  const total = Math.abs(Math.floor(seconds));
  if (total >= 2 * DAY_SECONDS) return `${Math.floor(total / DAY_SECONDS)} days`;
  if (total >= 2 * 3600) return `${Math.floor(total / 3600)} hours`;
  if (total >= 2 * 60) return `${Math.floor(total / 60)} minutes`;
  return total === 1 ? '1 second' : `${total} seconds`;
}

import type { Verdict } from '../../domain/verdict.ts';

/** Largest answer in bytes of JSON. */
export const MAX_VERDICT_BYTES = 256 * 1024;

/** What is left out first when an answer grows past its bound: the bulky parts that can be asked for again. */
const SHEDDING: readonly { readonly limit: string; readonly shed: (verdict: Verdict) => Verdict }[] = [
  {
    limit: 'details',
    shed: (verdict) => ({ ...verdict, presented: verdict.presented.map(({ details, ...rest }) => rest) }),
  },
  { limit: 'pem', shed: (verdict) => ({ ...verdict, presented: verdict.presented.map(({ pem, ...rest }) => rest) }) },
  {
    limit: 'evidence',
    shed: (verdict) => ({ ...verdict, findings: verdict.findings.map((finding) => ({ ...finding, evidence: {} })) }),
  },
  { limit: 'presented', shed: (verdict) => ({ ...verdict, presented: verdict.presented.slice(0, 1) }) },
];

/**
 * Octets that a value takes in JSON at most: cleaned text is at most three octets a character in UTF-8, quotes and
 * backslashes two. Far cheaper than writing it out, which only answers near the bound are worth.
 */
function mostBytes(value: unknown): number {
  if (typeof value === 'string') return value.length * 3 + 3;
  if (typeof value !== 'object' || value === null) return 25;
  let bytes = 2;
  if (Array.isArray(value)) {
    for (const member of value) bytes += 1 + mostBytes(member);
    return bytes;
  }
  const members = value as Readonly<Record<string, unknown>>;
  // Object.entries would make a pair of each member: a sixth of what a whole verdict takes from the heap.
  for (const key of Object.keys(members)) bytes += key.length + 4 + mostBytes(members[key]);
  return bytes;
}

/** The verdict within its bound; `limits` names each part that was left out for it. */
export function fitSize(verdict: Verdict): Verdict {
  if (mostBytes(verdict) <= MAX_VERDICT_BYTES) return verdict;
  let fitted = verdict;
  const limits: string[] = [...(verdict.limits ?? [])];
  for (const { limit, shed } of SHEDDING) {
    if (Buffer.byteLength(JSON.stringify(fitted)) <= MAX_VERDICT_BYTES) break;
    limits.push(`verdict_bytes:${limit}`);
    fitted = shed(fitted);
  }
  return limits.length > 0 ? { ...fitted, limits } : fitted;
}

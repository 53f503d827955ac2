import type { Verdict } from '../../domain/verdict.ts';

/** Findings named in the sentence; the list has them all. */
const MAX_NAMED = 3;

/** One sentence that a person can act on: where, what is wrong or until when it is good, and by whose trust. */
export function summarise(parts: {
  endpoint: string;
  verdict: Verdict['verdict'];
  findings: Verdict['findings'];
  checks: Verdict['checks'];
  validUntil: string | null;
  remainingDays: number | null;
  trustedBy: readonly string[];
}): string {
  const wanted = parts.verdict === 'warn' ? 'warning' : 'error';
  const faults = name(parts.findings.filter((finding) => finding.severity === wanted && !finding.waived));
  switch (parts.verdict) {
    case 'pass':
      return `${parts.endpoint} ${goodUntil(parts)}`;
    case 'warn':
      return `${parts.endpoint} ${goodUntil(parts)}; ${faults}`;
    case 'fail':
    case 'unreachable':
      return `${parts.endpoint}: ${faults || couldNotJudge(parts.checks)}`;
  }
}

function goodUntil(parts: { validUntil: string | null; remainingDays: number | null; trustedBy: readonly string[] }) {
  const days = parts.remainingDays === 1 ? '1 day' : `${parts.remainingDays ?? 0} days`;
  const until = parts.validUntil === null ? 'is valid' : `is valid until ${parts.validUntil.slice(0, 10)} (${days})`;
  return `${until}, trusted by ${parts.trustedBy.join(', ')}`;
}

function name(findings: Verdict['findings']): string {
  const titles = [...new Set(findings.map((finding) => lowerFirst(finding.title)))];
  const more = titles.length - MAX_NAMED;
  return [...titles.slice(0, MAX_NAMED), ...(more > 0 ? [`and ${more} more`] : [])].join('; ');
}

function couldNotJudge(checks: Verdict['checks']): string {
  const areas = Object.entries(checks).flatMap(([area, state]) => (state === 'unknown' ? [area] : []));
  return `could not be judged: ${areas.join(', ')}`;
}

/** "The certificate …" reads on in a sentence; "TLS …" and "OCSP …" keep their capitals. */
function lowerFirst(title: string): string {
  return /^[A-Z][a-z ]/.test(title) ? title.charAt(0).toLowerCase() + title.slice(1) : title;
}

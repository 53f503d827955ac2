import type { CheckState } from '../../domain/check.ts';
import type { Verdict } from '../../domain/verdict.ts';
import { VERSION } from '../../domain/version.ts';
import { shown } from '../caller-text.ts';
import type { CheckQuery, HealthCheck } from '../schemas/check.ts';

/** What a health check tells of a verdict: small enough to keep, and to send within `MAX_CHECK_BYTES`. */
export interface CheckResult {
  readonly verdict: Verdict['verdict'];
  /** The reason, in one line. */
  readonly summary: string;
  readonly target: string;
  readonly checkedAt: string;
  readonly remainingDays: number | null;
  readonly checks: Verdict['checks'];
  /** Errors and warnings, one a line, as many as fit. */
  readonly findings: readonly { readonly check: string; readonly line: string }[];
  readonly codes: readonly string[];
}

/** Callers keep no more of a body (Consul 4 KiB), so that what is cut is ours to choose. */
export const MAX_CHECK_BYTES = 4096;

const MAX_SUMMARY_BYTES = 600;
const MAX_LINE_BYTES = 400;
/** For the lines of findings, so that either form stays under its bound with what else it holds. */
const MAX_FINDINGS_BYTES = 1600;
const MAX_TARGET_BYTES = 300;

export function toCheckResult(verdict: Verdict, target: string): CheckResult {
  const serious = verdict.findings.filter(({ severity, waived }) => severity !== 'info' && !waived);
  const findings: { check: string; line: string }[] = [];
  let bytes = 0;
  for (const { severity, code, check, fix } of serious) {
    const line = shown(`${severity} ${code}: ${fix}`, MAX_LINE_BYTES);
    bytes += Buffer.byteLength(JSON.stringify(line)) + 1;
    if (bytes > MAX_FINDINGS_BYTES) break;
    findings.push({ check, line });
  }
  return {
    verdict: verdict.verdict,
    summary: shown(verdict.summary, MAX_SUMMARY_BYTES),
    target: shown(target, MAX_TARGET_BYTES),
    checkedAt: verdict.checked_at,
    remainingDays: verdict.expiry?.remaining_days ?? null,
    checks: verdict.checks,
    findings,
    codes: [...new Set(verdict.findings.map(({ code }) => code))],
  };
}

/** Never 503 of itself: that status says that this service is in trouble. */
export function statusOf(verdict: Verdict['verdict'], query: Pick<CheckQuery, 'warn_status' | 'fail_status'>): number {
  switch (verdict) {
    case 'pass':
      return 200;
    case 'warn':
      return Number(query.warn_status);
    case 'fail':
      return Number(query.fail_status ?? 502);
    case 'unreachable':
      return Number(query.fail_status ?? 504);
  }
}

/** Plain text: the reason first, since that line is what dashboards show. */
export function asText({ summary, verdict, checkedAt, findings }: CheckResult): string {
  return `${[summary, `verdict ${verdict}, checked at ${checkedAt}`, ...findings.map(({ line }) => line)].join('\n')}\n`;
}

export function asHealthCheck(result: CheckResult): HealthCheck {
  const { verdict, checkedAt: time } = result;
  const status = verdict === 'unreachable' ? 'fail' : verdict;
  const areas = Object.entries(result.checks).flatMap(([area, state]) => {
    const health = healthOf(state);
    if (health === null) return [];
    const lines = result.findings.flatMap(({ check, line }) => (check === area ? [line] : []));
    const output = lines.length > 0 ? { output: lines.join('; ') } : {};
    return [[area, [{ status: health, time, ...output }]] as const];
  });
  const { remainingDays } = result;
  return {
    status,
    version: VERSION.split('.')[0] ?? VERSION,
    serviceId: result.target,
    description: 'TLS of the target as its clients see it',
    ...(status !== 'pass' && { output: result.summary }),
    checks: {
      ...Object.fromEntries(areas),
      ...(remainingDays !== null && {
        'certificate:remaining': [
          {
            status: healthOf(result.checks.validity) ?? status,
            time,
            observedValue: remainingDays,
            observedUnit: 'day',
          },
        ],
      }),
    },
  };
}

/** What was not asked is left out; what could not be determined is never shown as good. */
function healthOf(state: CheckState): HealthCheck['status'] | null {
  switch (state) {
    case 'skip':
      return null;
    case 'unknown':
      return 'fail';
    default:
      return state;
  }
}

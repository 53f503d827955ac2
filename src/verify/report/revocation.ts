import { cleanText } from '../../domain/clean-text.ts';
import type { Evidence } from '../../domain/evidence.ts';
import { type CertificateRevocation, type RevocationAttempt, statusOf } from '../../domain/revocation.ts';
import { formatTime } from '../../domain/time.ts';
import type { RevocationRow } from '../../domain/verdict.ts';

/** Sources shown of one certificate. */
const MAX_SOURCES_SHOWN = 20;

/** One row for each certificate of the path but its anchor. */
export function viewRevocation({ revocation, path }: Pick<Evidence, 'revocation' | 'path'>): RevocationRow[] | null {
  if (revocation === null) return null;
  const indexes = new Map(path?.steps.map((step) => [step.certificate.sha256, step.presentedIndex]));
  return revocation.certificates.map((row) => viewRow(row, indexes.get(row.certificate) ?? null));
}

function viewRow(row: CertificateRevocation, index: number | null): RevocationRow {
  const status = statusOf(row);
  const deciding = row.attempts.find((attempt) => attempt.status === status) ?? null;
  const unknown = status === 'unknown' ? (deciding?.reason ?? (row.published ? 'unusable' : 'not_published')) : null;
  return {
    index,
    sha256: row.certificate,
    subject: row.subject,
    status,
    source: status === 'unknown' ? null : (deciding?.source ?? null),
    url: deciding === null || deciding.url === null ? null : cleanText(deciding.url),
    this_update: viewTime(deciding?.thisUpdate ?? null),
    next_update: viewTime(deciding?.nextUpdate ?? null),
    cached: deciding?.cached ?? false,
    reason: unknown,
    sources: row.attempts.slice(0, MAX_SOURCES_SHOWN).map(viewSource),
  };
}

function viewSource(attempt: RevocationAttempt): RevocationRow['sources'][number] {
  return {
    source: attempt.source,
    found_by: attempt.foundBy,
    url: attempt.url === null ? null : cleanText(attempt.url),
    status: attempt.status,
    reason: attempt.reason,
    this_update: viewTime(attempt.thisUpdate),
    next_update: viewTime(attempt.nextUpdate),
    cached: attempt.cached,
    revoked_at: viewTime(attempt.revokedAt),
    revocation_reason: attempt.revocationReason,
  };
}

function viewTime(time: number | null): string | null {
  return time === null ? null : formatTime(time);
}

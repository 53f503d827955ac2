import type { CheckResult } from '../../checks/run-checks.ts';
import type { ReadCertificate } from '../../domain/certificate.ts';
import { cleanText } from '../../domain/clean-text.ts';
import type { Fault, FaultEvidence, Json } from '../../domain/fault.ts';
import { FINDING_CODES, type FindingCodeEntry, type Severity } from '../../domain/finding-codes.ts';
import { renderFix } from '../../domain/render-fix.ts';
import type { CertificateRef, FindingView } from '../../domain/verdict.ts';
import type { Roles } from './certificates.ts';

export const MAX_FINDINGS_SHOWN = 100;

const RANK: Readonly<Record<Severity, number>> = { error: 0, warning: 1, info: 2 };

/** Findings in the order people need them: errors first, then by area and by place in the chain. */
export function viewFindings(
  results: readonly CheckResult[],
  presented: readonly ReadCertificate[],
  roles: Roles,
): FindingView[] {
  const indexes = new Map<string, number>();
  presented.forEach((certificate, index) => {
    if (!indexes.has(certificate.sha256)) indexes.set(certificate.sha256, index);
  });
  return results
    .flatMap((result) => result.findings)
    .map(({ fault, severity }) => viewFinding(fault, severity, refer(fault, indexes, roles)))
    .toSorted((a, b) => RANK[a.severity] - RANK[b.severity]);
}

function refer(fault: Fault, indexes: ReadonlyMap<string, number>, roles: Roles): CertificateRef | null {
  if (fault.certificate === undefined) return null;
  return {
    index: indexes.get(fault.certificate) ?? null,
    role: roles.get(fault.certificate) ?? 'intermediate',
    sha256: fault.certificate,
  };
}

function viewFinding(fault: Fault, severity: Severity, certificate: CertificateRef | null): FindingView {
  const entry: FindingCodeEntry = FINDING_CODES[fault.code];
  const evidence = fault.evidence ?? {};
  return {
    code: fault.code,
    check: entry.check,
    severity,
    certificate,
    title: entry.title,
    detail: cleanText(fault.detail),
    ...(fault.rule === undefined ? {} : { rule: fault.rule }),
    evidence: cleanEvidence(evidence),
    fix: renderFix(fault.code, evidence, fault.rule),
    waived: false,
    docs: `/codes/${fault.code}`,
    also: { ...entry.also, rfc: entry.reference },
  };
}

/** Parts of it come from the peer. PEM is our own text, and has lines. */
function cleanEvidence(evidence: FaultEvidence): Record<string, Json> {
  return Object.fromEntries(
    Object.entries(evidence).map(([name, value]) => [name, name === 'pem' ? value : cleanJson(value)]),
  );
}

function cleanJson(value: Json): Json {
  if (typeof value === 'string') return cleanText(value);
  if (Array.isArray(value)) return value.map(cleanJson);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [cleanText(name), cleanJson(member)]));
}

import type { CheckResult } from '../../checks/run-checks.ts';
import type { AnchorSet } from '../../domain/anchor-set.ts';
import type { CheckState } from '../../domain/check.ts';
import type { CheckId } from '../../domain/check-id.ts';
import { cleanText } from '../../domain/clean-text.ts';
import type { Evidence } from '../../domain/evidence.ts';
import type { Json } from '../../domain/fault.ts';
import type { HandshakeRecord } from '../../domain/handshake.ts';
import type { TrustEvidence } from '../../domain/path.ts';
import type { VerifyRequest } from '../../domain/request.ts';
import { severityOf } from '../../domain/severity.ts';
import { formatEndpoint, type Target } from '../../domain/target.ts';
import { formatTime } from '../../domain/time.ts';
import type { TrustRow, Verdict } from '../../domain/verdict.ts';
import { readDistinguishedName } from '../../x509/name.ts';
import { EXIT_CODES, foldVerdict } from '../fold-verdict.ts';
import { assignRoles, MAX_CERTIFICATES_SHOWN, viewCertificate, viewValidity } from './certificates.ts';
import { firstToExpire, viewBreaksAt, viewExpiry } from './expiry.ts';
import { MAX_FINDINGS_SHOWN, viewFindings } from './findings.ts';
import { viewHostname } from './hostname.ts';
import { viewRevocation } from './revocation.ts';
import { fitSize } from './size.ts';
import { summarise } from './summary.ts';

/** Acceptable client CAs that are shown of a CertificateRequest. */
const MAX_CLIENT_CAS_SHOWN = 20;

export interface Assessment {
  readonly request: VerifyRequest;
  readonly requestId: string;
  readonly evidence: Evidence;
  readonly results: readonly CheckResult[];
  readonly anchorSets: readonly AnchorSet[];
  readonly timing: Verdict['timing'];
  readonly details: ReadonlyMap<string, Record<string, Json>>;
  /** Milliseconds since the epoch. */
  readonly checkedAt: number;
  readonly durationMs: number;
  readonly engine: string;
}

/** The answer, assembled once from what was found; nothing is judged here. */
export function reportVerdict(assessment: Assessment): Verdict {
  const { evidence, request, results } = assessment;
  const checks = Object.fromEntries(results.map((result) => [result.id, result.state])) as Record<CheckId, CheckState>;
  const severities = new Set(results.flatMap(({ findings }) => findings.map(({ severity }) => severity)));
  const verdict = foldVerdict(checks, evidence, severities);
  const revocation = viewRevocation(evidence);
  const roles = assignRoles(evidence.presented, evidence.path);
  const findings = viewFindings(results, evidence.presented, roles);
  const expiry = evidence.leaf && viewExpiry(evidence.leaf, evidence.at);
  const breaksAt = viewBreaksAt(evidence.path);
  const trust = evidence.trust.map((row) => viewTrust(row, evidence));
  const shown = evidence.presented.slice(0, MAX_CERTIFICATES_SHOWN);
  return fitSize({
    ok: verdict === 'pass' || verdict === 'warn',
    verdict,
    exit_code: EXIT_CODES[verdict],
    summary: summarise({
      endpoint: request.target ? formatEndpoint(request.target.host, request.target.port) : 'the chain',
      verdict,
      findings,
      checks,
      validUntil: breaksAt?.time ?? null,
      remainingDays: remainingDays(evidence),
      trustedBy: trust.filter((row) => row.trusted).map((row) => row.ca),
    }),
    target: request.target && viewTarget(request.target, evidence),
    checked_at: timestamp(assessment.checkedAt),
    evaluated_at: timestamp(evidence.at),
    duration_ms: assessment.durationMs,
    timing: assessment.timing,
    valid_until: breaksAt?.time ?? null,
    breaks_at: breaksAt,
    expiry,
    checks,
    findings: findings.slice(0, MAX_FINDINGS_SHOWN),
    findings_total: findings.length,
    trust,
    hostname: viewHostname(evidence),
    tls: evidence.handshake && viewTls(evidence.handshake),
    presented_total: evidence.presentedTotal,
    presented: shown.map((certificate, index) =>
      viewCertificate(certificate, {
        index,
        role: roles.get(certificate.sha256) ?? 'extra',
        pem: request.include.has('pem'),
        details: assessment.details.get(certificate.sha256),
      }),
    ),
    ...(revocation && { revocation }),
    inputs: viewInputs(assessment),
    request_id: assessment.requestId,
  });
}

function viewTarget(target: Target, { connection }: Evidence): Verdict['target'] {
  return {
    host: target.host.text,
    port: target.port,
    server_name: target.serverName?.text ?? null,
    connect_to: target.connectTo && formatEndpoint(target.connectTo.host, target.connectTo.port),
    address: connection?.address ?? null,
    addresses: [...(connection?.addresses ?? [])],
  };
}

function viewTrust(row: TrustEvidence, { policy }: Evidence): TrustRow {
  const { steps, anchored, faults } = row.path;
  const first = firstToExpire(row.path);
  const last = steps.at(-1);
  const errors = faults.filter((fault) => severityOf(fault, policy.profile) === 'error');
  return {
    ca: row.ca,
    trusted: row.trusted,
    completed_by: steps.map((step) => step.source).find(isCompletion) ?? null,
    anchor_sha256: anchored && last ? last.certificate.sha256 : null,
    valid_until: first && formatTime(first.certificate.notAfter),
    path: steps.map((step) => ({
      source: step.source,
      presented_index: step.presentedIndex,
      subject: step.certificate.subject.text,
      sha256: step.certificate.sha256,
      ...viewValidity(step.certificate),
    })),
    codes: [...new Set(errors.map((fault) => fault.code))],
  };
}

function isCompletion(source: string): source is 'request' | 'authority' | 'aia' {
  return source === 'request' || source === 'authority' || source === 'aia';
}

function viewTls(record: HandshakeRecord): Verdict['tls'] {
  const { clientCertificate, certificates } = record;
  return {
    version: record.version,
    cipher: record.cipher,
    group: record.group,
    post_quantum: record.postQuantum,
    alpn: record.alpn === null ? null : cleanText(record.alpn),
    signature_scheme: record.signatureScheme,
    hello: record.hello,
    state: record.state,
    client_certificate_requested: clientCertificate.requested,
    client_certificate_required: clientCertificate.required,
    client_certificate_authorities: clientCertificate.authorities
      .slice(0, MAX_CLIENT_CAS_SHOWN)
      .map((der) => readDistinguishedName(der)?.text ?? ''),
    client_certificate_sent: clientCertificate.sent,
    client_certificate_accepted: clientCertificate.accepted,
    ocsp_stapled: certificates.some((entry) => entry.ocspStaple !== null),
    sct_count: countScts(record),
    alerts: record.alerts.map((alert) => alert.name),
  };
}

/** Signed certificate timestamps sent in the handshake (RFC 6962 §3.3: a list of length-prefixed SCTs). */
function countScts({ sctList, certificates }: HandshakeRecord): number {
  return [sctList, certificates[0]?.sctList].reduce((total, list) => total + (list ? countEntries(list) : 0), 0);
}

function countEntries(list: Buffer): number {
  let count = 0;
  for (let offset = 2; offset + 2 <= list.length; offset += 2 + list.readUInt16BE(offset)) count += 1;
  return count;
}

function viewInputs({ request, evidence, anchorSets, engine }: Assessment): Verdict['inputs'] {
  return {
    preset: request.preset,
    profile: evidence.policy.profile,
    purpose: evidence.policy.purpose,
    client_certificate: request.clientCertificate,
    ca: anchorSets.map(({ name, sha256, skipped }) => ({
      name,
      sha256,
      ...(skipped.length > 0 ? { skipped: skipped.map(({ position, reason }) => ({ position, reason })) } : {}),
    })),
    engine,
  };
}

function remainingDays({ path, at }: Evidence): number | null {
  const first = path && firstToExpire(path);
  return first && Math.floor((first.certificate.notAfter - at) / 86_400_000);
}

function timestamp(ms: number): string {
  return formatTime(ms) ?? '1970-01-01T00:00:00Z';
}

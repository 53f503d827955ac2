import { CHECK_IDS } from '../../src/domain/check-id.ts';
import type { FindingView, Verdict } from '../../src/domain/verdict.ts';

/** A verdict as the use case might give it, for tests of the HTTP side; every area passes unless changed. */
export function sampleVerdict(changes: Partial<Verdict> = {}): Verdict {
  const states = Object.fromEntries(CHECK_IDS.map((id) => [id, 'pass'])) as Verdict['checks'];
  return {
    ok: true,
    verdict: 'pass',
    exit_code: 0,
    summary: 'wiki.corp.example:443 is valid',
    target: {
      host: 'wiki.corp.example',
      port: 443,
      server_name: 'wiki.corp.example',
      connect_to: null,
      address: '10.0.3.7',
      addresses: ['10.0.3.7'],
    },
    checked_at: '2026-11-24T14:20:00Z',
    evaluated_at: '2026-11-24T14:20:00Z',
    duration_ms: 41,
    timing: { dns_ms: 2, connect_ms: 1, tls_ms: 9, path_ms: 3 },
    valid_until: null,
    breaks_at: null,
    expiry: null,
    checks: states,
    findings: [],
    findings_total: 0,
    trust: [],
    hostname: null,
    tls: null,
    presented_total: 0,
    presented: [],
    inputs: { preset: null, profile: 'default', purpose: 'server', client_certificate: null, ca: [], engine: '1.0.0' },
    request_id: 'test',
    ...changes,
  };
}

/** A finding of such a verdict. */
export function sampleFinding(changes: Partial<FindingView> = {}): FindingView {
  return {
    code: 'cert_expired',
    check: 'validity',
    severity: 'error',
    certificate: { index: 0, role: 'leaf', sha256: 'a'.repeat(64) },
    title: 'The server certificate has expired',
    detail: 'not_after is 3 days ago',
    evidence: { not_after: '2026-11-21T14:16:38Z' },
    fix: 'Renew the certificate.',
    waived: false,
    docs: '/codes/cert_expired',
    also: { rfc: 'RFC 5280 §4.1.2.5' },
    ...changes,
  };
}

import { Gauge, Registry } from 'prom-client';
import type { PresentedCertificateView, Verdict } from '../domain/verdict.ts';

const STATES = ['pass', 'warn', 'fail', 'skip', 'unknown'] as const;
const VERDICTS = ['pass', 'warn', 'fail', 'unreachable'] as const;

export interface ProbeMetrics {
  readonly contentType: string;
  readonly text: string;
}

/**
 * One verdict as the metrics of a probe. Those that blackbox_exporter has too have its names and its meaning, so that
 * dashboards and alerts go on working. What is not known is absent: no number stands for it. Each verdict has a
 * registry of its own, since its labels (subjects, codes) are gone with the next one.
 * @param seconds how long the probe took
 */
export async function renderProbe(verdict: Verdict, seconds: number): Promise<ProbeMetrics> {
  const registry = new Registry();
  const gauge = <Label extends string>(name: string, help: string, labelNames: readonly Label[] = []) =>
    new Gauge({ name, help, labelNames, registers: [registry] });
  const value = (name: string, help: string, number: number | null | undefined) => {
    if (typeof number === 'number') gauge(name, help).set(number);
  };

  value('probe_success', 'Whether the verdict is pass or warn', Number(verdict.ok));
  value('probe_duration_seconds', 'How long the probe took', seconds);
  value('probe_dns_lookup_time_seconds', 'Time to look the name up', secondsOf(verdict.timing.dns_ms));
  const address = verdict.target?.address ?? null;
  value(
    'probe_ip_protocol',
    'Version of the address connected to',
    address === null ? null : address.includes(':') ? 6 : 4,
  );
  addBlackboxTls(verdict, gauge, value);

  const outcome = gauge('tls_verdict_verdict', 'The verdict: 1 at the one it is', ['verdict']);
  for (const each of VERDICTS) outcome.set({ verdict: each }, Number(each === verdict.verdict));
  const check = gauge('tls_verdict_check', 'State of each area: 1 at the one it has', ['check', 'state']);
  for (const [area, current] of Object.entries(verdict.checks)) {
    for (const state of STATES) check.set({ check: area, state }, Number(state === current));
  }
  const finding = gauge('tls_verdict_finding', 'Findings with this code', ['code', 'severity']);
  for (const { code, severity } of verdict.findings) finding.inc({ code, severity });
  value(
    'tls_verdict_breaks_at_timestamp_seconds',
    'When the first of leaf, path and anchor stops being valid',
    unixTime(verdict.breaks_at?.time),
  );
  addCertificates(verdict.presented, gauge);
  addRevocation(verdict.revocation ?? [], gauge);
  return { contentType: registry.contentType, text: await registry.metrics() };
}

type MakeGauge = <Label extends string>(name: string, help: string, labelNames?: readonly Label[]) => Gauge<Label>;
type AddValue = (name: string, help: string, number: number | null | undefined) => void;

function addBlackboxTls({ presented, trust, tls }: Verdict, gauge: MakeGauge, value: AddValue): void {
  value(
    'probe_ssl_earliest_cert_expiry',
    'Earliest end of a certificate that the server sent, in unixtime',
    bound(
      Math.min,
      presented.map(({ not_after }) => unixTime(not_after)),
    ),
  );
  value(
    'probe_ssl_last_chain_expiry_timestamp_seconds',
    'Latest end of a path to a trust anchor, in unixtime',
    bound(
      Math.max,
      trust.map((row) => (row.trusted ? unixTime(row.valid_until) : null)),
    ),
  );
  const [leaf] = presented;
  if (leaf?.readable) {
    const labels = ['fingerprint_sha256', 'subject', 'issuer', 'subjectalternative', 'serialnumber'] as const;
    gauge('probe_ssl_last_chain_info', 'The leaf certificate; always 1', labels).set(
      {
        fingerprint_sha256: leaf.sha256,
        subject: leaf.subject ?? '',
        issuer: leaf.issuer ?? '',
        subjectalternative: leaf.dns_names.join(','),
        serialnumber: leaf.serial ?? '',
      },
      1,
    );
  }
  if (tls?.version) {
    gauge('probe_tls_version_info', 'The TLS version used; always 1', ['version']).set(
      { version: tls.version.replace(/^TLSv/, 'TLS ') },
      1,
    );
  }
  if (tls?.cipher)
    gauge('probe_tls_cipher_info', 'The cipher suite used; always 1', ['cipher']).set({ cipher: tls.cipher }, 1);
}

/** Told apart by their place, since a server may send the same certificate twice; who they are stands in one metric. */
function addCertificates(presented: readonly PresentedCertificateView[], gauge: MakeGauge): void {
  const place = ['index', 'role'] as const;
  const notBefore = gauge(
    'tls_verdict_certificate_not_before_timestamp_seconds',
    'Begin of each certificate that the server sent',
    place,
  );
  const notAfter = gauge(
    'tls_verdict_certificate_not_after_timestamp_seconds',
    'End of each certificate that the server sent',
    place,
  );
  const info = gauge('tls_verdict_certificate_info', 'Each certificate that the server sent; always 1', [
    ...place,
    'subject',
    'issuer',
    'serial',
    'sha256',
  ]);
  for (const certificate of presented) {
    const labels = { index: String(certificate.index), role: certificate.role };
    const begin = unixTime(certificate.not_before);
    const end = unixTime(certificate.not_after);
    if (begin !== null) notBefore.set(labels, begin);
    if (end !== null) notAfter.set(labels, end);
    const { subject, issuer, serial, sha256 } = certificate;
    info.set({ ...labels, subject: subject ?? '', issuer: issuer ?? '', serial: serial ?? '', sha256 }, 1);
  }
}

function addRevocation(rows: NonNullable<Verdict['revocation']>, gauge: MakeGauge): void {
  const status = gauge('tls_verdict_revocation', 'What is known of each certificate of the path; always 1', [
    'sha256',
    'status',
    'source',
  ]);
  const nextUpdate = gauge(
    'tls_verdict_revocation_next_update_timestamp_seconds',
    'When the CRL or OCSP response that decided is to be replaced',
    ['sha256', 'source'],
  );
  for (const row of rows) {
    const source = row.source ?? 'none';
    status.set({ sha256: row.sha256, status: row.status, source }, 1);
    const next = unixTime(row.next_update);
    if (next !== null) nextUpdate.set({ sha256: row.sha256, source }, next);
  }
}

/** Seconds since the epoch; null for a time that is not known. */
function unixTime(time: string | null | undefined): number | null {
  return typeof time === 'string' ? Math.floor(Date.parse(time) / 1000) : null;
}

function secondsOf(ms: number | undefined): number | undefined {
  return ms === undefined ? undefined : ms / 1000;
}

function bound(choose: (...values: number[]) => number, times: readonly (number | null)[]): number | null {
  const known = times.filter((time) => time !== null);
  return known.length === 0 ? null : choose(...known);
}

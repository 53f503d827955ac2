import { spawnSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { isMissing } from '../../support/child-server.ts';
import { requestByContract } from '../../support/contract.ts';
import { startService } from '../../support/service.ts';
import { postVerify, testApp } from '../../support/test-app.ts';
import { sampleFinding, sampleVerdict } from '../../support/verdict.ts';

async function scrape(app: Parameters<typeof requestByContract>[0]): Promise<string> {
  const response = await requestByContract(app, '/metrics', { headers: { Accept: 'application/openmetrics-text' } });
  expect(response.status).toBe(200);
  return await response.text();
}

describe('GET /metrics', () => {
  it('counts requests by route, verdicts, findings and problems', async () => {
    const finding = sampleFinding();
    const { app } = testApp({
      verify: async () => sampleVerdict({ ok: false, verdict: 'fail', findings: [finding, finding] }),
    });
    await requestByContract(app, '/verify', postVerify({ host: 'a.example' }));
    await requestByContract(app, '/verify', postVerify({ hots: 'a.example' }));
    await requestByContract(app, '/check/a.example/behind');
    await requestByContract(app, '/probe?target=');
    await requestByContract(app, '/verify/batch', postVerify({ targets: ['a.example', 'a..b'] })).then((r) => r.text());
    await requestByContract(app, '/nothing/at/all');
    const text = await scrape(app);
    for (const line of [
      'tls_verdict_http_requests_total{route="/verify",method="POST",status="200"} 1',
      'tls_verdict_http_requests_total{route="/verify",method="POST",status="400"} 1',
      'tls_verdict_http_requests_total{route="/check/:target/*",method="GET",status="502"} 1',
      'tls_verdict_http_requests_total{route="/probe",method="GET",status="400"} 1',
      'tls_verdict_http_requests_total{route="other",method="GET",status="404"} 1',
      'tls_verdict_problems_total{code="invalid_request"} 3',
      'tls_verdict_problems_total{code="not_found"} 1',
      'tls_verdict_verifications_total{verdict="fail"} 3',
      'tls_verdict_verifications_total{verdict="pass"} 0',
      'tls_verdict_findings_total{code="cert_expired",severity="error"} 3',
      'tls_verdict_phase_duration_seconds_count{phase="tls"} 3',
      'tls_verdict_verification_duration_seconds_count 3',
    ]) {
      expect(text).toContain(`${line}\n`);
    }
  });

  it('has no label made of what a caller sends', async () => {
    const { app } = testApp();
    const marker = 'zz-marker';
    await app.request(`/verify?host=${marker}.example`);
    await app.request(`/check/${marker}.example/${marker}`);
    await app.request(`/codes/${marker}`);
    await app.request(`/${marker}`, { method: 'ZZMARKER' });
    await app.request('/verify', { headers: { 'X-Request-Id': marker, Host: `${marker}.example.com` } });
    expect(await scrape(app)).not.toMatch(/zz-?marker/i);
  });

  it('tells of the process and the service, and passes promtool check metrics', async () => {
    const { app } = await startService();
    await app.request('http://localhost/verify?host=localhost&port=1');
    const text = await (await app.request('http://localhost/metrics')).text();
    for (const name of [
      'tls_verdict_build_info{version="',
      'tls_verdict_verifications_in_flight 0',
      'tls_verdict_verifications_queued 0',
      'tls_verdict_authorities_stale 0',
      'tls_verdict_fetch_cache_requests_total{result="miss"} 0',
      'tls_verdict_fetch_cache_entries 0',
      'tls_verdict_fetch_cache_bytes 0',
      'tls_verdict_authorities_loaded_timestamp_seconds ',
      'nodejs_eventloop_lag_seconds',
      'process_resident_memory_bytes',
    ]) {
      expect(text).toContain(`\n${name}`);
    }
    if (isMissing('promtool')) return;
    const { stdout, stderr } = spawnSync('promtool', ['check', 'metrics'], { input: text, encoding: 'utf8' });
    const ours = `${stdout}${stderr}`.split('\n').filter((line) => line.includes('tls_verdict'));
    expect(ours).toEqual([]);
  });
});

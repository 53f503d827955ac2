import { expect, it } from 'vitest';
import { Problem } from '../../../src/domain/problem.ts';
import type { Verdict } from '../../../src/domain/verdict.ts';
import { BatchTally } from '../../../src/http/batch/summary.ts';
import type { BatchItem } from '../../../src/http/batch/targets.ts';
import { sampleFinding, sampleVerdict } from '../../support/verdict.ts';

const CA = 'c'.repeat(64);

function item(index: number): BatchItem {
  return { index, label: `h${index}:443`, request: new Problem('internal_error', 'not looked at') };
}

function leaf(sha256: string, issuer: string) {
  return [{ sha256, issuer, subject: 'CN=leaf' }] as unknown as Verdict['presented'];
}

function tally(verdicts: readonly Partial<Verdict>[]) {
  const sums = new BatchTally();
  verdicts.forEach((changes, index) => {
    sums.add({ index, target: `h${index}:443`, verdict: sampleVerdict(changes) }, item(index));
  });
  return sums.summary(12.4);
}

it('groups hosts by certificate, by issuer and by fault, and leaves out what one host has alone', () => {
  const chainFault = sampleFinding({
    code: 'chain_cert_expired',
    certificate: { index: 1, role: 'intermediate', sha256: CA },
  });
  const summary = tally([
    { verdict: 'fail', exit_code: 2, presented: leaf('a', 'CN=One'), findings: [chainFault, sampleFinding()] },
    { verdict: 'fail', exit_code: 2, presented: leaf('a', 'CN=One'), findings: [sampleFinding(), sampleFinding()] },
    { verdict: 'fail', exit_code: 2, presented: leaf('b', 'CN=One'), findings: [chainFault] },
    { presented: leaf('d', 'CN=Two') },
  ]);
  expect(summary.groups).toEqual({
    certificates: [{ sha256: 'a', subject: 'CN=leaf', hosts: ['h0:443', 'h1:443'] }],
    issuers: [{ issuer: 'CN=One', hosts: ['h0:443', 'h1:443', 'h2:443'] }],
    faults: [
      { code: 'chain_cert_expired', sha256: CA, hosts: ['h0:443', 'h2:443'] },
      { code: 'cert_expired', sha256: null, hosts: ['h0:443', 'h1:443'] },
    ],
  });
  expect(summary.codes).toEqual({ cert_expired: 2, chain_cert_expired: 2 });
  expect(summary).toMatchObject({
    ok: false,
    exit_code: 2,
    targets: 4,
    verdicts: { fail: 3, pass: 1 },
    duration_ms: 12,
  });
});

it('names the first that breaks', () => {
  const summary = tally([
    { breaks_at: { time: '2027-01-01T00:00:00Z', code: 'cert_expired' } },
    { breaks_at: { time: '2026-12-01T00:00:00Z', code: 'chain_cert_expired' } },
    { breaks_at: null },
  ]);
  expect(summary.breaks_at).toEqual({ time: '2026-12-01T00:00:00Z', code: 'chain_cert_expired', host: 'h1:443' });
});

it('does not count infos and waived findings', () => {
  const { codes, groups, ok } = tally([
    { findings: [sampleFinding({ severity: 'info' }), sampleFinding({ waived: true })] },
    { findings: [sampleFinding({ severity: 'info' })] },
  ]);
  expect({ codes, faults: groups.faults, ok }).toEqual({ codes: {}, faults: [], ok: true });
});

it('shows the hundred largest groups', () => {
  const verdicts = Array.from({ length: 202 }, (_, index) => ({
    presented: leaf(`cert${index % 101}`, `CN=${index}`),
  }));
  const { certificates } = tally(verdicts).groups;
  expect(certificates).toHaveLength(100);
});

import { describe, expect, it } from 'vitest';
import { CHECK_IDS } from '../../../src/domain/check-id.ts';
import type { FindingView, Verdict } from '../../../src/domain/verdict.ts';
import { summarise } from '../../../src/verify/report/summary.ts';

const checks = Object.fromEntries(CHECK_IDS.map((id) => [id, 'pass'])) as Verdict['checks'];

function finding(title: string, severity: FindingView['severity'] = 'error', waived = false): FindingView {
  return { title, severity, waived } as FindingView;
}

const good = {
  endpoint: 'wiki.corp.example:443',
  findings: [] as FindingView[],
  checks,
  validUntil: '2027-01-23T14:16:38Z',
  remainingDays: 59,
  trustedBy: ['corp-2025'],
};

describe('summarise', () => {
  it.each([
    {
      name: 'good: until when, and by whose trust',
      parts: { ...good, verdict: 'pass' as const },
      summary: 'wiki.corp.example:443 is valid until 2027-01-23 (59 days), trusted by corp-2025',
    },
    {
      name: 'one day is no plural',
      parts: { ...good, verdict: 'pass' as const, remainingDays: 1 },
      summary: 'wiki.corp.example:443 is valid until 2027-01-23 (1 day), trusted by corp-2025',
    },
    {
      name: 'a warning stands behind what is good; a waived one does not',
      parts: {
        ...good,
        verdict: 'warn' as const,
        findings: [finding('The certificate expires soon', 'warning'), finding('Old', 'warning', true)],
      },
      summary:
        'wiki.corp.example:443 is valid until 2027-01-23 (59 days), trusted by corp-2025; the certificate expires soon',
    },
    {
      name: 'the first three errors are named, the others counted',
      parts: {
        ...good,
        verdict: 'fail' as const,
        findings: ['A b', 'TLS c', 'A d', 'A e', 'A f'].map((title) => finding(title)),
      },
      summary: 'wiki.corp.example:443: a b; TLS c; a d; and 2 more',
    },
    {
      name: 'no error, but an area that could not be judged',
      parts: { ...good, verdict: 'fail' as const, checks: { ...checks, trust: 'unknown' as const } },
      summary: 'wiki.corp.example:443: could not be judged: trust',
    },
  ])('$name', ({ parts, summary }) => expect(summarise(parts)).toBe(summary));
});

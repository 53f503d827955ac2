import { describe, expect, it } from 'vitest';
import { SweepTally } from '../../src/sweep/tally.ts';
import { sampleFinding, sampleVerdict } from '../support/verdict.ts';

const problem = {
  type: '/codes/invalid_request',
  title: 'The request is not valid',
  status: 400,
  code: 'invalid_request' as const,
  detail: 'no host',
  instance: 'urn:uuid:0',
  request_id: 'test',
};

const caFault = (sha256: string) =>
  sampleFinding({ code: 'weak_key', certificate: { index: 1, role: 'intermediate', sha256 } });

describe('SweepTally', () => {
  it('adds up verdicts, problems, codes and the first end', () => {
    const tally = new SweepTally();
    tally.add({
      target: 'a',
      verdict: sampleVerdict({ breaks_at: { time: '2027-02-01T00:00:00Z', code: 'cert_expired' } }),
    });
    const findings = [sampleFinding(), sampleFinding(), sampleFinding({ severity: 'info', code: 'self_signed' })];
    tally.add({ target: 'b', verdict: sampleVerdict({ verdict: 'fail', exit_code: 2, ok: false, findings }) });
    tally.add({
      target: 'c',
      verdict: sampleVerdict({ breaks_at: { time: '2027-01-01T00:00:00Z', code: 'cert_expired' } }),
    });
    expect(tally.summary(12.6)).toMatchObject({
      ok: false,
      exit_code: 2,
      targets: 3,
      verdicts: { pass: 2, warn: 0, fail: 1, unreachable: 0 },
      codes: { cert_expired: 1 },
      breaks_at: { time: '2027-01-01T00:00:00Z', code: 'cert_expired', host: 'c' },
      groups_complete: true,
      duration_ms: 13,
    });
    tally.add({ target: 'd', problem });
    expect(tally.summary(0)).toMatchObject({ exit_code: 3, targets: 4, problems: 1 });
  });

  it('groups what at least two share, largest first, with the first hosts of each', () => {
    const tally = new SweepTally();
    for (let index = 0; index < 30; index++) {
      const findings = [caFault('a'.repeat(64)), ...(index < 2 ? [caFault('b'.repeat(64))] : [])];
      tally.add({ target: `h${index}`, verdict: sampleVerdict({ verdict: 'fail', findings }) });
    }
    tally.add({ target: 'alone', verdict: sampleVerdict({ verdict: 'fail', findings: [caFault('c'.repeat(64))] }) });
    const { faults } = tally.summary(0).groups;
    expect(faults.map(({ sha256, hosts_total }) => [sha256?.[0], hosts_total])).toEqual([
      ['a', 30],
      ['b', 2],
    ]);
    expect(faults[0]?.hosts).toHaveLength(20);
    expect(faults[1]?.hosts).toEqual(['h0', 'h1']);
  });

  it('says when there were too many groups to count, and keeps the large ones', () => {
    const tally = new SweepTally();
    const add = (sha256: string, target: string) =>
      tally.add({ target, verdict: sampleVerdict({ verdict: 'fail', findings: [caFault(sha256)] }) });
    add('large', 'x');
    add('large', 'y');
    for (let index = 0; index < 65_535; index++) add(String(index), `h${index}`);
    expect(tally.summary(0).groups_complete).toBe(true);
    add('one more', 'z');
    const { groups, groups_complete } = tally.summary(0);
    expect(groups_complete).toBe(false);
    expect(groups.faults).toMatchObject([{ sha256: 'large', hosts_total: 2 }]);
  });
});

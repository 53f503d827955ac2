import { describe, expect, it } from 'vitest';
import type { CheckState } from '../../src/domain/check.ts';
import { CHECK_IDS, type CheckId } from '../../src/domain/check-id.ts';
import type { Evidence } from '../../src/domain/evidence.ts';
import { foldVerdict } from '../../src/verify/fold-verdict.ts';

type Folded = Pick<Evidence, 'mode' | 'connection'>;

const connected: Folded = {
  mode: 'connect',
  connection: { address: '127.0.0.1', addresses: ['127.0.0.1'], faults: [] },
};
const unreached: Folded = { mode: 'connect', connection: { address: null, addresses: ['127.0.0.1'], faults: [] } };
const chain: Folded = { mode: 'chain', connection: null };

function states(changes: Partial<Record<CheckId, CheckState>> = {}): Record<CheckId, CheckState> {
  const all = Object.fromEntries(CHECK_IDS.map((id) => [id, 'pass'])) as Record<CheckId, CheckState>;
  return { ...all, ...changes };
}

describe('foldVerdict', () => {
  it.each([
    { name: 'all good', states: states(), evidence: connected, verdict: 'pass' },
    {
      name: 'not asked is not bad',
      states: states({ ct: 'skip', revocation: 'skip' }),
      evidence: connected,
      verdict: 'pass',
    },
    { name: 'one warning', states: states({ validity: 'warn' }), evidence: connected, verdict: 'warn' },
    {
      name: 'an error beats a warning',
      states: states({ validity: 'warn', hostname: 'fail' }),
      evidence: connected,
      verdict: 'fail',
    },
    { name: 'an error in an optional area', states: states({ policy: 'fail' }), evidence: connected, verdict: 'fail' },
    {
      name: 'a chain that was given',
      states: states({ connection: 'skip', protocol: 'skip' }),
      evidence: chain,
      verdict: 'pass',
    },
    { name: 'no connection', states: states({ connection: 'fail' }), evidence: unreached, verdict: 'unreachable' },
  ])('$name: $verdict', ({ states: given, evidence, verdict }) => {
    expect(foldVerdict(given, evidence)).toBe(verdict);
  });

  it.each(['connection', 'protocol', 'trust', 'hostname', 'validity', 'chain', 'key', 'signature', 'usage'] as const)(
    'fails closed when %s is unknown',
    (id) => expect(foldVerdict(states({ [id]: 'unknown' }), connected)).toBe('fail'),
  );

  it.each(['revocation', 'policy', 'ct', 'expect'] as const)('can be good while %s is unknown', (id) =>
    expect(foldVerdict(states({ [id]: 'unknown' }), connected)).toBe('pass'),
  );

  it.each([
    { severity: 'error', verdict: 'fail' },
    { severity: 'warning', verdict: 'warn' },
    { severity: 'info', verdict: 'pass' },
  ] as const)('counts a finding ($severity) of an area that is unknown: $verdict', ({ severity, verdict }) => {
    expect(foldVerdict(states({ revocation: 'unknown' }), connected, new Set([severity]))).toBe(verdict);
  });
});

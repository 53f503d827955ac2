import { describe, expect, it } from 'vitest';
import { CHECKS } from '../../src/checks/index.ts';
import { runChecks } from '../../src/checks/run-checks.ts';
import { CERTIFICATE_RULES } from '../../src/domain/certificate-rules.ts';
import type { Check } from '../../src/domain/check.ts';
import { CHECK_IDS } from '../../src/domain/check-id.ts';
import { FINDING_CODES, type FindingCode } from '../../src/domain/finding-codes.ts';
import { DEFAULT_POLICY } from '../../src/domain/policy.ts';
import { PROFILE_RULES } from '../../src/domain/profile-rules.ts';
import { REVOCATION_RULES } from '../../src/domain/revocation-rules.ts';
import { RULES } from '../../src/domain/rules.ts';
import { evidence } from './evidence.ts';

const QUIET = { onCheckError: () => {} };

describe('the list of checks', () => {
  it('has every area once, in report order', () => {
    expect(CHECKS.map(({ id }) => id)).toEqual(CHECK_IDS);
  });

  it('owns every code exactly once, in the area that the vocabulary names', () => {
    const owned = CHECKS.flatMap(({ id, codes }) => codes.map((code) => [code, id]));
    const declared = Object.entries(FINDING_CODES).map(([code, { check }]) => [code, check]);
    expect(owned.toSorted()).toEqual(declared.toSorted());
  });

  it('has no rule twice, and none without a code', () => {
    const rooms = [CERTIFICATE_RULES, PROFILE_RULES, REVOCATION_RULES];
    expect(Object.keys(RULES)).toHaveLength(rooms.flatMap(Object.keys).length);
    for (const rule of Object.values(RULES)) expect(FINDING_CODES).toHaveProperty(rule.code);
  });
});

describe('runChecks', () => {
  it('passes a good host in every area that is asked for', () => {
    const states = runChecks(evidence(), QUIET).map(({ id, state }) => [id, state]);
    const skipped = ['revocation', 'ct', 'expect'];
    expect(states).toEqual(CHECK_IDS.map((id) => [id, skipped.includes(id) ? 'skip' : 'pass']));
  });

  it.each(['webpki', 'rfc5280'] as const)('passes a good host under %s', (profile) => {
    const results = runChecks(evidence({ policy: { ...DEFAULT_POLICY, profile } }), QUIET);
    expect(results.flatMap(({ findings }) => findings)).toEqual([]);
  });

  it('knows nothing where nothing was seen', () => {
    const nothing = evidence({ path: null, connection: null, handshake: null });
    const states = Object.fromEntries(runChecks(nothing, QUIET).map(({ id, state }) => [id, state]));
    expect(new Set(Object.values(states))).toEqual(new Set(['unknown', 'skip']));
    expect(states).toMatchObject({ connection: 'unknown', trust: 'unknown', hostname: 'unknown', chain: 'unknown' });
  });

  it('skips what a chain without a host cannot show', () => {
    const chain = evidence({ mode: 'chain', connection: null, handshake: null, reference: null });
    const states = Object.fromEntries(runChecks(chain, QUIET).map(({ id, state }) => [id, state]));
    expect(states).toMatchObject({
      connection: 'skip',
      protocol: 'skip',
      hostname: 'skip',
      chain: 'pass',
      usage: 'pass',
    });
  });

  const check = (run: Check['run']): Check => ({ id: 'key', codes: ['key_too_small'], run });

  it('turns a throw into unknown, tells the hook, and judges the rest', () => {
    const told: unknown[] = [];
    const broken = check(() => {
      throw new Error('ours');
    });
    const results = runChecks(evidence(), { onCheckError: (id) => told.push(id) }, [broken, ...CHECKS.slice(0, 1)]);
    expect(results.map(({ state }) => state)).toEqual(['unknown', 'pass']);
    expect(told).toEqual(['key']);
  });

  it('turns a fault of another area into unknown', () => {
    const stray = check(() => ({ judged: true, faults: [{ code: 'cert_expired', detail: '' }] }));
    expect(runChecks(evidence(), QUIET, [stray])[0]?.state).toBe('unknown');
  });

  it.each([
    { name: 'error', code: 'key_too_small' as FindingCode, rule: 'key.rsa_bits' as const, state: 'fail', findings: 1 },
    {
      name: 'warning',
      code: 'key_type_not_allowed' as FindingCode,
      rule: 'key.dsa' as const,
      state: 'warn',
      findings: 1,
    },
    {
      name: 'off',
      code: 'key_type_not_allowed' as FindingCode,
      rule: 'key.webpki_type' as const,
      state: 'pass',
      findings: 0,
    },
  ])('weighs by the rule and the profile: $name', ({ code, rule, state, findings }) => {
    const faulty = check(() => ({ judged: true, faults: [{ code, rule, detail: '' }] }));
    const [result] = runChecks(evidence(), QUIET, [faulty]);
    expect([result?.state, result?.findings.length]).toEqual([state, findings]);
  });
});

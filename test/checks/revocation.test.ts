import { describe, expect, it } from 'vitest';
import { revocationCheck } from '../../src/checks/revocation.ts';
import type { CertificateRevocation, RevocationAttempt, RevocationEvidence } from '../../src/domain/revocation.ts';
import { evidence } from './evidence.ts';

const attempt = (status: RevocationAttempt['status'], changes: Partial<RevocationAttempt> = {}): RevocationAttempt => ({
  source: 'crl',
  foundBy: 'network',
  url: 'http://pki.example/ca.crl',
  status,
  reason: status === 'unknown' ? 'unreachable' : null,
  thisUpdate: null,
  nextUpdate: null,
  cached: false,
  revokedAt: null,
  revocationReason: null,
  ...changes,
});

const row = (attempts: RevocationAttempt[], changes: Partial<CertificateRevocation> = {}): CertificateRevocation => ({
  certificate: 'a'.repeat(64),
  subject: 'CN=host.example',
  isLeaf: true,
  mustStaple: false,
  published: true,
  attempts,
  faults: [],
  ...changes,
});

function judge(certificates: CertificateRevocation[], changes: Partial<RevocationEvidence> = {}) {
  const revocation = { mode: 'soft' as const, anchored: true, certificates, faults: [], ...changes };
  const judgement = revocationCheck.run(evidence({ revocation }));
  return {
    state: judgement.judged ? 'judged' : judgement.state,
    codes: judgement.faults.map(({ code }) => code),
    judgement,
  };
}

describe('the revocation check', () => {
  it('is skipped when it was not asked for, and when there is nobody to ask about', () => {
    expect(revocationCheck.run(evidence({ revocation: null }))).toMatchObject({ judged: false, state: 'skip' });
    expect(judge([]).state).toBe('skip');
  });

  it.each([
    { name: 'good', rows: [row([attempt('good')])], state: 'judged', codes: [] },
    {
      name: 'good by one source of two',
      rows: [row([attempt('unknown'), attempt('good')])],
      state: 'judged',
      codes: [],
    },
    { name: 'revoked', rows: [row([attempt('revoked')])], state: 'judged', codes: ['cert_revoked'] },
    {
      name: 'revoked by one of two',
      rows: [row([attempt('good'), attempt('revoked')])],
      state: 'judged',
      codes: ['cert_revoked'],
    },
    {
      name: 'a revoked intermediate',
      rows: [row([attempt('good')]), row([attempt('revoked')], { isLeaf: false })],
      state: 'judged',
      codes: ['chain_cert_revoked'],
    },
    { name: 'unknown', rows: [row([attempt('unknown')])], state: 'unknown', codes: ['revocation_unknown'] },
    {
      name: 'not published',
      rows: [row([], { published: false })],
      state: 'unknown',
      codes: ['revocation_not_published'],
    },
    { name: 'published, and no source was asked', rows: [row([])], state: 'unknown', codes: ['revocation_unknown'] },
    {
      name: 'a staple that is due',
      rows: [row([attempt('good')], { mustStaple: true })],
      state: 'judged',
      codes: ['must_staple_missing'],
    },
    {
      name: 'a staple that came',
      rows: [row([attempt('good', { source: 'staple' })], { mustStaple: true })],
      state: 'judged',
      codes: [],
    },
  ])('$name', ({ rows, state, codes }) => {
    expect(judge(rows)).toMatchObject({ state, codes });
  });

  it('does not know of a path without an anchor', () => {
    expect(judge([], { anchored: false })).toMatchObject({ state: 'unknown', codes: [] });
  });

  it('makes an error of what is unknown where revocation is required', () => {
    const { state, judgement } = judge([row([attempt('unknown')])], { mode: 'require' });
    expect(state).toBe('judged');
    expect(judgement.faults[0]?.rule).toBe('revocation.required');
    expect(judge([row([], { published: false })], { mode: 'require' }).codes).toEqual(['revocation_unknown']);
  });

  it('tells what is wrong with a document once', () => {
    const fault = { code: 'crl_expired', rule: 'crl.expired', detail: 'the CRL of CN=CA: old' } as const;
    const { codes } = judge([row([attempt('good')], { faults: [fault] }), row([attempt('good')], { faults: [fault] })]);
    expect(codes).toEqual(['crl_expired']);
  });

  it('cleans and cuts the addresses that it names', () => {
    const { judgement } = judge([row([attempt('unknown', { url: `http://a/\u202e${'x'.repeat(500)}` })])]);
    expect(judgement.faults[0]?.detail).not.toContain('\u202e');
    expect(judgement.faults[0]?.detail.length).toBeLessThan(300);
  });
});

import { createHash } from 'node:crypto';
import { afterAll, describe, expect, it } from 'vitest';
import { bundle, type Issued } from '../support/issued.ts';
import { intermediate, leaf, root } from '../support/pki.ts';
import { startService } from '../support/service.ts';

/**
 * The year of DST Root CA X3: an old root expires while its cross-sign of a new root goes on for three years more, and
 * servers go on sending the cross-sign. Clients that followed it to the expired root broke, though the new root stood
 * in their store. Every store, every chain sent, every time.
 */

const HOST = 'host.example.com';
const day = (text: string) => new Date(`${text}T00:00:00Z`);

const old = await root('Old Root', { notBefore: day('2000-09-30'), notAfter: day('2021-09-30') });
const anew = await root('New Root', { notBefore: day('2015-06-04'), notAfter: day('2035-06-04') });
const crossSign = await intermediate(old, 'New Root', {
  key: anew,
  notBefore: day('2021-01-20'),
  notAfter: day('2024-09-30'),
});
const issuing = await intermediate(anew, 'Issuing', { notBefore: day('2020-09-04'), notAfter: day('2030-09-15') });
const bottom = await leaf(issuing, HOST, { notBefore: day('2021-02-01'), notAfter: day('2029-01-01') });

const CERTIFICATES = { old, new: anew, cross: crossSign, issuing } as const;
type Name = keyof typeof CERTIFICATES;

const STORES: readonly (readonly Name[])[] = [
  ['old'],
  ['new'],
  ['cross'],
  ['old', 'new'],
  ['old', 'cross'],
  ['new', 'cross'],
  ['old', 'new', 'cross'],
];
const SENT: readonly (readonly Name[])[] = [
  ['issuing'],
  ['issuing', 'cross'],
  ['cross', 'issuing'],
  ['issuing', 'cross', 'old'],
  ['issuing', 'new', 'cross'],
];
const TIMES = ['2021-06-01', '2022-06-01', '2025-06-01'] as const;

/** The anchor that the longest valid path ends in, else any that one ends in. */
function expectedAnchor(store: readonly Name[], sent: readonly Name[], at: string) {
  const isSent = sent.includes('cross');
  const ends: readonly { readonly name: Name; readonly until: string; readonly isReached: boolean }[] = [
    { name: 'new', until: '2029-01-01', isReached: true },
    { name: 'cross', until: '2024-09-30', isReached: true },
    { name: 'old', until: '2021-09-30', isReached: isSent },
  ];
  const reached = ends.filter(({ name, isReached }) => store.includes(name) && isReached);
  return { valid: reached.find(({ until }) => at < until) ?? null, isAnchored: reached.length > 0 };
}

const rows = STORES.flatMap((store) => SENT.flatMap((sent) => TIMES.map((at) => ({ store, sent, at }))));

describe('an expired root and a cross-sign that outlives it', async () => {
  const service = await startService();
  afterAll(async () => await service[Symbol.asyncDispose]());
  const pemOf = (names: readonly Name[]) => bundle(...names.map((name) => CERTIFICATES[name]));
  const sha256 = ({ der }: Issued) => createHash('sha256').update(der).digest('hex');

  it.each(rows)('trusting $store, sent $sent, at $at', async ({ store, sent, at }) => {
    const verdict = await service.ask({
      host: HOST,
      chain_pem: bottom.pem + pemOf(sent),
      ca: { pem: pemOf(store) },
      at: `${at}T00:00:00Z`,
      policy: { profile: 'rfc5280' },
      revocation: 'off',
    });
    const { valid, isAnchored } = expectedAnchor(store, sent, at);
    const [row] = verdict.trust;
    const errors = verdict.findings.filter(({ severity }) => severity === 'error').map(({ code }) => code);
    expect(verdict.ok).toBe(valid !== null);
    expect(verdict.checks.trust).toBe(isAnchored ? 'pass' : 'fail');
    if (valid !== null) {
      expect(errors).toEqual([]);
      expect(row?.anchor_sha256).toBe(sha256(CERTIFICATES[valid.name]));
      expect(row?.valid_until).toBe(`${valid.until}T00:00:00Z`);
    } else if (isAnchored) {
      expect(verdict.checks.validity).toBe('fail');
      expect(errors).toContain('trust_anchor_expired');
    } else {
      expect(errors).toEqual([sent.includes('new') ? 'untrusted_root' : 'issuer_not_found']);
    }
  });
});

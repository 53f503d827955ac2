import type { CertificateList, CrlEntry } from '../domain/certificate-list.ts';
import type { Fault } from '../domain/fault.ts';
import type { DocumentOrigin, RevocationAttempt } from '../domain/revocation.ts';
import { createTurns } from '../x509/turns.ts';
import { type CrlJudgement, crlFault, type JudgementContext, judgeCrl, type Subject } from './crl-judgement.ts';
import { ALL_REASONS } from './crl-scope.ts';

/** A CRL with the way it came. */
export interface LocatedCrl {
  readonly list: CertificateList;
  readonly foundBy: DocumentOrigin;
  /** Null when it was not fetched. */
  readonly url: string | null;
  readonly cached: boolean;
}

export interface CrlFindings {
  readonly attempts: readonly RevocationAttempt[];
  readonly faults: readonly Fault[];
}

interface Judged extends LocatedCrl {
  readonly judgement: CrlJudgement;
}

/**
 * What several CRLs say together of one certificate: complete ones, each with the delta that fits it, until every
 * reason is covered (RFC 5280 §6.3.3). CRLs that do not cover the certificate are left out.
 */
export async function combineCrls(
  crls: readonly LocatedCrl[],
  subject: Subject,
  context: JudgementContext,
): Promise<CrlFindings> {
  const judged: Judged[] = [];
  const giveWay = createTurns(null);
  for (const crl of crls) {
    judged.push({ ...crl, judgement: await judgeCrl(crl.list, subject, context) });
    await giveWay();
  }
  const inScope = judged.filter(({ judgement }) => judgement.reasons !== null);
  const complete = inScope.filter(({ list }) => list.baseNumber === null);
  const deltas = inScope.filter(({ list }) => list.baseNumber !== null);
  const covered = complete.reduce(
    (mask, { judgement }) => (judgement.usable ? mask | (judgement.reasons ?? 0) : mask),
    0,
  );
  const isWhole = (covered & ALL_REASONS) === ALL_REASONS;
  const faults = inScope.flatMap(({ judgement }) => judgement.faults);
  const attempts = complete.map((crl) => attemptOf(crl, deltas, isWhole));
  const fitting = new Set(complete.flatMap((crl) => newestDelta(crl, deltas) ?? []));
  for (const delta of deltas.filter((each) => !fitting.has(each))) {
    const { list, judgement } = delta;
    if (judgement.entry !== null && judgement.entry.reason !== 'remove_from_crl')
      attempts.push(attemptOf(delta, [], false));
    else if (!complete.some((crl) => crl.judgement.usable)) {
      attempts.push(attemptOf(delta, [], false));
      faults.push(crlFault('crl.delta_without_base', list, 'it is a delta CRL, and no complete CRL fits it'));
    }
  }
  return { attempts, faults };
}

function attemptOf(crl: Judged, deltas: readonly Judged[], isWhole: boolean): RevocationAttempt {
  const { list, foundBy, url, cached, judgement } = crl;
  const delta = newestDelta(crl, deltas);
  const entry = entryOf(judgement, delta?.judgement ?? null);
  const isGood = entry === null && judgement.usable && isWhole && list.baseNumber === null;
  const unknown = judgement.usable && list.baseNumber === null ? 'reasons_not_covered' : 'unusable';
  return {
    source: 'crl',
    foundBy,
    url,
    status: entry !== null ? 'revoked' : isGood ? 'good' : 'unknown',
    reason: entry !== null || isGood ? null : unknown,
    thisUpdate: known((delta ?? crl).list.thisUpdate),
    nextUpdate: known((delta ?? crl).list.nextUpdate),
    cached,
    revokedAt: entry === null ? null : known(entry.revokedAt),
    revocationReason: entry?.reason ?? null,
  };
}

function known(time: number): number | null {
  return Number.isNaN(time) ? null : time;
}

/** RFC 5280 §6.3.3(i) to (k): the delta is asked first; removeFromCRL there takes an entry of the complete CRL back. */
function entryOf(complete: CrlJudgement, delta: CrlJudgement | null): CrlEntry | null {
  if (delta === null || delta.entry === null) return complete.entry;
  return delta.entry.reason === 'remove_from_crl' ? null : delta.entry;
}

/** RFC 5280 §6.3.3(c): same issuer, scope and key; the complete CRL is not older than the base and not newer. */
function newestDelta(complete: Judged, deltas: readonly Judged[]): Judged | null {
  const { list } = complete;
  const fitting = deltas.filter(({ list: delta, judgement }) => {
    if (!judgement.usable || delta.baseNumber === null || list.number === null || delta.number === null) return false;
    return (
      delta.issuer.key === list.issuer.key &&
      isSameScope(delta, list) &&
      (delta.authorityKeyIdentifier?.keyIdentifier ?? null) === (list.authorityKeyIdentifier?.keyIdentifier ?? null) &&
      list.number >= delta.baseNumber &&
      list.number < delta.number
    );
  });
  return fitting.toSorted((a, b) => Number((b.list.number ?? 0n) - (a.list.number ?? 0n)))[0] ?? null;
}

function isSameScope(delta: CertificateList, complete: CertificateList): boolean {
  const scopes = [delta, complete].map(({ issuingDistributionPoint: idp }) => idp?.der ?? Buffer.alloc(0));
  const [one = Buffer.alloc(0), other = Buffer.alloc(0)] = scopes;
  return one.equals(other);
}

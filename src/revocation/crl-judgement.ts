import type { Certificate, DistinguishedName } from '../domain/certificate.ts';
import type { CertificateList, CrlEntry } from '../domain/certificate-list.ts';
import type { Fault, FaultEvidence } from '../domain/fault.ts';
import type { Profile } from '../domain/policy.ts';
import type { RuleId } from '../domain/rules.ts';
import { severityOf } from '../domain/severity.ts';
import { formatTime } from '../domain/time.ts';
import type { SignatureOutcome } from '../x509/signature.ts';
import { verifyLongSignature } from '../x509/signature.ts';
import { reasonsCovered } from './crl-scope.ts';
import type { SignatureBudget } from './signature-budget.ts';

/** How far a document's thisUpdate may lie ahead: clocks of CAs and ours differ. */
export const CLOCK_SKEW_MS = 5 * 60 * 1000;
/** Certificates of one name that are tried as the signer of a CRL. */
const MAX_SIGNERS = 8;

/** One certificate whose status is sought. */
export interface Subject {
  readonly certificate: Certificate;
  /** The next certificate of its path; its signature on `certificate` has been checked. */
  readonly issuer: Certificate;
}

export interface JudgementContext {
  /** Milliseconds since the epoch. */
  readonly at: number;
  readonly profile: Profile;
  /** Further certificates of this subject name that lead to the same anchor (RFC 5280 §6.3.3(f)). */
  readonly signersOf: (name: DistinguishedName) => readonly Certificate[];
  readonly budget: SignatureBudget;
}

/** What one CRL, complete or delta, says of one certificate. */
export interface CrlJudgement {
  /** Null: the certificate is not in its scope, and nothing else was looked at. */
  readonly reasons: number | null;
  /** It may show that a certificate is good: signed, current, and without a departure that matters. */
  readonly usable: boolean;
  /** The entry about the certificate, when the CRL is signed by who may; null = none that counts. */
  readonly entry: CrlEntry | null;
  readonly faults: readonly Fault[];
}

const OUT_OF_SCOPE: CrlJudgement = { reasons: null, usable: false, entry: null, faults: [] };

/** Judges one CRL for one certificate (RFC 5280 §6.3.3). An entry counts also where the CRL cannot show goodness. */
export async function judgeCrl(
  list: CertificateList,
  subject: Subject,
  context: JudgementContext,
): Promise<CrlJudgement> {
  const reasons = reasonsCovered(list, subject.certificate);
  if (reasons === 0) return OUT_OF_SCOPE;
  const documentFaults = list.faults.map((fault) => withIssuer(fault, list));
  const signer = await judgeSigner(list, subject, context);
  if (signer !== null) return { reasons, usable: false, entry: null, faults: [...documentFaults, signer] };
  const timeFaults = judgeTimes(list, context.at);
  const faults = [...documentFaults, ...timeFaults];
  return {
    reasons,
    usable: faults.every((fault) => isHarmless(fault, context.profile)),
    entry: entryThatCounts(list, subject.certificate, context.at),
    faults,
  };
}

/** Departures that are told and no more. A CRL whose next one is overdue is valid until its nextUpdate. */
function isHarmless(fault: Fault, profile: Profile): boolean {
  return fault.rule === 'crl.next_publish_overdue' || ['info', 'off'].includes(severityOf(fault, profile));
}

/** Why nobody who may has signed the CRL; null when somebody has. */
export async function judgeSigner(
  list: CertificateList,
  subject: Subject,
  context: Pick<JudgementContext, 'signersOf' | 'budget'>,
): Promise<Fault | null> {
  if (list.signature.hash === 'md2' || list.signature.hash === 'md4' || list.signature.hash === 'md5') {
    return crlFault('crl.signature_unsupported', list, `it is signed with ${list.signature.algorithm.name}`);
  }
  const signers = new Map<string, Certificate>();
  for (const signer of [subject.issuer, ...context.signersOf(list.issuer)]) {
    if (signer.subject.key === list.issuer.key && signers.size < MAX_SIGNERS) signers.set(signer.spki.sha256, signer);
  }
  if (signers.size === 0) {
    return crlFault('crl.issuer_not_found', list, `no certificate of ${list.issuer.text} leads to the trust anchor`);
  }
  const outcomes = new Set<SignatureOutcome | 'not_checked'>();
  for (const signer of signers.values()) {
    const outcome = await verifyOnce(list, signer, context.budget);
    outcomes.add(outcome);
    if (outcome !== 'valid') continue;
    const usage = signer.decoded.keyUsage;
    if (usage === undefined || usage.has('crl_sign')) return null;
    return crlFault('crl.issuer_cannot_sign', list, `the key usage of ${signer.subject.text} lacks cRLSign`);
  }
  if (outcomes.has('not_checked')) {
    return crlFault('crl.not_checked', list, 'the signature checks that one verification may make were used up before');
  }
  return outcomes.has('unsupported')
    ? crlFault('crl.signature_unsupported', list, `its signature (${list.signature.algorithm.name}) cannot be checked`)
    : crlFault('crl.signature', list, `it is not signed by the key of ${list.issuer.text}`);
}

/** Outcomes by key, for as long as the CRL lives: a signature of fifty megabytes is checked once. */
const outcomes = new WeakMap<CertificateList, Map<string, Promise<SignatureOutcome>>>();

async function verifyOnce(
  list: CertificateList,
  { spki }: Certificate,
  budget: SignatureBudget,
): Promise<SignatureOutcome | 'not_checked'> {
  const byKey = outcomes.get(list) ?? new Map<string, Promise<SignatureOutcome>>();
  outcomes.set(list, byKey);
  const known = byKey.get(spki.sha256);
  if (known !== undefined) return await known;
  if (!budget.spend(spki, list.tbs)) return 'not_checked';
  const outcome = verifyLongSignature({ data: list.tbs, signature: list.signature, spki });
  byKey.set(spki.sha256, outcome);
  return await outcome;
}

function judgeTimes(list: CertificateList, at: number): Fault[] {
  const { thisUpdate, nextUpdate, nextPublish } = list;
  if (thisUpdate > at + CLOCK_SKEW_MS) {
    return [crlFault('crl.not_yet_valid', list, `thisUpdate ${formatTime(thisUpdate)} is after ${formatTime(at)}`)];
  }
  if (nextUpdate < at) {
    return [crlFault('crl.expired', list, `nextUpdate ${formatTime(nextUpdate)} is before ${formatTime(at)}`)];
  }
  if (nextPublish < at) {
    const detail = `the next CRL was to be published by ${formatTime(nextPublish)}; this one serves until ${formatTime(nextUpdate)}`;
    return [crlFault('crl.next_publish_overdue', list, detail)];
  }
  return [];
}

/** The entry of this certificate. Nobody takes a revocation back, but for a hold: a list out of date still tells it. */
function entryThatCounts(list: CertificateList, certificate: Certificate, at: number): CrlEntry | null {
  const entries = list
    .find(certificate.serial)
    .filter((entry) => (entry.certificateIssuer ?? list.issuer).key === certificate.issuer.key);
  const entry = entries.find(({ reason }) => reason !== 'remove_from_crl') ?? entries[0] ?? null;
  if (entry === null) return null;
  const isFuture = list.thisUpdate > at + CLOCK_SKEW_MS;
  const isPast = list.nextUpdate < at;
  if (isFuture && !(entry.revokedAt <= at)) return null;
  return isPast && (entry.reason === 'certificate_hold' || entry.reason === 'remove_from_crl') ? null : entry;
}

/** A fault of a CRL with what its remedy and its reader need. */
export function crlFault(rule: RuleId, list: CertificateList, detail: string): Fault {
  const code = rule === 'crl.expired' || rule === 'crl.next_publish_overdue' ? 'crl_expired' : 'crl_invalid';
  return withIssuer({ code, rule, detail: `the CRL of ${list.issuer.text}: ${detail}` }, list);
}

function withIssuer(fault: Fault, list: CertificateList): Fault {
  const evidence: FaultEvidence = {
    ...fault.evidence,
    crl_issuer: list.issuer.text,
    this_update: formatTime(list.thisUpdate),
    next_update: formatTime(list.nextUpdate),
  };
  return { ...fault, evidence };
}

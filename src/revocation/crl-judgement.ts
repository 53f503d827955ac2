import type { Certificate } from '../domain/certificate.ts';
import type { CertificateList, CrlEntry } from '../domain/certificate-list.ts';
import type { Fault, FaultEvidence } from '../domain/fault.ts';
import type { Profile } from '../domain/policy.ts';
import { RULES, type RuleId } from '../domain/rules.ts';
import { severityOf } from '../domain/severity.ts';
import { formatTime } from '../domain/time.ts';
import type { SignatureOutcome } from '../x509/signature.ts';
import { verifyLongSignature } from '../x509/signature.ts';
import { reasonsCovered } from './crl-scope.ts';
import type { SignerSearch } from './crl-signers.ts';
import type { SignatureBudget } from './signature-budget.ts';

/** How far a document's thisUpdate may lie ahead: clocks of CAs and ours differ. */
export const CLOCK_SKEW_MS = 5 * 60 * 1000;
/** Keys of one name that are tried as the signer of a CRL. */
const MAX_SIGNERS = 8;
/** Digests with which anybody can make a second document under one signature (RFC 6149, RFC 6150, RFC 6151). */
const BROKEN_HASHES: ReadonlySet<string | null> = new Set(['md2', 'md4', 'md5']);

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
  /** Further certificates that lead to the same anchor (RFC 5280 §6.3.3(f)). */
  readonly signersOf: SignerSearch;
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
  const { refusal } = await judgeSigner(list, subject, context);
  if (refusal !== null) return { reasons, usable: false, entry: null, faults: [...documentFaults, refusal] };
  const faults = [...documentFaults, ...weakSignature(list), ...judgeTimes(list, context.at)];
  return {
    reasons,
    usable: faults.every((fault) => isHarmless(fault, context.profile)),
    entry: entryThatCounts(list, subject.certificate, context.at),
    faults,
  };
}

/** Nobody is known to have forged one, and CAs that know no better are still there: told, and relied on. */
function weakSignature(list: CertificateList): Fault[] {
  if (list.signature.hash !== 'sha1') return [];
  const algorithm = list.signature.algorithm.name;
  const fault = crlFault('crl.signature_weak', list, `it is signed with ${algorithm}`);
  return [{ ...fault, evidence: { ...fault.evidence, algorithm } }];
}

/** Departures that are told and no more. A CRL whose next one is overdue is valid until its nextUpdate. */
function isHarmless(fault: Fault, profile: Profile): boolean {
  const severity = severityOf(fault, profile);
  if (fault.rule === 'crl.next_publish_overdue') return true;
  return severity !== 'error' && (severity !== 'warning' || fault.rule === 'crl.signature_weak');
}

export interface SignerJudgement {
  /** Why nobody who may has signed the CRL; null when somebody has. */
  readonly refusal: Fault | null;
  /** Names all that the refusal depends on beside the CRL: whoever has the same is refused the same. */
  readonly grounds: string;
}

/** Whether somebody who may sign it has signed a CRL. */
export async function judgeSigner(
  list: CertificateList,
  subject: Subject,
  context: Pick<JudgementContext, 'signersOf' | 'budget'>,
): Promise<SignerJudgement> {
  const grounds = signerGrounds(list.issuer.key, subject, context);
  const signers = signersByKey(list.issuer.key, subject, context);
  const refuse = (rule: RuleId, detail: string) => ({ refusal: crlFault(rule, list, detail), grounds });
  if (BROKEN_HASHES.has(list.signature.hash)) {
    return refuse('crl.signature_unsupported', `it is signed with ${list.signature.algorithm.name}`);
  }
  const { refused, isCut } = context.signersOf(list.issuer.key);
  const outcomes = new Set<SignatureOutcome | 'not_checked'>();
  for (const signersOfKey of [...signers.values()].slice(0, MAX_SIGNERS)) {
    const [first] = signersOfKey;
    const outcome = await verifyOnce(list, first, context.budget);
    outcomes.add(outcome);
    if (outcome !== 'valid') continue;
    if (signersOfKey.some(mayCrlSign)) return { refusal: null, grounds };
    return refuse('crl.issuer_cannot_sign', `the key usage of ${first.subject.text} lacks cRLSign`);
  }
  if (outcomes.has('not_checked') || isCut) {
    return refuse('crl.not_checked', 'the signature checks that one verification may make were used up before');
  }
  if (outcomes.has('unsupported')) {
    return refuse('crl.signature_unsupported', `its signature (${list.signature.algorithm.name}) cannot be checked`);
  }
  for (const { certificate, objection } of refused.slice(0, MAX_SIGNERS)) {
    if ((await verifyOnce(list, certificate, context.budget)) !== 'valid') continue;
    return refuse(
      'crl.issuer_path',
      `the path from ${certificate.subject.text} to the anchor is not valid: ${objection}`,
    );
  }
  return signers.size === 0
    ? refuse('crl.issuer_not_found', `no certificate of ${list.issuer.text} leads to the trust anchor`)
    : refuse('crl.signature', `it is not signed by the key of ${list.issuer.text}`);
}

/** What `judgeSigner` goes by for CRLs of one issuer, beside their bytes. */
export function signerGrounds(nameKey: string, subject: Subject, context: Pick<JudgementContext, 'signersOf'>): string {
  const signers = [...signersByKey(nameKey, subject, context).values()].flat().map(({ sha256 }) => sha256);
  const refused = context
    .signersOf(nameKey)
    .refused.map(({ certificate, objection }) => certificate.sha256 + objection);
  return [...signers, ...refused].join('\n');
}

/** The certificates that may sign under a name, by key: one key may have several, and not all for signing CRLs. */
function signersByKey(
  nameKey: string,
  { issuer }: Subject,
  { signersOf }: Pick<JudgementContext, 'signersOf'>,
): ReadonlyMap<string, readonly [Certificate, ...Certificate[]]> {
  const byKey = new Map<string, [Certificate, ...Certificate[]]>();
  for (const signer of [issuer, ...signersOf(nameKey).certificates]) {
    if (signer.subject.key !== nameKey) continue;
    const same = byKey.get(signer.spki.sha256);
    if (same === undefined) byKey.set(signer.spki.sha256, [signer]);
    else if (same.every(({ sha256 }) => sha256 !== signer.sha256)) same.push(signer);
  }
  return byKey;
}

function mayCrlSign({ decoded }: Certificate): boolean {
  return decoded.keyUsage === undefined || decoded.keyUsage.has('crl_sign');
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
  if (!budget.spend(spki, list.tbs)) return 'not_checked';
  const outcome = byKey.get(spki.sha256) ?? verifyLongSignature({ data: list.tbs, signature: list.signature, spki });
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
  return withIssuer({ code: RULES[rule].code, rule, detail: `the CRL of ${list.issuer.text}: ${detail}` }, list);
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

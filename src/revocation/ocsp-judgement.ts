import { hash } from 'node:crypto';
import type { Certificate } from '../domain/certificate.ts';
import type { Fault } from '../domain/fault.ts';
import type { OcspResponse, ReadOcspResponse, SingleResponse } from '../domain/ocsp-response.ts';
import type { Profile } from '../domain/policy.ts';
import type { RevocationAttempt } from '../domain/revocation.ts';
import { RULES, type RuleId } from '../domain/rules.ts';
import { severityOf } from '../domain/severity.ts';
import { formatTime } from '../domain/time.ts';
import { verifySignature } from '../x509/signature.ts';
import { CLOCK_SKEW_MS, type JudgementContext, type Subject } from './crl-judgement.ts';

/** How old a response without nextUpdate may be: it claims that newer information is always there. */
const MAX_AGE_MS = 24 * 60 * 60 * 1000;
/** Digests of certificate identifiers that are compared; the weak ones are nobody's. */
const ID_HASHES = new Set(['sha1', 'sha224', 'sha256', 'sha384', 'sha512']);
const WEAK_HASHES = new Set(['md2', 'md4', 'md5']);
const OCSP_SIGNING = '1.3.6.1.5.5.7.3.9';

export interface OcspContext extends Pick<JudgementContext, 'at' | 'profile'> {
  /** Whether the CRLs at hand revoke a responder's certificate; asked when it lacks ocsp-nocheck. */
  readonly isRevoked: (responder: Certificate) => Promise<boolean>;
}

/** What an OCSP response says of a certificate. */
export interface OcspJudgement {
  readonly said: Pick<
    RevocationAttempt,
    'status' | 'reason' | 'thisUpdate' | 'nextUpdate' | 'revokedAt' | 'revocationReason'
  >;
  readonly faults: readonly Fault[];
  /** It is signed by who may sign it, so that it may be kept. */
  readonly authentic: boolean;
  /** It is not for reasons that are one caller's: the moment asked about, its certificate, or the CRLs at hand. */
  readonly isCallers: boolean;
  /** The responder does not know the certificate, whatever moment or profile was asked about. */
  readonly isUnknown: boolean;
}

const NOTHING: OcspJudgement = {
  said: {
    status: 'unknown',
    reason: 'unusable',
    thisUpdate: null,
    nextUpdate: null,
    revokedAt: null,
    revocationReason: null,
  },
  faults: [],
  authentic: false,
  isCallers: false,
  isUnknown: false,
};

/** Judges an OCSP response by RFC 6960 §3.2. */
export async function judgeOcsp(
  read: ReadOcspResponse,
  subject: Subject,
  context: OcspContext,
): Promise<OcspJudgement> {
  const because = (fault: Fault): OcspJudgement => ({ ...NOTHING, faults: [withIssuer(fault, subject)] });
  if (read.kind === 'unreadable') return because(read.fault);
  if (read.kind === 'error') return { ...NOTHING, said: { ...NOTHING.said, reason: 'responder_error' } };
  const { response } = read;
  const singles = response.responses.filter((each) => isAbout(each, subject));
  if (singles.length === 0) return because(ocspFault('ocsp.other_certificate', 'it says nothing of the certificate'));
  const judged = await judgeResponder(response, subject, context);
  if ('fault' in judged) return { ...because(judged.fault), isCallers: judged.isCallers };
  const common = [...response.faults, ...weakSignature(response, judged.responder, subject)];
  const answers = singles.map((single) => judgeSingle(single, common, context));
  // The worst of several counts, as it does among documents.
  const worst = WORST_FIRST.flatMap((status) => answers.filter(({ said }) => said.status === status))[0];
  return {
    ...NOTHING,
    ...worst,
    faults: (worst?.faults ?? []).map((fault) => withIssuer(fault, subject)),
    authentic: true,
    isUnknown: singles.some(({ status }) => status === 'unknown'),
  };
}

const WORST_FIRST = ['revoked', 'unknown', 'good'] as const;

/**
 * What one single response says. A revocation counts also in one out of date, but for a hold.
 * @param common faults of the response that it stands in
 */
function judgeSingle(
  single: SingleResponse,
  common: readonly Fault[],
  { at, profile }: Pick<OcspContext, 'at' | 'profile'>,
): Pick<OcspJudgement, 'said' | 'faults'> {
  const time = judgeTime(single, at);
  const faults = time === null ? common : [...common, time];
  const usable = faults.every((fault) => isHarmless(fault, profile));
  const isHold = single.reason === 'certificate_hold' || single.reason === 'remove_from_crl';
  const isEarly = time?.rule === 'ocsp.not_yet_valid' && !(single.revokedAt <= at);
  const isRevoked = single.status === 'revoked' && (time === null || (!isHold && !isEarly));
  const isGood = single.status === 'good' && usable;
  const said: OcspJudgement['said'] = {
    status: isRevoked ? 'revoked' : isGood ? 'good' : 'unknown',
    reason: isRevoked || isGood ? null : single.status === 'unknown' && usable ? 'responder_error' : 'unusable',
    thisUpdate: known(single.thisUpdate),
    nextUpdate: known(single.nextUpdate),
    revokedAt: isRevoked ? known(single.revokedAt) : null,
    revocationReason: isRevoked ? single.reason : null,
  };
  return { said, faults };
}

/** Departures that are told and no more. */
function isHarmless(fault: Fault, profile: Profile): boolean {
  const severity = severityOf(fault, profile);
  return severity !== 'error' && (severity !== 'warning' || fault.rule === 'ocsp.signature_weak');
}

/**
 * Of the response; that of the responder's certificate counts as much. Others that come along are no part of what is
 * signed, and anybody may add some.
 */
function weakSignature({ signature }: OcspResponse, responder: Certificate, { issuer }: Subject): Fault[] {
  const signatures = responder.sha256 === issuer.sha256 ? [signature] : [signature, responder.signature];
  const weak = signatures.find(({ hash: digest }) => digest === 'sha1');
  if (weak === undefined) return [];
  const algorithm = weak.algorithm.name;
  const fault = ocspFault(
    'ocsp.signature_weak',
    `it, or the certificate of its responder, is signed with ${algorithm}`,
  );
  return [{ ...fault, evidence: { algorithm } }];
}

function known(time: number): number | null {
  return Number.isNaN(time) ? null : time;
}

/** RFC 6960 §4.1.1: the digests of the issuer's name and key, and the serial number. */
function isAbout(single: SingleResponse, { certificate, issuer }: Subject): boolean {
  if (single.hash === null || !ID_HASHES.has(single.hash)) return false;
  return (
    integerOf(single.serial) === integerOf(certificate.serial) &&
    hash(single.hash, certificate.issuer.der, 'buffer').equals(single.issuerNameHash) &&
    hash(single.hash, issuer.spki.publicKey, 'buffer').equals(single.issuerKeyHash)
  );
}

/** Of the octets of an INTEGER in hex. Negative serial numbers should not exist, and are others than positive ones. */
function integerOf(hex: string): bigint {
  return BigInt.asIntN(hex.length * 4, BigInt(`0x${hex}`));
}

interface Refusal {
  readonly fault: Fault;
  readonly isCallers: boolean;
}

/** Who has signed the response and may (RFC 6960 §4.2.2.2), or why nobody has. */
async function judgeResponder(
  response: OcspResponse,
  subject: Subject,
  context: OcspContext,
): Promise<Refusal | { readonly responder: Certificate }> {
  const { signature, tbs } = response;
  const refuse = (rule: RuleId, detail: string, isCallers = false): Refusal => ({
    fault: ocspFault(rule, detail),
    isCallers,
  });
  const responders = [subject.issuer, ...response.certificates].filter((each) => isNamed(response, each));
  const isBroken = signature.hash !== null && WEAK_HASHES.has(signature.hash);
  if (isBroken && responders.length > 0) {
    return refuse('ocsp.signature_unsupported', `it is signed with ${signature.algorithm.name}`);
  }
  let refusal: Refusal | null = null;
  for (const responder of responders) {
    const outcome = verifySignature({ data: tbs, signature, spki: responder.spki });
    if (outcome !== 'valid') {
      refusal ??=
        outcome === 'invalid'
          ? refuse('ocsp.signature', `it is not signed by the key of ${responder.subject.text}`)
          : refuse('ocsp.signature_unsupported', `its signature (${signature.algorithm.name}) cannot be checked`);
      continue;
    }
    const objection = await objectionTo(responder, subject, context);
    if (objection === null) return { responder };
    const { text, isCallers = false } = objection;
    const isOneCallers: boolean = isCallers || refusal?.isCallers === true;
    refusal = refuse('ocsp.responder_not_authorized', `${responder.subject.text} ${text}`, isOneCallers);
  }
  return refusal ?? refuse('ocsp.responder_unknown', 'its responder is not the issuer, and has no certificate in it');
}

function isNamed({ responder }: OcspResponse, { subject, spki }: Certificate): boolean {
  return 'name' in responder
    ? responder.name.key === subject.key
    : hash('sha1', spki.publicKey, 'buffer').equals(responder.keyHash);
}

/** `isCallers`: for another moment, another certificate of this serial, or with other CRLs, it might not stand. */
interface Objection {
  readonly text: string;
  readonly isCallers?: boolean;
}

/** What stands against a responder that has signed; null for the issuer itself and for one that it appointed. */
async function objectionTo(responder: Certificate, subject: Subject, context: OcspContext): Promise<Objection | null> {
  const { certificate, issuer } = subject;
  const { decoded, signature } = responder;
  if (responder.spki.sha256 === issuer.spki.sha256) return null;
  if (responder.spki.sha256 === certificate.spki.sha256) return { text: 'speaks for itself', isCallers: true };
  const isIssued =
    responder.issuer.key === issuer.subject.key &&
    !(signature.hash !== null && WEAK_HASHES.has(signature.hash)) &&
    verifySignature({ data: responder.tbs, signature, spki: issuer.spki }) === 'valid';
  if (!isIssued) return { text: 'was not issued by the CA that issued the certificate' };
  if (decoded.extendedKeyUsage?.includes(OCSP_SIGNING) !== true)
    return { text: 'has no extended key usage for OCSP signing' };
  if (decoded.keyUsage !== undefined && !decoded.keyUsage.has('digital_signature'))
    return { text: 'may not sign by its key usage' };
  if (responder.extensions.some(({ critical, recognised }) => critical && !recognised)) {
    return { text: 'has a critical extension that is not known' };
  }
  if (!(responder.notBefore <= context.at && context.at <= responder.notAfter))
    return { text: 'is not within its dates', isCallers: true };
  if (decoded.ocspNoCheck !== true && (await context.isRevoked(responder)))
    return { text: 'is revoked', isCallers: true };
  return null;
}

function judgeTime({ thisUpdate, nextUpdate }: SingleResponse, at: number): Fault | null {
  if (thisUpdate > at + CLOCK_SKEW_MS) {
    return ocspFault('ocsp.not_yet_valid', `thisUpdate ${formatTime(thisUpdate)} is after ${formatTime(at)}`);
  }
  const end = Number.isNaN(nextUpdate) ? thisUpdate + MAX_AGE_MS : nextUpdate;
  if (end >= at - CLOCK_SKEW_MS) return null;
  const told = Number.isNaN(nextUpdate)
    ? `it has no nextUpdate, and thisUpdate ${formatTime(thisUpdate)} is more than a day ago`
    : `nextUpdate ${formatTime(nextUpdate)} is before ${formatTime(at)}`;
  return ocspFault('ocsp.expired', told);
}

function ocspFault(rule: RuleId, detail: string): Fault {
  return { code: RULES[rule].code, rule, detail: `the OCSP response: ${detail}` };
}

function withIssuer(fault: Fault, { issuer }: Subject): Fault {
  return { ...fault, evidence: { ...fault.evidence, issuer: issuer.subject.text } };
}

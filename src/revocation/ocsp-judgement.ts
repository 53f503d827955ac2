import { hash } from 'node:crypto';
import type { Certificate } from '../domain/certificate.ts';
import type { Fault } from '../domain/fault.ts';
import type { OcspResponse, ReadOcspResponse, SingleResponse } from '../domain/ocsp-response.ts';
import type { RevocationAttempt } from '../domain/revocation.ts';
import type { RuleId } from '../domain/rules.ts';
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
export type OcspJudgement = Pick<
  RevocationAttempt,
  'status' | 'reason' | 'thisUpdate' | 'nextUpdate' | 'revokedAt' | 'revocationReason'
> & {
  readonly faults: readonly Fault[];
  /** It is signed by who may sign it, so that it may be kept. */
  readonly authentic: boolean;
};

const NOTHING: OcspJudgement = {
  status: 'unknown',
  reason: 'unusable',
  thisUpdate: null,
  nextUpdate: null,
  revokedAt: null,
  revocationReason: null,
  faults: [],
  authentic: false,
};

/** Judges an OCSP response by RFC 6960 §3.2. A revocation counts also in a response out of date, but for a hold. */
export async function judgeOcsp(
  read: ReadOcspResponse,
  subject: Subject,
  context: OcspContext,
): Promise<OcspJudgement> {
  const because = (fault: Fault): OcspJudgement => ({ ...NOTHING, faults: [withIssuer(fault, subject)] });
  if (read.kind === 'unreadable') return because(read.fault);
  if (read.kind === 'error') return { ...NOTHING, reason: 'responder_error' };
  const { response } = read;
  const singles = response.responses.filter((each) => isAbout(each, subject));
  // One that says revoked outweighs all others, as it does among documents.
  const single = singles.find(({ status }) => status === 'revoked') ?? singles[0];
  if (single === undefined) {
    return because(ocspFault('ocsp.other_certificate', 'it says nothing of the certificate'));
  }
  const refusal = await judgeResponder(response, subject, context);
  if (refusal !== null) return because(refusal);
  const time = judgeTime(single, context.at);
  const faults = [...response.faults, ...(time === null ? [] : [time])].map((fault) => withIssuer(fault, subject));
  const usable = faults.every((fault) => ['info', 'off'].includes(severityOf(fault, context.profile)));
  const isHold = single.reason === 'certificate_hold' || single.reason === 'remove_from_crl';
  const isEarly = time?.rule === 'ocsp.not_yet_valid' && !(single.revokedAt <= context.at);
  const isRevoked = single.status === 'revoked' && (time === null || (!isHold && !isEarly));
  const isGood = single.status === 'good' && usable;
  return {
    status: isRevoked ? 'revoked' : isGood ? 'good' : 'unknown',
    reason: isRevoked || isGood ? null : single.status === 'unknown' && usable ? 'responder_error' : 'unusable',
    thisUpdate: known(single.thisUpdate),
    nextUpdate: known(single.nextUpdate),
    revokedAt: isRevoked ? known(single.revokedAt) : null,
    revocationReason: isRevoked ? single.reason : null,
    faults,
    authentic: true,
  };
}

function known(time: number): number | null {
  return Number.isNaN(time) ? null : time;
}

/** RFC 6960 §4.1.1: the digests of the issuer's name and key, and the serial number. */
function isAbout(single: SingleResponse, { certificate, issuer }: Subject): boolean {
  if (single.hash === null || !ID_HASHES.has(single.hash)) return false;
  return (
    BigInt(`0x0${single.serial}`) === BigInt(`0x0${certificate.serial}`) &&
    hash(single.hash, certificate.issuer.der, 'buffer').equals(single.issuerNameHash) &&
    hash(single.hash, issuer.spki.publicKey, 'buffer').equals(single.issuerKeyHash)
  );
}

/** Why nobody who may has signed the response (RFC 6960 §4.2.2.2); null when somebody has. */
async function judgeResponder(response: OcspResponse, subject: Subject, context: OcspContext): Promise<Fault | null> {
  const { signature, tbs } = response;
  const responders = [subject.issuer, ...response.certificates].filter((each) => isNamed(response, each));
  if (responders.length === 0) {
    return ocspFault('ocsp.responder_unknown', 'its responder is not the issuer, and has no certificate in it');
  }
  if (signature.hash !== null && WEAK_HASHES.has(signature.hash)) {
    return ocspFault('ocsp.signature_unsupported', `it is signed with ${signature.algorithm.name}`);
  }
  let refusal: Fault | null = null;
  for (const responder of responders) {
    const outcome = verifySignature({ data: tbs, signature, spki: responder.spki });
    if (outcome !== 'valid') {
      refusal ??=
        outcome === 'invalid'
          ? ocspFault('ocsp.signature', `it is not signed by the key of ${responder.subject.text}`)
          : ocspFault('ocsp.signature_unsupported', `its signature (${signature.algorithm.name}) cannot be checked`);
      continue;
    }
    const objection = await objectionTo(responder, subject, context);
    if (objection === null) return null;
    refusal = ocspFault('ocsp.responder_not_authorized', `${responder.subject.text} ${objection}`);
  }
  return refusal;
}

function isNamed({ responder }: OcspResponse, { subject, spki }: Certificate): boolean {
  return 'name' in responder
    ? responder.name.key === subject.key
    : hash('sha1', spki.publicKey, 'buffer').equals(responder.keyHash);
}

/** What stands against a responder that has signed; null for the issuer itself and for one that it appointed. */
async function objectionTo(responder: Certificate, subject: Subject, context: OcspContext): Promise<string | null> {
  const { certificate, issuer } = subject;
  const { decoded } = responder;
  if (responder.spki.sha256 === issuer.spki.sha256) return null;
  if (responder.spki.sha256 === certificate.spki.sha256) return 'speaks for itself';
  const isIssued =
    responder.issuer.key === issuer.subject.key &&
    verifySignature({ data: responder.tbs, signature: responder.signature, spki: issuer.spki }) === 'valid';
  if (!isIssued) return 'was not issued by the CA that issued the certificate';
  if (decoded.extendedKeyUsage?.includes(OCSP_SIGNING) !== true) return 'has no extended key usage for OCSP signing';
  if (decoded.keyUsage !== undefined && !decoded.keyUsage.has('digital_signature'))
    return 'may not sign by its key usage';
  if (!(responder.notBefore <= context.at && context.at <= responder.notAfter)) return 'is not within its dates';
  if (responder.extensions.some(({ critical, recognised }) => critical && !recognised)) {
    return 'has a critical extension that is not known';
  }
  if (decoded.ocspNoCheck !== true && (await context.isRevoked(responder))) return 'is revoked';
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
  return { code: 'ocsp_response_invalid', rule, detail: `the OCSP response: ${detail}` };
}

function withIssuer(fault: Fault, { issuer }: Subject): Fault {
  return { ...fault, evidence: { ...fault.evidence, issuer: issuer.subject.text } };
}

import type { Certificate } from '../domain/certificate.ts';
import { isReadableList, type ReadCertificateList } from '../domain/certificate-list.ts';
import type { Fault } from '../domain/fault.ts';
import type { CertificationPath } from '../domain/path.ts';
import type { Profile } from '../domain/policy.ts';
import type {
  CertificateRevocation,
  DocumentOrigin,
  RevocationAttempt,
  RevocationEvidence,
  RevocationMode,
} from '../domain/revocation.ts';
import { readOcspResponse } from '../x509/ocsp-response.ts';
import { combineCrls, type LocatedCrl } from './combine-crls.ts';
import type { JudgementContext, Subject } from './crl-judgement.ts';
import { createSignerSearch } from './crl-signers.ts';
import { judgeOcsp } from './ocsp-judgement.ts';

/** The TLS feature "must-staple" (RFC 7633 §4; the extension number of RFC 6066 §8). */
const STATUS_REQUEST = 5;

/** A CRL that was there before anything was asked. */
export interface LocalCrl {
  readonly list: ReadCertificateList;
  readonly foundBy: Extract<DocumentOrigin, 'request' | 'authority'>;
}

export interface RevocationQuestion {
  readonly mode: Exclude<RevocationMode, 'off'>;
  /** The chosen path; null without a leaf. */
  readonly path: CertificationPath | null;
  /** Milliseconds since the epoch. */
  readonly at: number;
  readonly profile: Profile;
  readonly crls: readonly LocalCrl[];
  /** Certificates at hand that may have signed CRLs. */
  readonly candidates: readonly Certificate[];
  /** OCSP responses that the server stapled, by the SHA-256 of their certificate; null when there was no handshake. */
  readonly staples: ReadonlyMap<string, Buffer> | null;
}

/**
 * The revocation status of every certificate of a path but its anchor, each with all sources that were asked.
 * Nothing is asked for a path that does not lead to an anchor by signatures: whoever made it would choose the answers.
 */
export async function collectRevocation(question: RevocationQuestion): Promise<RevocationEvidence> {
  const { mode, path, staples } = question;
  const steps = path !== null && isAuthentic(path) ? path.steps.map(({ certificate }) => certificate) : [];
  const context: JudgementContext = {
    at: question.at,
    profile: question.profile,
    signersOf: createSignerSearch(steps.slice(1), question.candidates, question.at),
  };
  const crls = question.crls.flatMap(({ list, foundBy }): LocatedCrl[] =>
    isReadableList(list) ? [{ list, foundBy, url: null, cached: false }] : [],
  );
  const subjects = steps.slice(0, -1).map((certificate, index) => ({ certificate, issuer: steps[index + 1] }));
  const certificates = await Promise.all(
    subjects.flatMap(({ certificate, issuer }, index) =>
      issuer === undefined ? [] : [askAll({ certificate, issuer }, index === 0, { crls, context, staples })],
    ),
  );
  return {
    mode,
    anchored: steps.length > 0,
    certificates,
    faults: question.crls.flatMap(({ list }): Fault[] => (isReadableList(list) ? [] : [list.unreadable])),
  };
}

function isAuthentic(path: CertificationPath): boolean {
  return path.anchored && !path.faults.some(({ code }) => code === 'signature_invalid');
}

interface Sources {
  readonly crls: readonly LocatedCrl[];
  readonly context: JudgementContext;
  readonly staples: RevocationQuestion['staples'];
}

async function askAll(
  subject: Subject,
  isLeaf: boolean,
  { crls, context, staples }: Sources,
): Promise<CertificateRevocation> {
  const { certificate } = subject;
  const staple = staples?.get(certificate.sha256);
  const stapled = staple === undefined ? null : await judgeStaple(staple, subject, { crls, context });
  const listed = await combineCrls(crls, subject, context);
  return {
    certificate: certificate.sha256,
    subject: certificate.subject.text,
    isLeaf,
    mustStaple: isLeaf && staples !== null && certificate.decoded.tlsFeatures?.includes(STATUS_REQUEST) === true,
    published: isPublished(certificate),
    attempts: [...(stapled === null ? [] : [stapled.attempt]), ...listed.attempts],
    faults: [...(stapled?.faults ?? []), ...listed.faults].map((fault) => ({
      ...fault,
      certificate: certificate.sha256,
    })),
  };
}

async function judgeStaple(
  staple: Buffer,
  subject: Subject,
  { crls, context }: Pick<Sources, 'crls' | 'context'>,
): Promise<{ attempt: RevocationAttempt; faults: readonly Fault[] }> {
  const isRevoked = async (responder: Certificate): Promise<boolean> => {
    const { attempts } = await combineCrls(crls, { certificate: responder, issuer: subject.issuer }, context);
    return attempts.some(({ status }) => status === 'revoked');
  };
  const {
    faults,
    authentic: _,
    ...said
  } = await judgeOcsp(readOcspResponse(staple), subject, { ...context, isRevoked });
  return { attempt: { source: 'staple', foundBy: 'handshake', url: null, cached: false, ...said }, faults };
}

function isPublished({ decoded }: Certificate): boolean {
  return (decoded.crlDistributionPoints ?? []).length > 0 || (decoded.authorityInfoAccess?.ocsp ?? []).length > 0;
}

import type { Certificate } from '../domain/certificate.ts';
import { isReadableList, type ReadCertificateList } from '../domain/certificate-list.ts';
import type { Fault } from '../domain/fault.ts';
import type { FindingCode } from '../domain/finding-codes.ts';
import type { CertificationPath } from '../domain/path.ts';
import type { Profile } from '../domain/policy.ts';
import {
  type CertificateRevocation,
  type DocumentOrigin,
  type RevocationAttempt,
  type RevocationEvidence,
  type RevocationMode,
  statusOf,
} from '../domain/revocation.ts';
import { readOcspResponse } from '../x509/ocsp-response.ts';
import { type CrlFindings, combineCrls, type LocatedCrl } from './combine-crls.ts';
import type { JudgementContext, Subject } from './crl-judgement.ts';
import { createSignerSearch, type JudgeSignerPath } from './crl-signers.ts';
import { fetchCrls } from './fetch-crls.ts';
import { askResponders, type OcspFindings } from './fetch-ocsp.ts';
import type { RevocationNetwork } from './network.ts';
import { judgeOcsp, type OcspContext } from './ocsp-judgement.ts';
import { forgiveOtherTime } from './other-time.ts';
import { createSignatureBudget } from './signature-budget.ts';

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
  readonly judgeSignerPath: JudgeSignerPath;
  /** OCSP responses that the server stapled, by the SHA-256 of their certificate; null when there was no handshake. */
  readonly staples: ReadonlyMap<string, Buffer> | null;
  readonly network: RevocationNetwork;
}

/**
 * The revocation status of every certificate of a path but its anchor, each with all sources that were asked.
 * Nothing is asked for a path that CAs did not make up to an anchor: whoever made it would choose the answers.
 */
export async function collectRevocation(question: RevocationQuestion): Promise<RevocationEvidence> {
  const { mode, path, at, profile } = question;
  const steps = path !== null && isAuthentic(path) ? path.steps.map(({ certificate }) => certificate) : [];
  const budget = createSignatureBudget();
  const context: JudgementContext = {
    at,
    profile,
    budget,
    signersOf: createSignerSearch(steps.slice(1), question.candidates, {
      judgePath: question.judgeSignerPath,
      budget,
    }),
  };
  const crls = question.crls.flatMap(({ list, foundBy }): LocatedCrl[] =>
    isReadableList(list) ? [{ list, foundBy, url: null, cached: false }] : [],
  );
  const certificates = await Promise.all(
    steps.slice(0, -1).flatMap((certificate, index) => {
      const issuer = steps[index + 1];
      return issuer === undefined ? [] : [askAll({ certificate, issuer }, index === 0, { ...question, context, crls })];
    }),
  );
  const unreadable = question.crls.flatMap(({ list }): Fault[] => (isReadableList(list) ? [] : [list.unreadable]));
  return { mode, anchored: steps.length > 0, certificates, faults: unreadable };
}

/** Faults of a path below which anybody may have made the certificates, with whatever addresses they like. */
const NOT_ISSUED: ReadonlySet<FindingCode> = new Set(['signature_invalid', 'issuer_not_ca', 'issuer_cannot_sign']);

/** A signature alone says nothing: the holder of any certificate can sign another one with its key. */
function isAuthentic(path: CertificationPath): boolean {
  return path.anchored && !path.faults.some(({ code }) => NOT_ISSUED.has(code));
}

interface Sources extends Pick<RevocationQuestion, 'staples' | 'network'> {
  readonly context: JudgementContext;
  readonly crls: readonly LocatedCrl[];
}

type Findings = Pick<CertificateRevocation, 'attempts' | 'faults'>;
const NOTHING: Findings = { attempts: [], faults: [] };

async function askAll(subject: Subject, isLeaf: boolean, sources: Sources): Promise<CertificateRevocation> {
  const { certificate } = subject;
  const { staples, crls } = sources;
  const staple = staples?.get(certificate.sha256);
  // Most certificates of a private CA: nobody to ask and nothing at hand, which is known without asking.
  const isSilent = staple === undefined && crls.length === 0 && !namesSource(certificate);
  const found = isSilent ? [] : await askSources(subject, staple, sources);
  return {
    certificate: certificate.sha256,
    subject: certificate.subject.text,
    isLeaf,
    mustStaple: isLeaf && staples !== null && certificate.decoded.tlsFeatures?.includes(STATUS_REQUEST) === true,
    published: isPublished(certificate),
    attempts: found.flatMap(({ attempts }) => attempts),
    faults: found.flatMap(({ faults }) => faults).map((fault) => ({ ...fault, certificate: certificate.sha256 })),
  };
}

async function askSources(
  subject: Subject,
  staple: Buffer | undefined,
  sources: Sources,
): Promise<readonly Findings[]> {
  const { context, crls, network } = sources;
  const said = staple === undefined ? NOTHING : await judgeStaple(staple, subject, ocspContext(subject, context, crls));
  const stapled = forgiveOtherTime(said, { at: context.at, now: network.now() });
  const atHand = await combineCrls(crls, subject, context);
  if (statusOf(atHand) !== 'unknown') return [stapled, atHand];
  return [stapled, ...(await askNetwork(subject, { stapled, atHand }, sources))];
}

/**
 * What the addresses of a certificate say, beside the CRLs at hand that do not settle it. OCSP and CRL are asked both,
 * so that they can be seen to disagree; a staple is what the responder would say.
 */
async function askNetwork(
  subject: Subject,
  { stapled, atHand }: { readonly stapled: Findings; readonly atHand: Findings },
  { context, crls, network }: Sources,
): Promise<readonly (OcspFindings | CrlFindings)[]> {
  const responses =
    statusOf(stapled) === 'unknown' ? askResponders(subject, ocspContext(subject, context, crls), network) : NOTHING;
  const [answered, fetched] = await Promise.all([responses, fetchCrls(subject, context, network)]);
  // The CRLs at hand are judged once more, since those that were fetched may complete them: their faults come with it.
  const listed = await combineCrls([...crls, ...fetched.crls], subject, context);
  return [answered, listed, fetched].map((each) =>
    forgiveOtherTime(each, { at: context.at, now: network.now(), atHand: atHand.faults }),
  );
}

/** A responder without ocsp-nocheck counts as good unless a CRL at hand revokes it. */
function ocspContext(subject: Subject, context: JudgementContext, crls: readonly LocatedCrl[]): OcspContext {
  return {
    ...context,
    isRevoked: async (responder) => {
      const said = await combineCrls(crls, { certificate: responder, issuer: subject.issuer }, context);
      return statusOf(said) === 'revoked';
    },
  };
}

async function judgeStaple(staple: Buffer, subject: Subject, context: OcspContext): Promise<Findings> {
  const { faults, said } = await judgeOcsp(readOcspResponse(staple), subject, context);
  const attempt: RevocationAttempt = { source: 'staple', foundBy: 'handshake', url: null, cached: false, ...said };
  return { attempts: [attempt], faults };
}

/** Whether a certificate says where its status can be asked, a delta CRL alone included. */
function namesSource(certificate: Certificate): boolean {
  return isPublished(certificate) || (certificate.decoded.freshestCrl ?? []).length > 0;
}

function isPublished({ decoded }: Certificate): boolean {
  return (decoded.crlDistributionPoints ?? []).length > 0 || (decoded.authorityInfoAccess?.ocsp ?? []).length > 0;
}

import type { Fault } from '../domain/fault.ts';
import type { ReadOcspResponse } from '../domain/ocsp-response.ts';
import type { RevocationAttempt } from '../domain/revocation.ts';
import type { Claimants } from '../net/claimants.ts';
import { type CertIdHash, encodeOcspRequest } from '../x509/ocsp-request.ts';
import { MAX_OCSP_BYTES, readOcspResponse } from '../x509/ocsp-response.ts';
import type { Subject } from './crl-judgement.ts';
import { heldBytes, type Keepable, keepFailureMs, keepUntil } from './document-cache.ts';
import {
  askable,
  failedAttempt,
  failing,
  forCaller,
  isNoDocument,
  load,
  type NoDocument,
  noDocument,
  type RevocationNetwork,
} from './network.ts';
import { judgeOcsp, type OcspContext } from './ocsp-judgement.ts';

/** Responders of one certificate that are asked. */
const MAX_RESPONDERS = 2;
/** RFC 5019 §5: a request whose encoding in the address is longer than this goes by POST. */
const MAX_GET_LENGTH = 255;

/** An answer as it came: whoever is told of it reads and judges it again. */
interface Answer {
  readonly bytes: Buffer;
}

export interface OcspFindings {
  readonly attempts: readonly RevocationAttempt[];
  readonly faults: readonly Fault[];
}

/** Asks the responders that a certificate names (RFC 5280 §4.2.2.1), one after the other, until one knows. */
export async function askResponders(
  subject: Subject,
  context: OcspContext,
  network: RevocationNetwork,
): Promise<OcspFindings> {
  const urls = askable(subject.certificate.decoded.authorityInfoAccess?.ocsp ?? []);
  const attempts: RevocationAttempt[] = [];
  const faults: Fault[] = [];
  for (const url of urls.slice(0, MAX_RESPONDERS)) {
    const { document, cached } = await load<Answer>(network, {
      kind: `ocsp ${subject.certificate.serial} ${subject.certificate.issuer.der.toString('latin1')}`,
      url,
      subject,
      make: (claimants) => makeAnswer(url, subject, context, { ...network, claimants }),
    });
    if (isNoDocument(document)) {
      attempts.push(failedAttempt('ocsp', url, { ...document, cached }));
      faults.push(...document.faults);
      continue;
    }
    const judged = await judgeOcsp(readOcspResponse(document.bytes), subject, context);
    const { said, authentic, faults: found } = judged;
    attempts.push({ source: 'ocsp', foundBy: 'network', url, cached, ...said });
    faults.push(...(authentic ? found : forCaller({ reason: 'unusable', faults: found }, network).faults));
    if (said.status !== 'unknown') break;
  }
  return { attempts, faults };
}

type Asking = RevocationNetwork & { readonly claimants: Claimants };

async function makeAnswer(
  url: string,
  subject: Subject,
  context: OcspContext,
  network: Asking,
): Promise<Keepable<Answer | NoDocument>> {
  const answer = await ask(url, subject, network);
  if (isNoDocument(answer)) return failing(answer);
  const { bytes, read } = answer;
  const { said, faults, authentic, isCallers, isUnknown } = await judgeOcsp(read, subject, context);
  // Whether its responder may sign can depend on the moment and the CRLs of one caller: the next one judges it anew.
  if (isCallers) return { document: { bytes }, bytes: 0, keepMs: 0 };
  if (!authentic && read.kind !== 'error') return failing({ reason: 'unusable', faults });
  const isKnown = read.kind === 'response' && !isUnknown;
  const keepMs = isKnown ? keepUntil(said.nextUpdate ?? Number.NaN, network.now()) : keepFailureMs;
  return { document: { bytes }, bytes: heldBytes(bytes), keepMs };
}

/**
 * By GET, which caches on the way can answer (RFC 6960 §A.1); by POST where the responder does not take that; with a
 * SHA-256 identifier where it refuses the usual SHA-1.
 */
async function ask(url: string, subject: Subject, network: Asking): Promise<ReadAnswer | NoDocument> {
  const first = await askOnce(url, subject, network, { digest: 'sha1', method: 'GET' });
  if (isSettled(first)) return first;
  const second = await askOnce(url, subject, network, { digest: 'sha1', method: 'POST' });
  if (isSettled(second)) return second;
  const third = await askOnce(url, subject, network, { digest: 'sha256', method: 'POST' });
  return isResponse(third) ? third : second;
}

interface ReadAnswer extends Answer {
  readonly read: ReadOcspResponse;
}

function isResponse(answer: ReadAnswer | NoDocument): boolean {
  return 'read' in answer && answer.read.kind === 'response';
}

/** Asking in another way would not help: there is a response, or nobody who could give one. */
function isSettled(answer: ReadAnswer | NoDocument): boolean {
  return isResponse(answer) || (isNoDocument(answer) && answer.reason !== 'unusable');
}

async function askOnce(
  url: string,
  { certificate, issuer }: Subject,
  { session, timeoutMs, claimants }: Asking,
  { digest, method }: { readonly digest: CertIdHash; readonly method: 'GET' | 'POST' },
): Promise<ReadAnswer | NoDocument> {
  const bytes = encodeOcspRequest(certificate, issuer, digest);
  const encoded = encodeURIComponent(bytes.toString('base64'));
  // Behind a query there is no path that could be added to.
  const byGet = method === 'GET' && encoded.length <= MAX_GET_LENGTH && !url.includes('?');
  const body = byGet ? null : { type: 'application/ocsp-request', bytes };
  const address = byGet ? `${url.replace(/\/$/, '')}/${encoded}` : url;
  const request = { body, accept: 'application/ocsp-response', maxBytes: MAX_OCSP_BYTES };
  const fetched = await session.fetch(address, request, { timeoutMs, claimants });
  return 'error' in fetched ? noDocument(fetched) : { bytes: fetched.bytes, read: readOcspResponse(fetched.bytes) };
}

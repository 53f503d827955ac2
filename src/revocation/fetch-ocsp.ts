import type { Fault } from '../domain/fault.ts';
import type { ReadOcspResponse } from '../domain/ocsp-response.ts';
import type { RevocationAttempt } from '../domain/revocation.ts';
import { type CertIdHash, encodeOcspRequest } from '../x509/ocsp-request.ts';
import { MAX_OCSP_BYTES, readOcspResponse } from '../x509/ocsp-response.ts';
import type { Subject } from './crl-judgement.ts';
import { type Keepable, keepFailureMs, keepUntil } from './document-cache.ts';
import {
  failedAttempt,
  failing,
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

interface Answer {
  readonly read: ReadOcspResponse;
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
  const urls = subject.certificate.decoded.authorityInfoAccess?.ocsp ?? [];
  const attempts: RevocationAttempt[] = [];
  const faults: Fault[] = [];
  for (const url of urls.slice(0, MAX_RESPONDERS)) {
    const key = { kind: `ocsp ${subject.certificate.serial}`, url, subject };
    const { document, cached } = await load<Answer>(network, key, () => makeAnswer(url, subject, context, network));
    if (isNoDocument(document)) {
      attempts.push(failedAttempt('ocsp', url, { reason: document.reason, cached }));
      faults.push(...document.faults);
      continue;
    }
    const { faults: found, authentic: _, ...said } = await judgeOcsp(document.read, subject, context);
    attempts.push({ source: 'ocsp', foundBy: 'network', url, cached, ...said });
    faults.push(...found);
    if (said.status !== 'unknown') break;
  }
  return { attempts, faults };
}

async function makeAnswer(
  url: string,
  subject: Subject,
  context: OcspContext,
  network: RevocationNetwork,
): Promise<Keepable<Answer | NoDocument>> {
  const read = await ask(url, subject, network);
  if ('reason' in read) return failing(read);
  const { authentic, reason, faults, nextUpdate } = await judgeOcsp(read, subject, context);
  // Who may sign depends on the moment and the CRLs of one caller: whoever waits as well judges it again.
  if (faults.some(({ rule }) => rule === 'ocsp.responder_not_authorized')) {
    return { document: { read }, bytes: 0, keepMs: 0 };
  }
  if (!authentic) return failing({ reason: reason ?? 'unusable', faults });
  const isKnown = read.kind === 'response' && reason !== 'responder_error';
  const keepMs = isKnown ? keepUntil(nextUpdate ?? Number.NaN, network.now) : keepFailureMs;
  return { document: { read }, bytes: 16 * 1024, keepMs };
}

/**
 * By GET, which caches on the way can answer (RFC 6960 §A.1); by POST where the responder does not take that; with a
 * SHA-256 identifier where it refuses the usual SHA-1.
 */
async function ask(url: string, subject: Subject, network: RevocationNetwork): Promise<ReadOcspResponse | NoDocument> {
  const first = await askOnce(url, subject, network, { digest: 'sha1', method: 'GET' });
  if (isAnswer(first)) return first;
  if ('reason' in first && first.reason !== 'unusable') return first;
  const second = await askOnce(url, subject, network, { digest: 'sha1', method: 'POST' });
  if (isAnswer(second) || ('reason' in second && second.reason !== 'unusable')) return second;
  const third = await askOnce(url, subject, network, { digest: 'sha256', method: 'POST' });
  return isAnswer(third) ? third : second;
}

function isAnswer(read: ReadOcspResponse | NoDocument): boolean {
  return 'kind' in read && read.kind === 'response';
}

async function askOnce(
  url: string,
  { certificate, issuer }: Subject,
  { session, timeoutMs }: RevocationNetwork,
  { digest, method }: { readonly digest: CertIdHash; readonly method: 'GET' | 'POST' },
): Promise<ReadOcspResponse | NoDocument> {
  const bytes = encodeOcspRequest(certificate, issuer, digest);
  const encoded = encodeURIComponent(bytes.toString('base64'));
  // Behind a query there is no path that could be added to.
  const byGet = method === 'GET' && encoded.length <= MAX_GET_LENGTH && !url.includes('?');
  const body = byGet ? null : { type: 'application/ocsp-request', bytes };
  const address = byGet ? `${url.replace(/\/$/, '')}/${encoded}` : url;
  const fetched = await session.fetch(
    address,
    { body, accept: 'application/ocsp-response', maxBytes: MAX_OCSP_BYTES },
    timeoutMs,
  );
  return 'error' in fetched ? noDocument(fetched) : readOcspResponse(fetched.bytes);
}

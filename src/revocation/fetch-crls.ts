import type { DistributionPoint } from '../domain/certificate.ts';
import { type CertificateList, isReadableList } from '../domain/certificate-list.ts';
import type { Fault } from '../domain/fault.ts';
import type { RevocationAttempt } from '../domain/revocation.ts';
import type { Claimants } from '../net/claimants.ts';
import { MAX_CRL_BYTES, readCertificateList } from '../x509/crl.ts';
import type { LocatedCrl } from './combine-crls.ts';
import { crlFault, type JudgementContext, judgeSigner, type Subject, signerGrounds } from './crl-judgement.ts';
import { reasonsCovered } from './crl-scope.ts';
import { heldBytes, type Keepable, keepUntil } from './document-cache.ts';
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

/** Distribution points of one certificate that are asked, and addresses of one point. */
const MAX_POINTS = 8;
const MAX_ADDRESSES = 3;
/** What a record holds beside its bytes and index: names, extensions, faults. */
const RECORD_BYTES = 16 * 1024;

export interface FetchedCrls {
  readonly crls: readonly LocatedCrl[];
  /** Of addresses that gave nothing of use. */
  readonly attempts: readonly RevocationAttempt[];
  readonly faults: readonly Fault[];
}

/**
 * The CRLs that a certificate names, one of each distribution point, and the deltas that it or they name
 * (RFC 5280 §4.2.1.13, §5.2.6).
 */
export async function fetchCrls(
  subject: Subject,
  context: JudgementContext,
  network: RevocationNetwork,
): Promise<FetchedCrls> {
  const { crlDistributionPoints = [], freshestCrl = [] } = subject.certificate.decoded;
  const complete = await fetchPoints(crlDistributionPoints, subject, context, network);
  const deltaPoints = [...freshestCrl, ...complete.crls.flatMap(({ list }) => list.freshestCrl)];
  const deltas = await fetchPoints(deltaPoints, subject, context, network);
  return {
    crls: [...complete.crls, ...deltas.crls],
    // A delta that cannot be had leaves the complete CRL, which is valid by itself (RFC 5280 §5.2.6).
    attempts: complete.attempts,
    faults: [...complete.faults, ...deltas.faults],
  };
}

async function fetchPoints(
  points: readonly DistributionPoint[],
  subject: Subject,
  context: JudgementContext,
  network: RevocationNetwork,
): Promise<FetchedCrls> {
  const fetched = await Promise.all(
    points.slice(0, MAX_POINTS).map((point) => fetchPoint(point, subject, context, network)),
  );
  return {
    crls: fetched.flatMap(({ crls }) => crls),
    attempts: fetched.flatMap(({ attempts }) => attempts),
    faults: fetched.flatMap(({ faults }) => faults),
  };
}

/** The first address of a point that gives a CRL of use; `ldap:` and the like are passed over for those that can be asked. */
async function fetchPoint(
  point: DistributionPoint,
  subject: Subject,
  context: JudgementContext,
  network: RevocationNetwork,
): Promise<FetchedCrls> {
  const urls = point.fullName.flatMap((name) => (name.type === 'uri' ? [name.value] : []));
  const attempts: RevocationAttempt[] = [];
  const faults: Fault[] = [];
  for (const url of askable(urls).slice(0, MAX_ADDRESSES)) {
    const { document, cached } = await loadCrl(url, subject, context, network);
    if (!isNoDocument(document)) {
      if (reasonsCovered(document, subject.certificate) !== 0) {
        return { crls: [{ list: document, foundBy: 'network', url, cached }], attempts: [], faults };
      }
      faults.push(crlFault('crl.out_of_scope', document, `it does not cover ${subject.certificate.subject.text}`));
    } else faults.push(...document.faults);
    const failure = isNoDocument(document) ? document : ({ reason: 'unusable' } as const);
    attempts.push(failedAttempt('crl', url, { ...failure, cached }));
  }
  return { crls: [], attempts, faults };
}

/**
 * The CRL at an address, if somebody whom this very caller knows as its issuer has signed it: the certificates at hand
 * decide that, and those of two callers differ.
 */
async function loadCrl(
  url: string,
  subject: Subject,
  context: JudgementContext,
  network: RevocationNetwork,
): Promise<{ readonly document: CertificateList | NoDocument; readonly cached: boolean }> {
  const loaded = await load<CertificateList>(network, {
    kind: 'crl',
    url,
    subject,
    fits: ({ refused }) =>
      refused === undefined || refused.grounds === signerGrounds(refused.issuerKey, subject, context),
    make: (claimants) => makeCrl(url, subject, context, { ...network, claimants }),
  });
  if (isNoDocument(loaded.document)) return loaded;
  const { refusal } = await judgeSigner(loaded.document, subject, context);
  return refusal === null ? loaded : { ...loaded, document: forCaller(refused(refusal), network) };
}

/** @param making whose claimants share what is fetched */
async function makeCrl(
  url: string,
  subject: Subject,
  context: JudgementContext,
  { session, now, timeoutMs, signal, claimants }: RevocationNetwork & { readonly claimants: Claimants },
): Promise<Keepable<CertificateList | NoDocument>> {
  const request = { body: null, accept: 'application/pkix-crl, */*', maxBytes: MAX_CRL_BYTES };
  const fetched = await session.fetch(url, request, { timeoutMs, claimants });
  if ('error' in fetched) return failing(noDocument(fetched));
  // A document for the cache is read to its end, whoever still waits for it.
  const list = await readCertificateList(fetched.bytes, { signal: session.isInline ? signal : null });
  if (!isReadableList(list)) return failing(refused(list.unreadable));
  const { refusal, grounds } = await judgeSigner(list, subject, context);
  if (refusal === null) {
    const bytes = heldBytes(list.der) + list.indexBytes + RECORD_BYTES;
    return { document: list, bytes, keepMs: keepUntil(list.nextUpdate, now()) };
  }
  const isOurs = refusal.rule === 'crl.not_checked';
  return failing({ ...refused(refusal), isOurs, refused: { issuerKey: list.issuer.key, grounds } });
}

function refused(fault: Fault): NoDocument {
  return { reason: 'unusable', faults: [fault] };
}

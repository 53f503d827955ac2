import type { RevocationReason } from './certificate-list.ts';
import type { Fault } from './fault.ts';

/** `soft`: what cannot be determined is a warning; `require`: an error. */
export type RevocationMode = 'off' | 'soft' | 'require';

/** Where a document came from. `handshake`: the server stapled it. */
export type DocumentOrigin = 'request' | 'authority' | 'handshake' | 'network';

/** Why a source did not say whether the certificate is revoked. */
export type UnknownReason =
  /** Nobody answered, or not in time. */
  | 'unreachable'
  /** This service had too much to look up or to fetch: it did not ask, or had no room for the answer. */
  | 'overloaded'
  /** One verification asks for so many documents and no more. */
  | 'too_many_documents'
  /** There was an answer, and it cannot be relied on. */
  | 'unusable'
  /** This service does not fetch from there, or not for this CA. */
  | 'fetch_not_allowed'
  /** `ldap:` and other addresses that are not fetched. */
  | 'unsupported_scheme'
  /** The OCSP responder answered with an error, or does not know the certificate. */
  | 'responder_error'
  /** The documents at hand leave out some reasons for which a certificate can be revoked. */
  | 'reasons_not_covered'
  /** It was judged for another moment than now, and what is published now says nothing of that. */
  | 'other_time';

/** One source that was asked about one certificate. Times are milliseconds since the epoch. */
export interface RevocationAttempt {
  readonly source: 'staple' | 'ocsp' | 'crl';
  readonly foundBy: DocumentOrigin;
  /** Null when the document was not fetched. */
  readonly url: string | null;
  readonly status: 'good' | 'revoked' | 'unknown';
  /** Null unless the status is unknown. */
  readonly reason: UnknownReason | null;
  /** What became of asking, for those who may know; absent where there was a document. */
  readonly detail?: string;
  readonly thisUpdate: number | null;
  readonly nextUpdate: number | null;
  readonly cached: boolean;
  readonly revokedAt: number | null;
  readonly revocationReason: RevocationReason | null;
}

/** What is known of one certificate of the chosen path. */
export interface CertificateRevocation {
  /** SHA-256 of the certificate. */
  readonly certificate: string;
  readonly subject: string;
  readonly isLeaf: boolean;
  /** It has the TLS feature status_request (RFC 7633), and came in a handshake. */
  readonly mustStaple: boolean;
  /** It names a CRL or an OCSP responder. */
  readonly published: boolean;
  readonly attempts: readonly RevocationAttempt[];
  /** What is wrong with the documents that were met on the way. */
  readonly faults: readonly Fault[];
}

export interface RevocationEvidence {
  readonly mode: Exclude<RevocationMode, 'off'>;
  /** The chosen path leads to an anchor by signatures; else nothing was asked, since nothing in it can be relied on. */
  readonly anchored: boolean;
  /** Leaf first, without the anchor. */
  readonly certificates: readonly CertificateRevocation[];
  /** Of documents that could not be read, and so belong to no certificate. */
  readonly faults: readonly Fault[];
}

/** What the sources say together: one that says revoked outweighs all that say good. */
export function statusOf({ attempts }: Pick<CertificateRevocation, 'attempts'>): RevocationAttempt['status'] {
  if (attempts.some(({ status }) => status === 'revoked')) return 'revoked';
  return attempts.some(({ status }) => status === 'good') ? 'good' : 'unknown';
}

import type { Certificate, DistinguishedName, HashName, SignatureInfo } from './certificate.ts';
import type { RevocationReason } from './certificate-list.ts';
import type { Fault } from './fault.ts';

/** OCSPResponseStatus other than successful (RFC 6960 §4.2.1). */
export type OcspErrorStatus =
  | 'malformed_request'
  | 'internal_error'
  | 'try_later'
  | 'sig_required'
  | 'unauthorized'
  | 'undefined';

/** SingleResponse (RFC 6960 §4.2.1). Times are milliseconds since the epoch, NaN when absent or unreadable. */
export interface SingleResponse {
  /** Null when the digest of the identifier is not known. */
  readonly hash: HashName | null;
  readonly issuerNameHash: Buffer;
  readonly issuerKeyHash: Buffer;
  /** Content octets of the INTEGER as hex. */
  readonly serial: string;
  readonly status: 'good' | 'revoked' | 'unknown';
  readonly revokedAt: number;
  readonly reason: RevocationReason | null;
  readonly thisUpdate: number;
  readonly nextUpdate: number;
}

/** A successful OCSP response as our reader understood it. */
export interface OcspResponse {
  /** The signed bytes. */
  readonly tbs: Buffer;
  /** Its name, or the SHA-1 of its public key. */
  readonly responder: { readonly name: DistinguishedName } | { readonly keyHash: Buffer };
  readonly producedAt: number;
  readonly responses: readonly SingleResponse[];
  readonly signature: SignatureInfo;
  /** Those that could be read. */
  readonly certificates: readonly Certificate[];
  readonly faults: readonly Fault[];
}

export type ReadOcspResponse =
  | { readonly kind: 'response'; readonly response: OcspResponse }
  | { readonly kind: 'error'; readonly status: OcspErrorStatus }
  | { readonly kind: 'unreadable'; readonly fault: Fault };

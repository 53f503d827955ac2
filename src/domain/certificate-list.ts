import type { AuthorityKeyIdentifier, DistinguishedName, DistributionPoint, SignatureInfo } from './certificate.ts';
import type { Fault } from './fault.ts';

/** CRLReason (RFC 5280 §5.3.1), as answers spell it. */
export type RevocationReason =
  | 'unspecified'
  | 'key_compromise'
  | 'ca_compromise'
  | 'affiliation_changed'
  | 'superseded'
  | 'cessation_of_operation'
  | 'certificate_hold'
  | 'remove_from_crl'
  | 'privilege_withdrawn'
  | 'aa_compromise';

/** RFC 5280 §5.2.5. */
export interface IssuingDistributionPoint {
  readonly der: Buffer;
  readonly fullName: DistributionPoint['fullName'];
  readonly relativeName: DistributionPoint['relativeName'];
  readonly onlyUserCertificates: boolean;
  readonly onlyCaCertificates: boolean;
  readonly onlyAttributeCertificates: boolean;
  readonly indirect: boolean;
  /** ReasonFlags as a mask with bit n = 1 << n; null = all reasons. */
  readonly onlySomeReasons: number | null;
}

/** One entry of a CRL about a serial number. */
export interface CrlEntry {
  /** Who issued the certificate; null = whoever issued the CRL. */
  readonly certificateIssuer: DistinguishedName | null;
  /** Milliseconds since the epoch; NaN when the time could not be read. */
  readonly revokedAt: number;
  /** Null when none is given. */
  readonly reason: RevocationReason | null;
}

/**
 * A CRL as our reader understood it, its entries left in the bytes and found by an index. Departures from DER or
 * RFC 5280 §5 are in `faults`; what they mean for its use is the judgement's.
 */
export interface CertificateList {
  readonly der: Buffer;
  /** The signed bytes. */
  readonly tbs: Buffer;
  readonly issuer: DistinguishedName;
  /** Milliseconds since the epoch; NaN when the time is missing or could not be read. */
  readonly thisUpdate: number;
  readonly nextUpdate: number;
  /** When the CA means to publish the next one; NaN when it does not say. */
  readonly nextPublish: number;
  readonly signature: SignatureInfo;
  readonly authorityKeyIdentifier: AuthorityKeyIdentifier | null;
  readonly number: bigint | null;
  /** Number of the CRL that this delta CRL changes; null for a complete CRL. */
  readonly baseNumber: bigint | null;
  readonly issuingDistributionPoint: IssuingDistributionPoint | null;
  readonly freshestCrl: readonly DistributionPoint[];
  readonly entryCount: number;
  /** Entries about a serial number, given as hex of INTEGER content, in the order of the CRL. */
  readonly find: (serial: string) => readonly CrlEntry[];
  /** Octets that the record keeps beside `der`. */
  readonly indexBytes: number;
  readonly faults: readonly Fault[];
}

/** Bytes that are no CRL for us. */
export interface UnreadableCertificateList {
  readonly unreadable: Fault;
}

export type ReadCertificateList = CertificateList | UnreadableCertificateList;

export function isReadableList(list: ReadCertificateList): list is CertificateList {
  return !('unreadable' in list);
}

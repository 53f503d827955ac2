import type { KeyObject } from 'node:crypto';
import { bits, bool, type Content, context, integer, octets, oid, sequence, time, tlv } from './der.ts';
import { type Issued, pemOf, subjectOf } from './issued.ts';
import { keyIdentifier, type RawExtension, signatureScheme } from './raw-certificate.ts';

export interface CrlEntryOptions {
  /** Hex of a positive number. */
  readonly serial: string;
  readonly revokedAt?: Date;
  /** CRLReason number. */
  readonly reason?: number;
  readonly extensions?: readonly RawExtension[];
}

/** A CRL as a test describes it; every field may be left out or replaced. */
export interface CrlOptions {
  readonly issuer: Issued;
  readonly entries?: readonly CrlEntryOptions[];
  /** The whole revokedCertificates. */
  readonly rawEntries?: Buffer;
  readonly thisUpdate?: Date;
  /** null leaves it out. */
  readonly nextUpdate?: Date | null;
  /** null leaves the extension out. */
  readonly number?: number | null;
  readonly numberCritical?: boolean;
  /** Makes it a delta CRL. */
  readonly baseNumber?: number;
  readonly aki?: boolean;
  /** Content of the IssuingDistributionPoint SEQUENCE. */
  readonly idp?: Content;
  readonly extensions?: readonly RawExtension[];
  /** v1: no extensions. */
  readonly v1?: boolean;
  readonly signingKey?: KeyObject;
  readonly digest?: 'md5' | 'sha1' | 'sha256';
  readonly innerAlgorithm?: Buffer;
}

export const CRL_THIS_UPDATE = new Date('2026-06-01T00:00:00Z');
export const CRL_NEXT_UPDATE = new Date('2026-07-01T00:00:00Z');

/** DER of a signed CRL. */
export function certificateList(options: CrlOptions): Buffer {
  const key = options.signingKey ?? options.issuer.key;
  const scheme = signatureScheme(key, options.digest);
  const entries = options.rawEntries ?? revokedCertificates(options.entries ?? []);
  const nextUpdate = options.nextUpdate === undefined ? CRL_NEXT_UPDATE : options.nextUpdate;
  const tbs = sequence(
    options.v1 ? [] : integer(1),
    options.innerAlgorithm ?? scheme.algorithm,
    subjectOf(options.issuer.der),
    time(options.thisUpdate ?? CRL_THIS_UPDATE),
    nextUpdate === null ? [] : time(nextUpdate),
    entries,
    options.v1 ? [] : context(0, true, sequence(...extensionsOf(options).map(extension))),
  );
  return sequence(tbs, scheme.algorithm, bits(scheme.sign(tbs)));
}

export function crlPem(...lists: readonly Buffer[]): string {
  return lists.map((der) => pemOf(der, 'X509 CRL')).join('');
}

function revokedCertificates(entries: readonly CrlEntryOptions[]): Buffer {
  return entries.length === 0 ? Buffer.alloc(0) : sequence(entries.map(crlEntry));
}

export function crlEntry({ serial, revokedAt = CRL_THIS_UPDATE, reason, extensions = [] }: CrlEntryOptions): Buffer {
  const all = [
    ...(reason === undefined ? [] : [{ oid: '2.5.29.21', value: tlv(0x0a, Buffer.from([reason])) }]),
    ...extensions,
  ];
  return sequence(
    integer(BigInt(`0x${serial}`)),
    time(revokedAt),
    all.length === 0 ? [] : sequence(...all.map(extension)),
  );
}

function extensionsOf(options: CrlOptions): RawExtension[] {
  const { number = 1, baseNumber, idp } = options;
  return [
    ...(options.aki === false
      ? []
      : [{ oid: '2.5.29.35', value: sequence(context(0, false, keyIdentifier(options.issuer.key))) }]),
    ...(number === null
      ? []
      : [{ oid: '2.5.29.20', critical: options.numberCritical ?? false, value: integer(number) }]),
    ...(baseNumber === undefined ? [] : [{ oid: '2.5.29.27', critical: true, value: integer(baseNumber) }]),
    ...(idp === undefined ? [] : [{ oid: '2.5.29.28', critical: true, value: sequence(idp) }]),
    ...(options.extensions ?? []),
  ];
}

function extension({ oid: id, critical, value }: RawExtension): Buffer {
  return sequence(oid(id), critical ? bool(true) : [], octets(value));
}

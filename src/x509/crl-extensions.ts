import type { AuthorityKeyIdentifier, DistributionPoint } from '../domain/certificate.ts';
import type { IssuingDistributionPoint } from '../domain/certificate-list.ts';
import { readTime } from './asn1-time.ts';
import {
  contextConstructed,
  contextPrimitive,
  type DerCursor,
  DerError,
  type DerSource,
  readBoolean,
  readInteger,
  TAG,
} from './der.ts';
import { EXTENSION_DECODERS, readDistributionPointName, readNamedBits } from './extension-decoders.ts';
import { readExtension } from './extensions.ts';
import { EXTENSION, extensionName } from './oids.ts';

export interface CrlExtensions {
  authorityKeyIdentifier: AuthorityKeyIdentifier | null;
  number: bigint | null;
  baseNumber: bigint | null;
  issuingDistributionPoint: IssuingDistributionPoint | null;
  freshestCrl: readonly DistributionPoint[];
  /** Milliseconds since the epoch; NaN when absent. */
  nextPublish: number;
}

export function noExtensions(): CrlExtensions {
  return {
    authorityKeyIdentifier: null,
    number: null,
    baseNumber: null,
    issuingDistributionPoint: null,
    freshestCrl: [],
    nextPublish: Number.NaN,
  };
}

/** Whether RFC 5280 §5.2 wants an extension critical. */
const CRITICAL: ReadonlyMap<string, boolean> = new Map([
  [EXTENSION.authorityKeyIdentifier, false],
  [EXTENSION.freshestCrl, false],
  [EXTENSION.deltaCrlIndicator, true],
  [EXTENSION.issuingDistributionPoint, true],
]);

type Decode = (cursor: DerCursor, what: string, into: CrlExtensions) => void;

/** Extensions of a CRL that are processed (RFC 5280 §5.2). issuerAltName and authorityInfoAccess change nothing. */
const DECODERS: ReadonlyMap<string, Decode> = new Map<string, Decode>([
  [
    EXTENSION.authorityKeyIdentifier,
    (cursor, what, into) => {
      const decode = EXTENSION_DECODERS.get(EXTENSION.authorityKeyIdentifier);
      into.authorityKeyIdentifier = decode?.(cursor, what).authorityKeyIdentifier ?? null;
    },
  ],
  [
    EXTENSION.freshestCrl,
    (cursor, what, into) => {
      into.freshestCrl = EXTENSION_DECODERS.get(EXTENSION.freshestCrl)?.(cursor, what).freshestCrl ?? [];
    },
  ],
  [
    EXTENSION.crlNumber,
    (cursor, what, into) => {
      into.number = readNumber(cursor, what);
    },
  ],
  [
    EXTENSION.deltaCrlIndicator,
    (cursor, what, into) => {
      into.baseNumber = readNumber(cursor, what);
    },
  ],
  [
    EXTENSION.issuingDistributionPoint,
    (cursor, what, into) => {
      into.issuingDistributionPoint = readIssuingDistributionPoint(cursor, what);
    },
  ],
  [
    EXTENSION.crlNextPublish,
    (cursor, what, into) => {
      into.nextPublish = readTime(cursor, what);
    },
  ],
]);

/** Reads crlExtensions (RFC 5280 §5.2) and reports what stands against the profile. Throws DerError. */
export function readCrlExtensions(cursor: DerCursor): CrlExtensions {
  const { source } = cursor;
  const list = cursor.enter(TAG.sequence, 'crlExtensions');
  cursor.finish('crlExtensions');
  const into = noExtensions();
  const seen = new Set<string>();
  while (!list.done) {
    const element = list.take(TAG.sequence, 'an extension');
    const { extension, value } = readExtension(source, element);
    const { oid, critical } = extension;
    const name = extensionName(oid);
    if (seen.has(oid)) {
      const detail = `${name} stands in the CRL more than once`;
      source.report({ rule: 'crl.extension_duplicate', offset: element.start, detail });
      continue;
    }
    seen.add(oid);
    checkCriticality(source, oid, critical, element.start);
    const decode = DECODERS.get(oid);
    if (decode === undefined) continue;
    const content = source.inside(value);
    decode(content, name, into);
    content.finish(name);
  }
  return into;
}

function checkCriticality(source: DerSource, oid: string, critical: boolean, offset: number): void {
  const name = extensionName(oid);
  if (!DECODERS.has(oid)) {
    if (!critical) return;
    source.report({ rule: 'crl.unknown_critical_extension', offset, detail: `${name} is critical and not known` });
  } else if (oid === EXTENSION.crlNumber) {
    if (critical) source.report({ rule: 'crl.number_critical', offset, detail: 'the CRL number is critical' });
  } else if (CRITICAL.get(oid) === !critical) {
    const detail = `${name} is ${critical ? '' : 'not '}critical`;
    source.report({ rule: 'crl.criticality', offset, detail });
  }
}

/** CRLNumber and BaseCRLNumber (RFC 5280 §5.2.3): up to 20 octets, never negative. */
function readNumber(cursor: DerCursor, what: string): bigint {
  const element = cursor.take(TAG.integer, what);
  const octets = readInteger(cursor.source, element, what);
  if (octets.length > 21 || (octets[0] as number) >= 0x80) {
    throw new DerError('crl.number_form', element.start, `${what} is negative or longer than 20 octets`);
  }
  return BigInt(`0x${octets.toString('hex')}`);
}

/** RFC 5280 §5.2.5. */
function readIssuingDistributionPoint(cursor: DerCursor, what: string): IssuingDistributionPoint {
  const { source } = cursor;
  const element = cursor.take(TAG.sequence, what);
  const fields = source.inside(element);
  const isEmpty = fields.done;
  const point = fields.takeOptional(contextConstructed(0), 'distributionPoint');
  const flag = (number: number): boolean => {
    const field = fields.takeOptional(contextPrimitive(number), `a flag of ${what}`);
    return field !== null && readBoolean(source, field, `a flag of ${what}`);
  };
  const onlyUserCertificates = flag(1);
  const onlyCaCertificates = flag(2);
  const reasons = fields.takeOptional(contextPrimitive(3), 'onlySomeReasons');
  const indirect = flag(4);
  const onlyAttributeCertificates = flag(5);
  fields.finish(what);
  const kinds = [onlyUserCertificates, onlyCaCertificates, onlyAttributeCertificates].filter(Boolean).length;
  if (isEmpty || kinds > 1) {
    const detail = isEmpty ? `${what} is empty` : `${what} limits the CRL to more than one kind of certificate`;
    source.report({ rule: 'crl.issuing_distribution_point', offset: element.start, detail });
  }
  const name = point === null ? null : readDistributionPointName(source.inside(point), what);
  return {
    der: source.der(element),
    fullName: name?.fullName ?? [],
    relativeName: name?.relativeName ?? null,
    onlyUserCertificates,
    onlyCaCertificates,
    onlyAttributeCertificates,
    indirect,
    onlySomeReasons: reasons === null ? null : readNamedBits(fields, reasons, 'onlySomeReasons').mask,
  };
}

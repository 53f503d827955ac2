import type { Certificate, DistinguishedName, DistributionPoint, GeneralName } from '../domain/certificate.ts';
import type { CertificateList, IssuingDistributionPoint } from '../domain/certificate-list.ts';
import { joinName } from '../x509/name.ts';

/** Every bit of ReasonFlags that has a meaning (RFC 5280 §4.2.1.13); bit 0 is not used. */
export const ALL_REASONS = 0b1_1111_1110;

/** What stands for a certificate that names no distribution point: the CRL of its issuer (RFC 5280 §6.3.3). */
const OWN_ISSUER: DistributionPoint = { fullName: [], relativeName: null, reasons: null, crlIssuer: [] };

/**
 * The reasons for which a CRL can say that a certificate is revoked, as a mask of ReasonFlags; 0 when the certificate
 * is not in its scope (RFC 5280 §6.3.3(b) and (d)), for any of the distribution points that the certificate names.
 */
export function reasonsCovered(list: CertificateList, certificate: Certificate): number {
  const { issuingDistributionPoint: idp } = list;
  if (idp !== null && !isKindCovered(idp, certificate)) return 0;
  const points = [...(certificate.decoded.crlDistributionPoints ?? []), OWN_ISSUER];
  let covered = 0;
  for (const point of points) {
    if (!isIssuerOf(list, point, certificate) || !isPointCovered(list, point)) continue;
    covered |= (point.reasons ?? ALL_REASONS) & (idp?.onlySomeReasons ?? ALL_REASONS) & ALL_REASONS;
  }
  return covered;
}

/** RFC 5280 §6.3.3(b)(2)(ii) to (iv). */
function isKindCovered(idp: IssuingDistributionPoint, { decoded }: Certificate): boolean {
  const isCa = decoded.basicConstraints?.ca === true;
  if (idp.onlyAttributeCertificates) return false;
  return !(idp.onlyUserCertificates && isCa) && !(idp.onlyCaCertificates && !isCa);
}

/** RFC 5280 §6.3.3(b)(1): the issuer of the certificate, or the one that the point names, of an indirect CRL then. */
function isIssuerOf(list: CertificateList, point: DistributionPoint, certificate: Certificate): boolean {
  const named = directoryNames(point.crlIssuer);
  if (named.length === 0) return list.issuer.key === certificate.issuer.key;
  const isNamed = named.some(({ key }) => key === list.issuer.key);
  // A point that names the certificate's own issuer needs no indirect CRL.
  return isNamed && (list.issuingDistributionPoint?.indirect === true || list.issuer.key === certificate.issuer.key);
}

/** RFC 5280 §6.3.3(b)(2)(i): one name of the CRL's point is one of the certificate's. */
function isPointCovered(list: CertificateList, point: DistributionPoint): boolean {
  const idp = list.issuingDistributionPoint;
  if (idp === null || (idp.fullName.length === 0 && idp.relativeName === null)) return true;
  const listNames = pointNames(idp, list.issuer);
  const fallback: readonly GeneralName[] = point.crlIssuer.length > 0 ? point.crlIssuer : [];
  const hasName = point.fullName.length > 0 || point.relativeName !== null;
  const names = hasName ? pointNames(point, directoryNames(point.crlIssuer)[0] ?? list.issuer) : fallback;
  const ownIssuer: GeneralName = { type: 'directory', value: list.issuer };
  const wanted = names.length > 0 ? names : [ownIssuer];
  return wanted.some((name) => listNames.some((other) => isSameName(name, other)));
}

/** The names of a point, the one relative to its CRL issuer made whole. */
function pointNames(
  { fullName, relativeName }: Pick<DistributionPoint, 'fullName' | 'relativeName'>,
  issuer: DistinguishedName,
): readonly GeneralName[] {
  if (relativeName === null) return fullName;
  const value = joinName(issuer, relativeName);
  return value === null ? fullName : [...fullName, { type: 'directory', value }];
}

function directoryNames(names: readonly GeneralName[]): DistinguishedName[] {
  return names.flatMap((name) => (name.type === 'directory' ? [name.value] : []));
}

function isSameName(one: GeneralName, other: GeneralName): boolean {
  switch (one.type) {
    case 'directory':
      return other.type === 'directory' && one.value.key === other.value.key;
    case 'uri':
    case 'dns':
    case 'email':
    case 'registered_id':
      return other.type === one.type && one.value === other.value;
    case 'ip':
      return other.type === 'ip' && one.value.equals(other.value);
    default:
      return other.type === one.type && one.der.equals(other.der);
  }
}

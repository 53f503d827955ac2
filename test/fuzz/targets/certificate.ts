import { X509Certificate } from 'node:crypto';
import {
  type Certificate,
  type DecodedExtensions,
  isReadable,
  type ReadCertificate,
} from '../../../src/domain/certificate.ts';
import { CERTIFICATE_RULES } from '../../../src/domain/certificate-rules.ts';
import type { Fault } from '../../../src/domain/fault.ts';
import type { Profile } from '../../../src/domain/policy.ts';
import { severityOf } from '../../../src/domain/severity.ts';
import { parseCertificate } from '../../../src/x509/certificate.ts';
import { EXTENSION } from '../../../src/x509/oids.ts';
import { fixedCertificates } from '../fixed-pki.ts';
import { type FuzzTarget, promise } from '../fuzz-target.ts';
import { mutateDer } from '../mutate-der.ts';

/** At most this many places are told of one rule. */
const MAX_FAULTS = 4 * Object.keys(CERTIFICATE_RULES).length;
const PROFILES: readonly Profile[] = ['default', 'rfc5280', 'webpki'];

/** What of the decoded extensions stands for each OID. */
const DECODED = new Map<string, keyof DecodedExtensions>([
  [EXTENSION.basicConstraints, 'basicConstraints'],
  [EXTENSION.keyUsage, 'keyUsage'],
  [EXTENSION.extendedKeyUsage, 'extendedKeyUsage'],
  [EXTENSION.subjectAltName, 'subjectAltName'],
  [EXTENSION.nameConstraints, 'nameConstraints'],
  [EXTENSION.certificatePolicies, 'certificatePolicies'],
  [EXTENSION.policyMappings, 'policyMappings'],
  [EXTENSION.policyConstraints, 'policyConstraints'],
  [EXTENSION.inhibitAnyPolicy, 'inhibitAnyPolicy'],
  [EXTENSION.crlDistributionPoints, 'crlDistributionPoints'],
  [EXTENSION.authorityInfoAccess, 'authorityInfoAccess'],
  [EXTENSION.authorityKeyIdentifier, 'authorityKeyIdentifier'],
  [EXTENSION.subjectKeyIdentifier, 'subjectKeyIdentifier'],
]);

/** The certificate reader. */
export async function certificateTarget(more: readonly Buffer[]): Promise<FuzzTarget> {
  const corpus = [...(await fixedCertificates()).map(({ der }) => der), ...more];
  return { corpus, mutate: mutateDer, check: checkCertificate };
}

function checkCertificate(der: Buffer): string {
  const certificate = parseCertificate(der);
  const faults = isReadable(certificate) ? certificate.faults : [certificate.unreadable];
  requireGoodFaults(certificate, faults, der.length);
  // Now and then; which inputs it is must not be a matter of chance.
  if (certificate.sha256.startsWith('0')) {
    promise(sameFaults(faults, parseCertificate(der)), 'the same octets have the same faults');
  }
  if (isReadable(certificate)) {
    requireNoSilentHole(certificate);
    promise(der.includes(certificate.tbs), 'what is signed stands in the octets');
    if (!hasError(faults, 'webpki')) requireOthersReadIt(certificate, der);
  }
  return [...new Set(faults.map(({ rule }) => rule))].join(' ');
}

function requireGoodFaults({ sha256 }: ReadCertificate, faults: readonly Fault[], length: number): void {
  promise(faults.length <= MAX_FAULTS, 'faults are bounded');
  for (const { certificate, rule, evidence } of faults) {
    promise(certificate === sha256 && rule !== undefined, 'a fault names its certificate and its rule');
    const offset = Number(evidence?.offset);
    promise(offset >= 0 && offset <= length, 'a fault stands inside of the octets');
  }
}

function sameFaults(faults: readonly Fault[], again: ReadCertificate): boolean {
  const others = isReadable(again) ? again.faults : [again.unreadable];
  return others.length === faults.length && others.every(({ detail }, index) => detail === faults[index]?.detail);
}

/** What could not be read has a fault that is an error in every profile, so that nothing is judged as if it were missing. */
function requireNoSilentHole({ faults, notBefore, notAfter, extensions, decoded }: Certificate): void {
  const hasHole =
    Number.isNaN(notBefore) ||
    Number.isNaN(notAfter) ||
    extensions.some(({ oid }) => {
      const name = DECODED.get(oid);
      return name !== undefined && decoded[name] === undefined;
    });
  if (!hasHole) return;
  for (const profile of PROFILES) promise(hasError(faults, profile), `a hole is an error in ${profile}`);
}

/**
 * What is well-formed to us is not refused by OpenSSL, which is less strict. Attributes of a name may have values of
 * any type, of which OpenSSL takes some alone.
 */
function requireOthersReadIt(certificate: Certificate, der: Buffer): void {
  const { issuer, subject } = certificate;
  if ([...issuer.rdns, ...subject.rdns].flat().some(({ value }) => value === null)) return;
  const theirs = new X509Certificate(der);
  const serial = BigInt(`0x0${certificate.serial}`).toString(16);
  promise(BigInt(`0x0${theirs.serialNumber}`).toString(16) === serial, 'OpenSSL reads the same serial number');
  promise(theirs.validToDate.getTime() === certificate.notAfter, 'OpenSSL reads the same notAfter');
  promise(theirs.raw.equals(der), 'OpenSSL reads the same octets');
}

function hasError(faults: readonly Fault[], profile: Profile): boolean {
  return faults.some((fault) => severityOf(fault, profile) === 'error');
}

import type { Certificate } from '../domain/certificate.ts';
import type { Report } from './der.ts';
import { EXTENSION } from './oids.ts';

/** Where the fields stand whose rules are judged here. */
export interface FieldOffsets {
  readonly version: number;
  readonly serial: number;
  readonly issuer: number;
  readonly validity: number;
  readonly subject: number;
  /** Of the first unique identifier; null when there is none. */
  readonly uniqueId: number | null;
  /** Of the extensions field; null when there is none. */
  readonly extensions: number | null;
}

export type CertificateFields = Pick<
  Certificate,
  'version' | 'serial' | 'issuer' | 'subject' | 'notBefore' | 'notAfter' | 'extensions' | 'decoded'
>;

/** Judges the rules that look at several fields, or at one field's value, of a certificate that has been read. */
export function checkProfile(fields: CertificateFields, offsets: FieldOffsets, report: Report): void {
  checkVersion(fields, offsets, report);
  checkSerial(fields.serial, offsets.serial, report);
  if (fields.notAfter < fields.notBefore) {
    report({ rule: 'time.order', offset: offsets.validity, detail: 'notAfter is before notBefore' });
  }
  checkNames(fields, offsets, report);
  checkCaExtensions(fields, report);
}

function checkVersion({ version }: CertificateFields, offsets: FieldOffsets, report: Report): void {
  if (version < 1 || version > 3) {
    report({ rule: 'certificate.version', offset: offsets.version, detail: `the version is ${version}` });
  }
  if (offsets.extensions !== null && version !== 3) {
    const detail = `a certificate of version ${version} has extensions`;
    report({ rule: 'certificate.extensions_before_v3', offset: offsets.extensions, detail });
  } else if (version === 2 && offsets.uniqueId === null) {
    const detail = 'a certificate of version 2 has no unique identifier';
    report({ rule: 'certificate.version_2', offset: offsets.version, detail });
  }
  if (offsets.uniqueId === null) return;
  const rule = version === 1 ? 'certificate.unique_id_in_v1' : 'certificate.unique_id';
  report({ rule, offset: offsets.uniqueId, detail: 'the certificate has a unique identifier' });
}

const MAX_SERIAL_OCTETS = 20;

function checkSerial(serial: string, offset: number, report: Report): void {
  const octets = serial.length / 2;
  if (/^(00)+$/.test(serial)) report({ rule: 'serial.zero', offset, detail: 'the serial number is zero' });
  if (/^[89a-f]/.test(serial)) report({ rule: 'serial.negative', offset, detail: 'the serial number is negative' });
  if (octets > MAX_SERIAL_OCTETS) {
    report({ rule: 'serial.too_long', offset, detail: `the serial number has ${octets} octets` });
  }
}

function checkNames(fields: CertificateFields, offsets: FieldOffsets, report: Report): void {
  if (fields.issuer.rdns.length === 0) {
    report({ rule: 'name.issuer_empty', offset: offsets.issuer, detail: 'the issuer is an empty name' });
  }
  const san = fields.extensions.find(({ oid }) => oid === EXTENSION.subjectAltName);
  const isCa = fields.decoded.basicConstraints?.ca === true;
  if (fields.subject.rdns.length > 0) {
    if (san?.critical === true && !isCa) {
      const detail = 'the subject is not empty and subjectAltName is critical';
      report({ rule: 'san.critical_with_subject', offset: san.offset, detail });
    }
    return;
  }
  if (isCa) {
    const detail = 'the subject of a CA certificate is an empty name';
    report({ rule: 'name.ca_subject_empty', offset: offsets.subject, detail });
  }
  if (san === undefined) {
    const detail = 'the subject is empty and there is no subjectAltName';
    report({ rule: 'name.subject_and_san_missing', offset: offsets.subject, detail });
  } else if (!san.critical) {
    const detail = 'the subject is empty and subjectAltName is not critical';
    report({ rule: 'san.not_critical_with_empty_subject', offset: san.offset, detail });
  }
}

function checkCaExtensions({ version, extensions, decoded }: CertificateFields, report: Report): void {
  const find = (oid: string) => extensions.find((extension) => extension.oid === oid);
  const constraints = find(EXTENSION.basicConstraints);
  const usage = find(EXTENSION.keyUsage);
  const isCa = decoded.basicConstraints?.ca === true;
  const canCertSign = decoded.keyUsage?.has('key_cert_sign') === true;
  if (constraints !== undefined && decoded.basicConstraints !== undefined) {
    const { offset, critical } = constraints;
    if (isCa && !critical) {
      const detail = 'basicConstraints of a CA certificate is not critical';
      report({ rule: 'basic_constraints.not_critical', offset, detail });
    }
    if (decoded.basicConstraints.pathLength !== null && !isCa) {
      const detail = 'pathLenConstraint stands in a certificate that is no CA';
      report({ rule: 'basic_constraints.path_length_without_ca', offset, detail });
    } else if (decoded.basicConstraints.pathLength !== null && decoded.keyUsage !== undefined && !canCertSign) {
      const detail = 'pathLenConstraint stands in a certificate without keyCertSign';
      report({ rule: 'basic_constraints.path_length_without_cert_sign', offset, detail });
    }
    if (isCa && usage === undefined) {
      report({ rule: 'key_usage.missing_in_ca', offset, detail: 'a CA certificate has no keyUsage' });
    }
  }
  // An undecodable basicConstraints has its own fault; it is not taken for an absent one.
  const isNoCa = !isCa && (constraints === undefined || decoded.basicConstraints !== undefined);
  if (usage !== undefined && canCertSign && isNoCa && version === 3) {
    const detail = 'keyUsage has keyCertSign in a certificate that is no CA';
    report({ rule: 'key_usage.cert_sign_without_ca', offset: usage.offset, detail });
  }
  const names = find(EXTENSION.nameConstraints);
  if (names !== undefined && isNoCa) {
    const detail = 'nameConstraints stands in a certificate that is no CA';
    report({ rule: 'name_constraints.in_end_entity', offset: names.offset, detail });
  }
}

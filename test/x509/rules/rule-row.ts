import type { CERTIFICATE_RULES } from '../../../src/domain/certificate-rules.ts';
import { EXTENSION } from '../../../src/x509/oids.ts';
import { bits, bool, context, integer, sequence, tlv, utcTime } from '../../support/der.ts';
import { attribute, type CertificateParts, certificateBytes, extension, name } from '../certificate-bytes.ts';

/** What breaks a rule and what just keeps it; `at` is the element at whose first octet the fault stands. */
export interface RuleRow {
  readonly name: string;
  readonly rule: keyof typeof CERTIFICATE_RULES;
  readonly bad: Buffer | CertificateParts;
  readonly at?: Buffer;
  /** Added to the offset of `at`. */
  readonly plus?: number;
  readonly good?: Buffer | CertificateParts;
  /** No record is possible. */
  readonly unreadable?: true;
}

export const raw = (hex: string): Buffer => Buffer.from(hex.replaceAll(' ', ''), 'hex');
export const ca = (pathLength?: number): Buffer =>
  extension(
    EXTENSION.basicConstraints,
    sequence(bool(true), ...(pathLength === undefined ? [] : [integer(pathLength)])),
    true,
  );
export const usage = (content: Buffer): Buffer => extension(EXTENSION.keyUsage, content, true);
export const certSign = usage(bits(raw('04'), 2));
export const san = (...names: Buffer[]): Buffer => extension(EXTENSION.subjectAltName, sequence(...names));
export const dns = (text: string): Buffer => tlv(0x82, Buffer.from(text, 'latin1'));
export const email = (text: string): Buffer => tlv(0x81, Buffer.from(text, 'latin1'));
export const uri = (text: string): Buffer => tlv(0x86, Buffer.from(text, 'latin1'));
export const ip = (hex: string): Buffer => tlv(0x87, raw(hex));
export const constraints = (...lists: Buffer[]): Buffer =>
  extension(EXTENSION.nameConstraints, sequence(...lists), true);
export const subtrees = (...bases: Buffer[]): Buffer => context(0, true, ...bases.map((base) => sequence(base)));
export const start = utcTime('260101000000Z');
export const end = utcTime('270101000000Z');
export const good = certificateBytes();
export const organisation = (value: Buffer): Buffer => name(attribute('2.5.4.10', value));

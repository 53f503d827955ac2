import { hash } from 'node:crypto';
import { type AnchorSet, createAnchorSet, type SkippedCertificate } from '../domain/anchor-set.ts';
import { type Certificate, isReadable } from '../domain/certificate.ts';
import { readCertificate } from '../x509/certificate.ts';
import { type PemBlock, type PemFault, readPem } from '../x509/pem.ts';

/** A block of a PEM text that gave no certificate. */
export interface Defect extends SkippedCertificate {
  readonly kind: PemFault | 'not_a_certificate' | 'not_a_crl';
  /** Line of the text, from 1. */
  readonly line: number;
}

export interface Bundle {
  /** In the order written, each once. */
  readonly certificates: readonly Certificate[];
  readonly defects: readonly Defect[];
}

/** RFC 7468 §5.1: the second label is an old one for the same content. */
const LABELS = new Set(['CERTIFICATE', 'X509 CERTIFICATE']);

/**
 * Every certificate of a PEM text whose outer structure, names and key can be read, and what stands in the way of the
 * others. A fault further inside (dates, serial, extensions) belongs to the certificate's record and is no defect.
 */
export function readBundle(text: string, maxBlocks?: number): Bundle {
  const document = readPem(text, maxBlocks);
  const certificates = new Map<string, Certificate>();
  const defects: Defect[] = document.errors.map(({ fault, position, line, detail }) => {
    return { kind: fault, position, line, reason: detail };
  });
  for (const block of document.blocks) {
    const certificate = readBlock(block);
    if ('reason' in certificate) defects.push(certificate);
    else certificates.set(certificate.sha256, certificate);
  }
  return { certificates: [...certificates.values()], defects: defects.sort((a, b) => a.position - b.position) };
}

/**
 * Whether a PEM text stops inside a block or a line that begins or ends one, as a file does that is still being written.
 */
export function isCutOff(text: string): boolean {
  if (text.lastIndexOf('-----BEGIN ') > text.lastIndexOf('-----END ')) return true;
  const lastLine = text.slice(text.lastIndexOf('\n') + 1).trimEnd();
  return lastLine.startsWith('-') && !/^-----END .*-----$/.test(lastLine);
}

function readBlock({ label, der, position, line }: PemBlock): Certificate | Defect {
  if (!LABELS.has(label)) {
    // OpenSSL's own format: a certificate followed by settings that no other program knows.
    const hint = label === 'TRUSTED CERTIFICATE' ? ' (write it anew with "openssl x509 -in FILE")' : '';
    return { kind: 'not_a_certificate', position, line, reason: `the block is a ${printable(label)}${hint}` };
  }
  const certificate = readCertificate(der);
  if (isReadable(certificate)) return certificate;
  return { kind: 'not_a_certificate', position, line, reason: certificate.unreadable.detail };
}

/** The label comes from outside and has no bound of its own; it is printable ASCII already. */
function printable(label: string): string {
  return label.length <= 40 ? label : `${label.slice(0, 40)}…`;
}

/**
 * The record of a reference. Its `sha256` is over the anchors' fingerprints in hexadecimal, sorted, a line feed behind
 * each: what `sort | sha256sum` says of a file with one fingerprint a line.
 */
export function anchorSetOf(
  name: string,
  parts: Partial<Pick<AnchorSet, 'anchors' | 'intermediates' | 'crls' | 'skipped'>>,
): AnchorSet {
  const anchors = parts.anchors ?? [];
  const lines = anchors.map(({ sha256 }) => `${sha256}\n`).sort();
  return createAnchorSet({
    name,
    sha256: hash('sha256', lines.join(''), 'hex'),
    anchors,
    intermediates: parts.intermediates ?? [],
    crls: parts.crls ?? [],
    skipped: parts.skipped ?? [],
  });
}

/** What of a defect belongs into a record, with the file it stands in when there are several. */
export function skippedOf(defects: readonly Defect[], file?: string): SkippedCertificate[] {
  return defects.map(({ position, reason }) => ({
    position,
    reason: file === undefined ? reason : `${file}: ${reason}`,
  }));
}

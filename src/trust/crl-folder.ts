import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { SkippedCertificate } from '../domain/anchor-set.ts';
import { type CertificateList, isReadableList } from '../domain/certificate-list.ts';
import { readBoundedFile } from '../files/bounded-file.ts';
import { MAX_CRL_BYTES, readCertificateList } from '../x509/crl.ts';
import { readPem } from '../x509/pem.ts';

/** CRLs of one authority: one for each of its CAs, and deltas. */
const MAX_CRL_FILES = 256;
/** Base64 takes four thirds of its bytes, and lines some more. */
const MAX_FILE_BYTES = Math.ceil(MAX_CRL_BYTES * 1.4);

export interface CrlFolder {
  readonly crls: readonly CertificateList[];
  readonly skipped: readonly SkippedCertificate[];
}

/**
 * Reads every file of `CA_DIR/NAME/crls/`: DER, or PEM with one CRL or more. One that cannot be read is skipped and
 * named; what is wrong with the content of one that can is told where it is used. Throws when a file cannot be opened.
 */
export async function readCrlFolder(folder: string): Promise<CrlFolder> {
  const files = (await readdir(folder)).filter((file) => !file.startsWith('.')).sort();
  const crls: CertificateList[] = [];
  const skipped: SkippedCertificate[] = [];
  for (const [position, file] of files.entries()) {
    if (position >= MAX_CRL_FILES) {
      skipped.push({ position, reason: `crls: only the first ${MAX_CRL_FILES} files are read` });
      break;
    }
    const blocks = blocksOf(await readBoundedFile(join(folder, file), MAX_FILE_BYTES));
    if (blocks.length === 0) skipped.push({ position, reason: `crls/${file}: it holds no X509 CRL block` });
    for (const der of blocks) {
      const list = await readCertificateList(der);
      if (isReadableList(list)) crls.push(list);
      else skipped.push({ position, reason: `crls/${file}: ${list.unreadable.detail}` });
    }
  }
  return { crls, skipped };
}

/** DER begins with the tag of a SEQUENCE, which no text has before its first boundary. */
function blocksOf(bytes: Buffer): readonly Buffer[] {
  if (bytes[0] === 0x30) return [bytes];
  const { blocks } = readPem(bytes.toString('latin1'));
  return blocks.filter(({ label }) => label === 'X509 CRL').map(({ der }) => der);
}

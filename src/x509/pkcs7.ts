import { type Certificate, isReadable } from '../domain/certificate.ts';
import { readCertificate } from './certificate.ts';
import { contextConstructed, DerError, DerSource, readOid, TAG } from './der.ts';
import { readPem } from './pem.ts';

/** Certificates of one document about issuers; a whole chain has three or four. */
const MAX_CERTIFICATES = 20;
const MAX_ELEMENTS = 1000;
const SIGNED_DATA = '1.2.840.113549.1.7.2';

/**
 * The certificates of a document that caIssuers names (RFC 5280 §4.2.2.1): one in DER, a certs-only CMS message
 * (PKCS #7), or, as some CAs publish, either in PEM. What cannot be read is left out.
 */
export function readIssuerDocument(bytes: Buffer): Certificate[] {
  const documents = bytes[0] === 0x30 ? [bytes] : pemBlocks(bytes);
  return documents.flatMap(readDer).slice(0, MAX_CERTIFICATES);
}

function pemBlocks(bytes: Buffer): readonly Buffer[] {
  const { blocks } = readPem(bytes.toString('latin1'), MAX_CERTIFICATES);
  return blocks.filter(({ label }) => /^(CERTIFICATE|PKCS7|CMS)$/.test(label)).map(({ der }) => der);
}

function readDer(der: Buffer): Certificate[] {
  const members = signedDataMembers(der);
  return (members ?? [der]).map(readCertificate).filter(isReadable);
}

/**
 * The certificates field of ContentInfo with SignedData (RFC 5652 §5.1), each as DER; null when these bytes are
 * something else. Signatures in it are nobody's concern: each certificate is judged by its own.
 */
function signedDataMembers(der: Buffer): Buffer[] | null {
  const source = new DerSource(der, () => {}, MAX_ELEMENTS);
  try {
    const contentInfo = source.cursor().enter(TAG.sequence, 'ContentInfo');
    if (contentInfo.tag !== TAG.oid) return null;
    if (readOid(source, contentInfo.take(TAG.oid, 'contentType'), 'contentType') !== SIGNED_DATA) return null;
    const signedData = contentInfo.enter(contextConstructed(0), 'content').enter(TAG.sequence, 'SignedData');
    signedData.take(TAG.integer, 'version');
    signedData.take(TAG.set, 'digestAlgorithms');
    signedData.take(TAG.sequence, 'encapContentInfo');
    const certificates = signedData.enter(contextConstructed(0), 'certificates');
    const members: Buffer[] = [];
    while (!certificates.done && members.length < MAX_CERTIFICATES) {
      const member = certificates.next('a certificate');
      if (member.tag === TAG.sequence) members.push(source.der(member));
    }
    return members;
  } catch (error) {
    if (error instanceof DerError) return null;
    throw error;
  }
}

import type { DistinguishedName, SignatureInfo } from '../domain/certificate.ts';
import type { CertificateList, ReadCertificateList } from '../domain/certificate-list.ts';
import { checkSignatureParameters, readAlgorithm, signatureInfo } from './algorithm.ts';
import { readTime } from './asn1-time.ts';
import { type CrlEntries, NO_ENTRIES, readEntries } from './crl-entries.ts';
import { type CrlExtensions, noExtensions, readCrlExtensions } from './crl-extensions.ts';
import {
  contextConstructed,
  type DerCursor,
  DerError,
  DerSource,
  type Element,
  readBitString,
  readCount,
  TAG,
  type Violation,
} from './der.ts';
import { documentFault, documentFaults } from './document-fault.ts';
import { readName } from './name.ts';
import { createTurns } from './turns.ts';

/** The largest public CRLs have some tens of megabytes. */
export const MAX_CRL_BYTES = 64 * 1024 * 1024;
/** Elements outside of the list of entries. */
const MAX_HEADER_ELEMENTS = 20_000;
/** Departures that are remembered; a list of entries can have a million. */
const MAX_VIOLATIONS = 100;

/**
 * Reads a CRL (RFC 5280 §5): total for any bytes, in steps bounded by their number, giving way to others every few
 * milliseconds. The record keeps `der` itself and an index of 8 to 16 octets an entry, nothing else for each.
 * Rejects only with the reason of `signal`.
 */
export async function readCertificateList(
  der: Buffer,
  { signal = null }: { readonly signal?: AbortSignal | null } = {},
): Promise<ReadCertificateList> {
  const violations: Violation[] = [];
  const source = new DerSource(
    der,
    (violation) => {
      if (violations.length < MAX_VIOLATIONS) violations.push(violation);
    },
    MAX_HEADER_ELEMENTS,
  );
  try {
    if (der.length > MAX_CRL_BYTES) {
      throw new DerError('crl.too_large', 0, `the CRL has ${der.length} octets`);
    }
    const fields = await readOuter(source, createTurns(signal));
    return { der, ...fields, faults: documentFaults(violations, 'crl_invalid', 'crl.encoding') };
  } catch (error) {
    if (!(error instanceof DerError)) throw error;
    return { unreadable: documentFault(error.violation, 'crl_invalid', 'crl.encoding') };
  }
}

type Fields = Omit<CertificateList, 'der' | 'faults'>;

/** CertificateList ::= SEQUENCE { tbsCertList, signatureAlgorithm, signatureValue } (RFC 5280 §5.1). */
async function readOuter(source: DerSource, giveWay: () => Promise<void> | undefined): Promise<Fields> {
  const document = source.cursor();
  const outer = document.enter(TAG.sequence, 'the CRL');
  if (!document.done) {
    const detail = `${document.end - document.offset} octets follow the CRL`;
    source.report({ rule: 'der.trailing_bytes', offset: document.offset, detail });
  }
  const tbs = outer.take(TAG.sequence, 'tbsCertList');
  const header = readHeader(source.inside(tbs));
  const signature = readSignature(outer, header.algorithm);
  const entries = header.list === null ? NO_ENTRIES : await readEntries(source, header.list, giveWay);
  checkProfile(source, header, entries);
  const { issuer, thisUpdate, nextUpdate, extensions } = header;
  const { count: entryCount, indexBytes, find } = entries;
  return {
    tbs: source.der(tbs),
    issuer,
    thisUpdate,
    nextUpdate,
    signature,
    ...extensions,
    entryCount,
    indexBytes,
    find,
  };
}

interface Header {
  readonly version: number;
  readonly algorithm: Buffer;
  readonly issuer: DistinguishedName;
  readonly thisUpdate: number;
  readonly nextUpdate: number;
  readonly list: Element | null;
  readonly extensions: CrlExtensions;
  /** Where what is missing would stand. */
  readonly end: number;
}

/** TBSCertList (RFC 5280 §5.1.2) but for its entries, which are only passed over. */
function readHeader(fields: DerCursor): Header {
  const { source } = fields;
  const versionField = fields.takeOptional(TAG.integer, 'version');
  const version = versionField === null ? 1 : 1 + readCount(source, versionField, 'version');
  const algorithm = readAlgorithm(fields, 'signature').der;
  const issuer = readName(fields, 'issuer');
  const thisUpdate = readTime(fields, 'thisUpdate');
  const hasNext = fields.tag === TAG.utcTime || fields.tag === TAG.generalizedTime;
  const nextUpdate = hasNext ? readTime(fields, 'nextUpdate') : Number.NaN;
  if (!hasNext) {
    source.report({ rule: 'crl.next_update_missing', offset: fields.offset, detail: 'the CRL has no nextUpdate' });
  }
  const list = fields.takeOptional(TAG.sequence, 'revokedCertificates');
  const extensionsField = fields.takeOptional(contextConstructed(0), 'crlExtensions');
  const extensions = extensionsField === null ? noExtensions() : readCrlExtensions(source.inside(extensionsField));
  fields.finish('tbsCertList');
  return { version, algorithm, issuer, thisUpdate, nextUpdate, list, extensions, end: fields.end };
}

/** signatureAlgorithm and signatureValue; `inner` is the algorithm inside of what is signed (RFC 5280 §5.1.1.2). */
function readSignature(outer: DerCursor, inner: Buffer): SignatureInfo {
  const { source } = outer;
  const offset = outer.offset;
  const algorithm = readAlgorithm(outer, 'signatureAlgorithm');
  if (!algorithm.der.equals(inner)) {
    const detail = `signatureAlgorithm (${algorithm.name}) differs from the algorithm inside of what is signed`;
    source.report({ rule: 'crl.algorithm_mismatch', offset, detail });
  }
  checkSignatureParameters(source, algorithm, offset);
  const element = outer.take(TAG.bitString, 'signatureValue');
  const { bytes, unusedBits } = readBitString(source, element, 'signatureValue');
  if (unusedBits !== 0) {
    const detail = 'signatureValue has unused bits';
    source.report({ rule: 'der.bit_string_form', offset: element.content, detail });
  }
  outer.finish('the CRL');
  return signatureInfo(algorithm, bytes);
}

/** What RFC 5280 §5 demands of the fields together. */
function checkProfile({ report }: DerSource, header: Header, entries: CrlEntries): void {
  const { version, thisUpdate, nextUpdate, list, extensions, end } = header;
  if (version !== 2) report({ rule: 'crl.version', offset: 0, detail: `the CRL is of version ${version}` });
  if (nextUpdate <= thisUpdate) report({ rule: 'crl.times_order', offset: end, detail: 'nextUpdate is not later' });
  if (list !== null && entries.count === 0) {
    report({ rule: 'crl.entries_empty', offset: list.start, detail: 'the list of entries is there and empty' });
  }
  if (extensions.authorityKeyIdentifier === null) {
    const detail = 'the CRL has no authority key identifier';
    report({ rule: 'crl.authority_key_identifier_missing', offset: end, detail });
  }
  if (extensions.number === null) {
    report({ rule: 'crl.number_missing', offset: end, detail: 'the CRL has no CRL number' });
  }
  if (entries.namesIssuers && extensions.issuingDistributionPoint?.indirect !== true) {
    const detail = 'entries name the issuer of their certificate although the CRL is not indirect';
    report({ rule: 'crl.certificate_issuer', offset: list?.start ?? 0, detail });
  }
}

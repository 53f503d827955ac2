import type { DistinguishedName } from '../domain/certificate.ts';
import type { CrlEntry, RevocationReason } from '../domain/certificate-list.ts';
import { readTime } from './asn1-time.ts';
import { EntryScanner, shortestInteger } from './crl-entry-scanner.ts';
import { DerError, DerSource, type Element, readOid, TAG } from './der.ts';
import { readExtension } from './extensions.ts';
import { readGeneralNames } from './general-name.ts';
import { EXTENSION } from './oids.ts';
import { SerialIndex } from './serial-index.ts';

/** The largest public CRLs have some hundred thousand entries. */
export const MAX_ENTRIES = 1_000_000;
/** Changes of certificateIssuer in one indirect CRL; each keeps a name. */
const MAX_ISSUERS = 2000;
/** Entries between two looks at the clock: few, since each may be the first to touch its page of the index. */
const ENTRIES_A_TURN = 64;

/** In the order of their numbers; 7 is not used (RFC 5280 §5.3.1). */
const REASONS: readonly (RevocationReason | null)[] = [
  'unspecified',
  'key_compromise',
  'ca_compromise',
  'affiliation_changed',
  'superseded',
  'cessation_of_operation',
  'certificate_hold',
  null,
  'remove_from_crl',
  'privilege_withdrawn',
  'aa_compromise',
];

export interface CrlEntries {
  readonly count: number;
  readonly indexBytes: number;
  /** Some entry names the issuer of its certificate (RFC 5280 §5.3.3). */
  readonly namesIssuers: boolean;
  readonly find: (serial: string) => readonly CrlEntry[];
}

export const NO_ENTRIES: CrlEntries = { count: 0, indexBytes: 0, namesIssuers: false, find: () => [] };

/** Whose certificates the entries from an offset on are about. */
interface IssuerSpan {
  readonly from: number;
  readonly issuer: DistinguishedName;
}

/**
 * Reads revokedCertificates: every entry is checked, none is kept as an object. `giveWay` is awaited now and then.
 * Throws DerError for what is no list of entries.
 */
export async function readEntries(
  source: DerSource,
  list: Element,
  giveWay: () => Promise<void> | undefined,
): Promise<CrlEntries> {
  const { bytes } = source;
  const count = await countEntries(bytes, list, giveWay);
  const index = new SerialIndex(bytes, count);
  const spans: IssuerSpan[] = [];
  const scanner = new EntryScanner(bytes, list.content, list.end);
  for (let read = 0; scanner.offset < list.end; read++) {
    if (read % ENTRIES_A_TURN === 0) await giveWay();
    const start = scanner.offset;
    scanner.take(TAG.sequence);
    const outer = scanner.enter();
    scanner.takeSerial();
    index.add(start, scanner.content, scanner.stop);
    scanner.takeTime();
    if (scanner.offset < scanner.end) scanExtensions(source, scanner, start, spans);
    scanner.leave(outer);
  }
  return {
    count,
    indexBytes: index.byteLength + spans.length * 1024,
    namesIssuers: spans.length > 0,
    find: (serial) => findEntries(bytes, index, spans, Buffer.from(serial, 'hex')),
  };
}

async function countEntries(bytes: Buffer, list: Element, giveWay: () => Promise<void> | undefined): Promise<number> {
  const scanner = new EntryScanner(bytes, list.content, list.end);
  let count = 0;
  while (scanner.offset < list.end) {
    if (count % ENTRIES_A_TURN === 0) await giveWay();
    scanner.next();
    count++;
    if (count > MAX_ENTRIES) {
      throw new DerError('crl.too_large', scanner.content, `the CRL has more than ${MAX_ENTRIES} entries`);
    }
  }
  return count;
}

/** Arc id-ce (2.5.29) as it is encoded: the extensions of entries have one octet behind it. */
const ID_CE = 0x551d;
const REASON_CODE = 21;
const INVALIDITY_DATE = 24;
const CERTIFICATE_ISSUER = 29;

/** crlEntryExtensions (RFC 5280 §5.3): what decides whether the CRL may be used, and whose certificates follow. */
function scanExtensions(source: DerSource, scanner: EntryScanner, entry: number, spans: IssuerSpan[]): void {
  const { bytes } = scanner;
  scanner.take(TAG.sequence);
  const entryEnd = scanner.enter();
  while (scanner.offset < scanner.end) {
    const start = scanner.offset;
    scanner.take(TAG.sequence);
    const listEnd = scanner.enter();
    scanner.take(TAG.oid);
    const isIdCe = scanner.stop - scanner.content === 3 && bytes.readUInt16BE(scanner.content) === ID_CE;
    const number = isIdCe ? (bytes[scanner.content + 2] as number) : -1;
    // Any other is read here, so that one of a wrong form is met now and not when its entry is looked up.
    if (number < 0 || number >= 0x80) {
      readOid(source, { tag: TAG.oid, start, content: scanner.content, end: scanner.stop }, 'an extension OID');
    }
    const critical = scanCritical(scanner);
    scanner.take(TAG.octetString);
    if (number === REASON_CODE) checkReason(source, scanner);
    else if (number === CERTIFICATE_ISSUER) addSpan(source, scanner, { entry, critical }, spans);
    else if (critical && number !== INVALIDITY_DATE) {
      const detail = 'an entry of the CRL has a critical extension that is not known';
      source.report({ rule: 'crl.unknown_critical_entry_extension', offset: start, detail });
    }
    scanner.leave(listEnd);
  }
  scanner.leave(entryEnd);
}

function scanCritical(scanner: EntryScanner): boolean {
  const { bytes, offset } = scanner;
  if (bytes[offset] !== TAG.boolean) return false;
  scanner.next();
  if (scanner.stop - scanner.content !== 1 || bytes[scanner.content] !== 0xff) {
    throw new DerError('crl.entry_form', offset, 'the critical flag of an entry extension is not TRUE in DER');
  }
  return true;
}

function checkReason(source: DerSource, { bytes, content, stop }: EntryScanner): void {
  const isOctet = stop - content === 3 && bytes[content] === TAG.enumerated && bytes[content + 1] === 1;
  if (isOctet && reasonOf(bytes[content + 2] as number) !== null) return;
  source.report({ rule: 'crl.reason_code', offset: content, detail: 'the reason code of an entry is not defined' });
}

/** The reason with this number; null when there is none (RFC 5280 §5.3.1). */
export function reasonOf(code: number): RevocationReason | null {
  return REASONS[code] ?? null;
}

/** certificateIssuer holds for its entry and those behind it, until another one (RFC 5280 §5.3.3). */
function addSpan(
  source: DerSource,
  { content, stop }: EntryScanner,
  { entry, critical }: { entry: number; critical: boolean },
  spans: IssuerSpan[],
): void {
  const cursor = source.inside({ tag: 0, start: content, content, end: stop });
  const names = readGeneralNames(cursor.enter(TAG.sequence, 'certificateIssuer'), 'certificateIssuer');
  cursor.finish('certificateIssuer');
  const [name, another] = names.filter((each) => each.type === 'directory');
  if (name === undefined) {
    throw new DerError('crl.certificate_issuer', content, 'a certificateIssuer of the CRL has no directory name');
  }
  if (another !== undefined) {
    const detail = 'a certificateIssuer has more than one directory name';
    source.report({ rule: 'crl.certificate_issuer', offset: content, detail });
  }
  if (!critical) {
    source.report({ rule: 'crl.certificate_issuer', offset: content, detail: 'a certificateIssuer is not critical' });
  }
  if (spans.length >= MAX_ISSUERS) {
    throw new DerError('crl.too_large', entry, `the CRL names issuers of certificates more than ${MAX_ISSUERS} times`);
  }
  spans.push({ from: entry, issuer: name.value });
}

function findEntries(
  bytes: Buffer,
  index: SerialIndex,
  spans: readonly IssuerSpan[],
  serial: Buffer,
): readonly CrlEntry[] {
  const wanted = serial.subarray(shortestInteger(serial, 0, serial.length));
  const found: CrlEntry[] = [];
  for (const entry of index.candidates(wanted)) {
    const scanner = new EntryScanner(bytes, entry, bytes.length);
    scanner.next();
    scanner.enter();
    scanner.takeSerial();
    if (wanted.equals(bytes.subarray(scanner.content, scanner.stop))) {
      const certificateIssuer = spans.findLast((span) => span.from <= entry)?.issuer ?? null;
      found.push({ certificateIssuer, ...readDetails(bytes, scanner.offset, scanner.end) });
    }
  }
  return found;
}

/** Time and reason of an entry; the walk has seen its form, so that only impossible dates are left to fail. */
function readDetails(bytes: Buffer, offset: number, end: number): Pick<CrlEntry, 'revokedAt' | 'reason'> {
  const source = new DerSource(bytes, () => {});
  const fields = source.inside({ tag: 0, start: offset, content: offset, end });
  const revokedAt = readTime(fields, 'revocationDate');
  const list = fields.takeOptional(TAG.sequence, 'crlEntryExtensions');
  const extensions = list === null ? null : source.inside(list);
  while (extensions !== null && !extensions.done) {
    const { extension } = readExtension(source, extensions.take(TAG.sequence, 'an extension'));
    if (extension.oid === EXTENSION.reasonCode) return { revokedAt, reason: reasonOf(extension.value.at(-1) ?? 7) };
  }
  return { revokedAt, reason: null };
}

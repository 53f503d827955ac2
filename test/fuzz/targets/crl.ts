import { sign, verify } from 'node:crypto';
import { type Certificate, isReadable } from '../../../src/domain/certificate.ts';
import { type CertificateList, isReadableList } from '../../../src/domain/certificate-list.ts';
import { severityOf } from '../../../src/domain/severity.ts';
import { judgeCrl } from '../../../src/revocation/crl-judgement.ts';
import { createSignatureBudget } from '../../../src/revocation/signature-budget.ts';
import { parseCertificate } from '../../../src/x509/certificate.ts';
import { readCertificateList } from '../../../src/x509/crl.ts';
import { keyObjectOf } from '../../../src/x509/key-object.ts';
import { type CrlOptions, certificateList } from '../../support/crl.ts';
import { context, integer, sequence, tlv } from '../../support/der.ts';
import type { Issued } from '../../support/issued.ts';
import { commonName } from '../../support/raw-certificate.ts';
import { childrenOf, elementsOf, MAX_ELEMENTS } from '../der-elements.ts';
import { FUZZED_AT, fixedPki } from '../fixed-pki.ts';
import { type FuzzTarget, promise } from '../fuzz-target.ts';
import { mutateDer } from '../mutate-der.ts';
import { signedAgain } from '../sign-again.ts';

/** The CRL reader: what it reads, and that it misses no entry. */
export async function crlTarget(): Promise<FuzzTarget> {
  const { issuing } = await fixedPki();
  return { corpus: fixedCrls(issuing), mutate: mutateDer, check: checkCrl };
}

/** The judgement on a CRL, whose changes its CA signs in half of the cases. */
export async function crlJudgementTarget(): Promise<FuzzTarget> {
  const { issuing, server } = await fixedPki();
  const subject = { certificate: readable(server.der), issuer: readable(issuing.der) };
  const corpus = fixedCrls(issuing);
  return {
    corpus,
    mutate: (input, random, donor) => {
      const changed = mutateDer(input, random, donor);
      return random.once(2) ? signedAgain(changed, (tbs) => sign(null, tbs, issuing.key)) : changed;
    },
    check: (input) => checkJudgement(input, subject),
  };
}

function readable(der: Buffer): Certificate {
  const certificate = parseCertificate(der);
  if (!isReadable(certificate)) throw new Error('the corpus is readable');
  return certificate;
}

/** Serial 4006 is that of the server's certificate. */
function fixedCrls(issuer: Issued): readonly Buffer[] {
  const crl = (options: Partial<CrlOptions>) => certificateList({ issuer, ...options });
  const entries = [{ serial: '4005', reason: 1 }, { serial: '4006', reason: 4 }, { serial: '00ff' }];
  const named = { oid: '2.5.29.29', critical: true, value: sequence(context(4, true, commonName('Other'))) };
  const point = context(0, true, context(0, true, context(6, false, Buffer.from('http://a.example/crl'))));
  return [
    crl({}),
    crl({ entries }),
    crl({ entries: [{ serial: '4005' }] }),
    crl({ entries: [{ serial: '4006', reason: 6 }] }),
    crl({ entries, baseNumber: 1, number: 2 }),
    crl({ entries, idp: [point, tlv(0x81, Buffer.from([0xff]))] }),
    crl({ entries: [{ serial: '4006', extensions: [named] }, ...entries], idp: tlv(0x84, Buffer.from([0xff])) }),
    crl({ entries, v1: true }),
    crl({ entries, nextUpdate: null, number: null, aki: false }),
    crl({ entries: [{ serial: '4006', extensions: [{ oid: '1.2.3.4', critical: true, value: integer(1) }] }] }),
  ];
}

async function checkCrl(der: Buffer): Promise<string> {
  const list = await readCertificateList(der);
  const faults = isReadableList(list) ? list.faults : [list.unreadable];
  promise(faults.length <= 100, 'faults are bounded');
  for (const { rule, evidence } of faults) {
    const offset = Number(evidence?.offset);
    promise(
      rule !== undefined && offset >= 0 && offset <= der.length,
      'a fault names a rule and a place in the octets',
    );
  }
  if (isReadableList(list)) requireEntries(list);
  return [...new Set(faults.map(({ rule, evidence }) => `${rule} ${evidence?.departure ?? ''}`))].join(', ');
}

/** Every entry that another walk over the list meets is found by its serial number, and no entry by another's. */
function requireEntries(list: CertificateList): void {
  const serials = serialsOf(list.tbs);
  if (serials === null) return;
  promise(list.entryCount === serials.length, 'all entries are counted');
  for (const serial of serials.slice(0, 16)) promise(list.find(serial).length > 0, `the entry ${serial} is found`);
  const known = new Set(serials.map((serial) => BigInt(`0x0${serial}`)));
  for (const serial of ['4006', '7fff', '00', '']) {
    promise(list.find(serial).length === 0 || known.has(BigInt(`0x0${serial}`)), `there is no entry ${serial}`);
  }
}

/** Serial numbers in revokedCertificates, which stands behind the one or two times; null of more than the walk meets. */
function serialsOf(tbs: Buffer): string[] | null {
  const elements = elementsOf(tbs);
  if (elements.length >= MAX_ELEMENTS) return null;
  const fields = childrenOf(elements, elements[0]);
  const isTime = (index: number) => fields[index]?.tag === 0x17 || fields[index]?.tag === 0x18;
  const first = fields.findIndex((_, index) => isTime(index));
  const list = fields[isTime(first + 1) ? first + 2 : first + 1];
  if (first < 0 || list?.tag !== 0x30) return [];
  const entries = new Set(childrenOf(elements, list).map((entry) => elements.indexOf(entry)));
  return elements.flatMap(({ parent, content, end }) => {
    // The first element of an entry; the walk meets the others after it.
    return entries.delete(parent) ? [tbs.toString('hex', content, end)] : [];
  });
}

type Subject = { readonly certificate: Certificate; readonly issuer: Certificate };

const NO_SIGNERS = { certificates: [], refused: [], isCut: false };

async function checkJudgement(der: Buffer, subject: Subject): Promise<string> {
  const list = await readCertificateList(der);
  if (!isReadableList(list)) return 'unreadable';
  const context = {
    at: FUZZED_AT,
    profile: 'default',
    signersOf: () => NO_SIGNERS,
    budget: createSignatureBudget(),
  } as const;
  const { usable, entry, reasons, faults } = await judgeCrl(list, subject, context);
  if (usable || entry !== null) {
    requireSigned(list, subject.issuer);
    promise(reasons !== null, 'what decides is in scope');
  }
  if (usable) {
    promise(
      faults.every((fault) => fault.rule === 'crl.next_publish_overdue' || severityOf(fault, 'default') !== 'error'),
      'a usable CRL has no error',
    );
    promise(list.thisUpdate <= FUZZED_AT + 300_000 && FUZZED_AT <= list.nextUpdate, 'a usable CRL is of now');
    const isListed = list.find(subject.certificate.serial).some(({ certificateIssuer }) => certificateIssuer === null);
    if (isListed) promise(entry !== null, 'a listed certificate does not pass');
  }
  return `${usable} ${entry?.reason} ${[...new Set(faults.map(({ rule }) => rule))].join(' ')}`;
}

function requireSigned(list: CertificateList, issuer: Certificate): void {
  const key = keyObjectOf(issuer.spki);
  promise(key !== null && verify(null, list.tbs, key, list.signature.value), 'what decides is signed');
  promise(list.der.includes(list.tbs), 'what is signed is what was given');
}

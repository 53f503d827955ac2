import { execFileSync } from 'node:child_process';
import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { type CertificateList, isReadableList } from '../../src/domain/certificate-list.ts';
import { readCertificateList } from '../../src/x509/crl.ts';
import { isMissing } from '../support/child-server.ts';
import { type CrlOptions, certificateList, crlEntry, crlPem } from '../support/crl.ts';
import { context, integer, octets, oid, sequence, tlv, utcTime } from '../support/der.ts';
import { type Issued, root } from '../support/pki.ts';

let ca: Issued;
beforeAll(async () => {
  ca = await root('CRL CA');
});

async function read(der: Buffer): Promise<CertificateList> {
  const list = await readCertificateList(der);
  if (!isReadableList(list)) throw new Error(list.unreadable.detail);
  return list;
}

const rulesOf = (list: CertificateList) => list.faults.map(({ rule }) => rule);

describe('a CRL', () => {
  it('gives up its header, extensions and entries', async () => {
    const entries = [{ serial: '0dead41f0', reason: 1 }, { serial: '041f', reason: 6 }, { serial: '7f' }];
    const list = await read(certificateList({ issuer: ca, number: 4711, entries: entries.slice(1) }));
    expect(list.issuer.text).toBe('CN=CRL CA');
    expect(list.thisUpdate).toBe(Date.parse('2026-06-01T00:00:00Z'));
    expect(list.nextUpdate).toBe(Date.parse('2026-07-01T00:00:00Z'));
    expect(list.number).toBe(4711n);
    expect(list.baseNumber).toBeNull();
    expect(list.entryCount).toBe(2);
    expect(list.find('041f')[0]).toMatchObject({ reason: 'certificate_hold', certificateIssuer: null });
    expect(list.find('7f')[0]).toMatchObject({ reason: null });
    expect(list.faults).toEqual([]);
  });

  it.each([
    { name: 'a needless octet', bytes: [0x80, 0x01] },
    { name: 'its last octet missing', bytes: [0x55, 0x1d, 0x95] },
    { name: 'no octet', bytes: [] },
  ])('is refused as a whole when an extension of an entry has an OID with $name', async ({ bytes }) => {
    const extension = sequence(tlv(0x06, Buffer.from(bytes)), octets(Buffer.alloc(0)));
    const rawEntries = sequence(sequence(integer(0x41f0), utcTime('260601000000Z'), sequence(extension)));
    const list = await readCertificateList(certificateList({ issuer: ca, rawEntries }));
    expect(isReadableList(list) ? list.find('41f0') : list.unreadable.code).toBe('crl_invalid');
  });

  it('finds serials whole, and in whatever length they are written', async () => {
    const list = await read(certificateList({ issuer: ca, entries: [{ serial: 'dead41f0' }, { serial: '80' }] }));
    expect(list.find('41f0')).toEqual([]);
    expect(list.find('041f')).toEqual([]);
    expect(list.find('dead41')).toEqual([]);
    expect(list.find('00dead41f0')).toHaveLength(1);
    expect(list.find('0080')).toHaveLength(1);
    expect(list.find('80')).toEqual([]);
    expect(list.find('')).toEqual([]);
  });

  it('finds each of many entries and nothing else', async () => {
    await fc.assert(
      fc.asyncProperty(fc.uniqueArray(fc.integer({ min: 1, max: 2 ** 40 }), { maxLength: 200 }), async (numbers) => {
        const [absent = 0, ...present] = numbers;
        const hex = (value: number) => integer(value).subarray(2).toString('hex');
        const list = await read(
          certificateList({ issuer: ca, entries: present.map((each) => ({ serial: hex(each) })) }),
        );
        expect(list.entryCount).toBe(present.length);
        expect(present.every((each) => list.find(hex(each)).length === 1)).toBe(true);
        expect(list.find(hex(absent))).toEqual([]);
      }),
      { numRuns: 20 },
    );
  });

  const commonName = (name: string) => sequence(tlv(0x31, sequence(oid('2.5.4.3'), tlv(0x0c, Buffer.from(name)))));
  const issuerExtension = (...names: readonly string[]) => ({
    oid: '2.5.29.29',
    critical: true,
    value: sequence(...names.map((name) => context(4, true, commonName(name)))),
  });

  it('knows whose certificates the entries of an indirect CRL are about', async () => {
    const list = await read(
      certificateList({
        issuer: ca,
        idp: context(4, false, Buffer.from([0xff])),
        entries: [
          { serial: '01' },
          { serial: '02', extensions: [issuerExtension('One')] },
          { serial: '03' },
          { serial: '02', extensions: [issuerExtension('Two')] },
        ],
      }),
    );
    expect(list.faults).toEqual([]);
    const issuersOf = (serial: string) => list.find(serial).map((entry) => entry.certificateIssuer?.text ?? null);
    expect(issuersOf('01')).toEqual([null]);
    expect(issuersOf('02')).toEqual(['CN=One', 'CN=Two']);
    expect(issuersOf('03')).toEqual(['CN=One']);
  });

  const unknown = { oid: '1.2.3.4', value: Buffer.from([5, 0]) };
  const departures: readonly { name: string; options: Partial<CrlOptions>; rules: readonly string[] }[] = [
    { name: 'no CRL number', options: { number: null }, rules: ['crl.number_missing'] },
    { name: 'a critical CRL number', options: { numberCritical: true }, rules: ['crl.number_critical'] },
    { name: 'no key identifier', options: { aki: false }, rules: ['crl.authority_key_identifier_missing'] },
    {
      name: 'version 1',
      options: { v1: true },
      rules: ['crl.version', 'crl.authority_key_identifier_missing', 'crl.number_missing'],
    },
    { name: 'no nextUpdate', options: { nextUpdate: null }, rules: ['crl.next_update_missing'] },
    {
      name: 'nextUpdate not after thisUpdate',
      options: { nextUpdate: new Date('2026-06-01T00:00:00Z') },
      rules: ['crl.times_order'],
    },
    { name: 'an empty list of entries', options: { rawEntries: sequence() }, rules: ['crl.entries_empty'] },
    {
      name: 'another algorithm inside',
      options: { innerAlgorithm: sequence(oid('1.2.3')) },
      rules: ['crl.algorithm_mismatch'],
    },
    { name: 'an unknown extension', options: { extensions: [unknown] }, rules: [] },
    {
      name: 'an unknown critical extension',
      options: { extensions: [{ ...unknown, critical: true }] },
      rules: ['crl.unknown_critical_extension'],
    },
    {
      name: 'an extension twice',
      options: { extensions: [{ oid: '2.5.29.20', value: integer(2) }] },
      rules: ['crl.extension_duplicate'],
    },
    {
      name: 'an unknown critical extension of an entry',
      options: { entries: [{ serial: '01', extensions: [{ ...unknown, critical: true }] }] },
      rules: ['crl.unknown_critical_entry_extension'],
    },
    {
      name: 'a reason that is not defined',
      options: { entries: [{ serial: '01', reason: 7 }] },
      rules: ['crl.reason_code'],
    },
    { name: 'the last reason there is', options: { entries: [{ serial: '01', reason: 10 }] }, rules: [] },
    { name: 'a reason above', options: { entries: [{ serial: '01', reason: 11 }] }, rules: ['crl.reason_code'] },
    {
      name: 'an entry with an issuer, in a CRL that is not indirect',
      options: { entries: [{ serial: '01', extensions: [issuerExtension('One')] }] },
      rules: ['crl.certificate_issuer'],
    },
    {
      name: 'an entry with two issuers',
      options: {
        idp: context(4, false, Buffer.from([0xff])),
        entries: [{ serial: '01', extensions: [issuerExtension('One', 'Two')] }],
      },
      rules: ['crl.certificate_issuer'],
    },
    { name: 'an empty scope', options: { idp: [] }, rules: ['crl.issuing_distribution_point'] },
    {
      name: 'a scope of two kinds',
      options: { idp: [context(1, false, Buffer.from([0xff])), context(2, false, Buffer.from([0xff]))] },
      rules: ['crl.issuing_distribution_point'],
    },
  ];
  it.each(departures)('with $name', async ({ options, rules }) => {
    expect(rulesOf(await read(certificateList({ issuer: ca, ...options })))).toEqual(rules);
  });

  const hostile: readonly { name: string; bytes: (good: Buffer) => Buffer; departure: string | undefined }[] = [
    { name: 'nothing', bytes: () => Buffer.alloc(0), departure: 'der.field_missing' },
    { name: 'a page of HTML', bytes: () => Buffer.from('<!doctype html>'), departure: 'der.unexpected_tag' },
    { name: 'a CRL that is cut', bytes: (good) => good.subarray(0, -1), departure: 'der.element_truncated' },
    {
      name: 'an entry that is no sequence',
      bytes: () => certificateList({ issuer: ca, rawEntries: sequence(octets(Buffer.from([1]))) }),
      departure: undefined,
    },
    {
      name: 'an entry with a time without seconds',
      bytes: () => certificateList({ issuer: ca, rawEntries: sequence(sequence(integer(1), utcTime('2601010000Z'))) }),
      departure: undefined,
    },
    {
      name: 'a serial with a needless octet',
      bytes: () =>
        certificateList({
          issuer: ca,
          rawEntries: sequence(sequence(tlv(2, Buffer.from([0, 1])), utcTime('260101000000Z'))),
        }),
      departure: 'der.integer_not_minimal',
    },
  ];
  it.each(hostile)('is not read from $name', async ({ bytes, departure }) => {
    const list = await readCertificateList(bytes(certificateList({ issuer: ca })));
    if (isReadableList(list)) throw new Error('was read');
    expect(list.unreadable.code).toBe('crl_invalid');
    expect(list.unreadable.evidence?.departure).toBe(departure);
    expect(list.unreadable.evidence?.offset).toEqual(expect.any(Number));
  });

  it('may be any bytes', async () => {
    const good = certificateList({ issuer: ca, entries: [{ serial: '01', reason: 1 }, { serial: '02' }] });
    await fc.assert(
      fc.asyncProperty(fc.nat(good.length - 1), fc.integer({ min: 0, max: 255 }), async (at, octet) => {
        const bytes = Buffer.from(good);
        bytes[at] = octet;
        await expect(readCertificateList(bytes)).resolves.toBeDefined();
      }),
      { numRuns: 500 },
    );
  });

  it('bounds how often one serial can stand in it', async () => {
    const one = crlEntry({ serial: '01' });
    const repeated = (times: number) =>
      readCertificateList(certificateList({ issuer: ca, rawEntries: sequence(...Array(times).fill(one)) }));
    expect(isReadableList(await repeated(256))).toBe(true);
    expect(await repeated(257)).toMatchObject({ unreadable: { rule: 'crl.serial_repeated' } });
  });

  it('gives way to others while it is read', async () => {
    const entries = Array.from({ length: 100_000 }, (_, index) => ({
      serial: (index + 0x100000).toString(16).padStart(6, '0'),
    }));
    const der = certificateList({ issuer: ca, entries });
    let turns = 0;
    const timer = setInterval(() => turns++, 1);
    const list = await read(der);
    clearInterval(timer);
    expect(list.find('100fff')).toHaveLength(1);
    expect(turns).toBeGreaterThan(0);
  });

  it('stops being read when the signal aborts', async () => {
    const entries = Array.from({ length: 100_000 }, (_, index) => ({
      serial: (index + 0x100000).toString(16).padStart(6, '0'),
    }));
    const reason = new Error('gone');
    const reading = readCertificateList(certificateList({ issuer: ca, entries }), {
      signal: AbortSignal.abort(reason),
    });
    await expect(reading).rejects.toBe(reason);
  });

  it.skipIf(isMissing('openssl'))('is read by openssl alike', async () => {
    const der = certificateList({ issuer: ca, entries: [{ serial: '0102', reason: 4 }, { serial: '7f01' }] });
    const text = execFileSync('openssl', ['crl', '-noout', '-text'], { input: crlPem(der), encoding: 'utf8' });
    expect(text).toContain('Serial Number: 0102');
    expect(text).toContain('Superseded');
  });
});

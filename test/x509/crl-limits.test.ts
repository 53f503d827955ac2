import { generateKeyPairSync, sign } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { isReadableList } from '../../src/domain/certificate-list.ts';
import { readCertificateList } from '../../src/x509/crl.ts';
import { DerSource } from '../../src/x509/der.ts';
import { readPublicKey } from '../../src/x509/public-key.ts';
import { verifyLongSignature } from '../../src/x509/signature.ts';
import { bits, context, integer, octets, oid, sequence, set, tlv, utcTime, utf8 } from '../support/der.ts';

const ALGORITHM = sequence(oid('1.2.840.10045.4.3.2'));
const NAME = sequence(set(sequence(oid('2.5.4.3'), utf8('Large CA'))));
const TIME = utcTime('260601000000Z');
const keys = generateKeyPairSync('ec', { namedCurve: 'P-256' });

function crlOf(list: Buffer): Buffer {
  const extensions = sequence(sequence(oid('2.5.29.20'), octets(integer(1))));
  const tbs = sequence(
    integer(1),
    ALGORITHM,
    NAME,
    TIME,
    utcTime('270601000000Z'),
    tlv(0x30, list),
    context(0, true, extensions),
  );
  return sequence(tbs, ALGORITHM, bits(sign('sha256', tbs, keys.privateKey)));
}

/** Entries of 23 octets with serials that count up. */
function countingEntries(count: number): Buffer {
  const entry = sequence(tlv(2, Buffer.from([0x40, 0, 0, 0])), TIME);
  const list = Buffer.alloc(entry.length * count);
  for (let index = 0; index < count; index++) {
    entry.copy(list, index * entry.length);
    list.writeUIntBE(index, index * entry.length + 5, 3);
  }
  return list;
}

function issuedBy(index: number): Buffer {
  const name = sequence(set(sequence(oid('2.5.4.3'), utf8(`CA ${index}`))));
  const value = octets(sequence(context(4, true, name)));
  const extension = sequence(oid('2.5.29.29'), tlv(1, Buffer.from([0xff])), value);
  return sequence(integer(index + 1), TIME, sequence(extension));
}

describe('the limits of a CRL', () => {
  it('are a million entries', async () => {
    const list = await readCertificateList(crlOf(countingEntries(1_000_000)));
    if (!isReadableList(list)) throw new Error(list.unreadable.detail);
    expect(list.entryCount).toBe(1_000_000);
    expect(list.find('400f423f')).toHaveLength(1);
    expect(list.find('400f4240')).toHaveLength(0);
    const more = await readCertificateList(crlOf(countingEntries(1_000_001)));
    expect(more).toMatchObject({ unreadable: { rule: 'crl.too_large' } });
  }, 60_000);

  it('are 64 MiB', async () => {
    const size = 64 * 1024 * 1024;
    expect(await readCertificateList(Buffer.alloc(size))).toMatchObject({ unreadable: { rule: 'crl.encoding' } });
    expect(await readCertificateList(Buffer.alloc(size + 1))).toMatchObject({ unreadable: { rule: 'crl.too_large' } });
  });

  it('are two thousand issuers of certificates', async () => {
    const entries = Array.from({ length: 2001 }, (_, index) => issuedBy(index));
    const full = await readCertificateList(crlOf(Buffer.concat(entries.slice(0, 2000))));
    expect(isReadableList(full)).toBe(true);
    const more = await readCertificateList(crlOf(Buffer.concat(entries)));
    expect(more).toMatchObject({ unreadable: { rule: 'crl.too_large' } });
  });
});

describe('the signature of a large CRL', () => {
  it.each([
    { name: 'as signed', flip: false, outcome: 'valid' },
    { name: 'with one bit flipped', flip: true, outcome: 'invalid' },
  ])('$name is $outcome', async ({ flip, outcome }) => {
    const list = await readCertificateList(crlOf(countingEntries(100_000)));
    if (!isReadableList(list)) throw new Error(list.unreadable.detail);
    const data = Buffer.from(list.tbs);
    data[data.length - 40] = (data[data.length - 40] ?? 0) ^ (flip ? 1 : 0);
    const der = keys.publicKey.export({ format: 'der', type: 'spki' });
    const spki = readPublicKey(new DerSource(der, () => {}).cursor());
    expect(await verifyLongSignature({ data, signature: list.signature, spki })).toBe(outcome);
  });

  it.each([
    { name: 'ECDSA', type: 'ec', algorithm: '1.2.840.10045.4.3.2', digest: 'sha256' },
    { name: 'Ed25519, whose data are not hashed apart', type: 'ed25519', algorithm: '1.3.101.112', digest: null },
  ] as const)('lets others have their turns: $name', async ({ type, algorithm, digest }) => {
    const pair = type === 'ec' ? keys : generateKeyPairSync('ed25519');
    const data = Buffer.alloc(4 * 1024 * 1024, 1);
    const value = sign(digest, data, pair.privateKey);
    const der = pair.publicKey.export({ format: 'der', type: 'spki' });
    const spki = readPublicKey(new DerSource(der, () => {}).cursor());
    const identifier = sequence(oid(algorithm));
    const signature = {
      algorithm: { oid: algorithm, name: type, der: identifier, parameters: null },
      value,
      hash: digest,
      pss: null,
    };
    let turns = 0;
    const count = (): void => {
      turns++;
      turning = setImmediate(count);
    };
    let turning = setImmediate(count);
    expect(await verifyLongSignature({ data, signature, spki })).toBe('valid');
    clearImmediate(turning);
    // Sixteen pieces of 256 KiB; what goes on in another thread takes no turn at all.
    expect(turns).toBeGreaterThanOrEqual(type === 'ec' ? 15 : 1);
    const flipped = Buffer.from(data).fill(0, 0, 1);
    expect(await verifyLongSignature({ data: flipped, signature, spki })).toBe('invalid');
  });
});

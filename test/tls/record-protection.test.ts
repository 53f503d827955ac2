import { randomBytes } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { AEAD, type AeadName, aeadKey } from '../../src/tls/aead.ts';
import {
  type RecordProtection,
  recordHeader,
  type TrafficKeys,
  tls12Protection,
  tls13Protection,
} from '../../src/tls/record-protection.ts';
import { CONTENT_TYPE } from '../../src/tls/registry.ts';

const AEADS: readonly AeadName[] = ['aes-128-gcm', 'aes-256-gcm', 'chacha20-poly1305'];
const TLS13_AEADS: readonly AeadName[] = [...AEADS, 'aes-128-ccm', 'aes-128-ccm-8'];

function keysFor(aead: AeadName, version: '1.2' | '1.3'): TrafficKeys {
  const ivLength = version === '1.2' && aead !== 'chacha20-poly1305' ? 4 : 12;
  return { aead, key: aeadKey(randomBytes(AEAD[aead].keyLength)), iv: randomBytes(ivLength) };
}

const CASES = [
  ...TLS13_AEADS.map((aead) => ({
    name: `TLS 1.3 ${aead}`,
    keys: keysFor(aead, '1.3'),
    protect: tls13Protection,
  })),
  ...AEADS.map((aead) => ({ name: `TLS 1.2 ${aead}`, keys: keysFor(aead, '1.2'), protect: tls12Protection })),
];

const openRecord = (protection: RecordProtection, record: Buffer) =>
  protection.open(record.subarray(0, 5), record.subarray(5));

describe.each(CASES)('$name', ({ keys, protect }) => {
  test.each([0, 1, 2 ** 14])('gives back a content of %d octets', (length) => {
    const content = randomBytes(length);
    const record = protect(keys).seal(CONTENT_TYPE.handshake, content);
    expect(record.readUInt16BE(3)).toBe(record.length - 5);
    expect(openRecord(protect(keys), record)).toEqual({ type: CONTENT_TYPE.handshake, content });
  });

  test('opens records only in the order they were sealed in', () => {
    const writer = protect(keys);
    const [first, second] = [writer.seal(22, Buffer.from('a')), writer.seal(22, Buffer.from('b'))];
    const reader = protect(keys);
    expect(openRecord(reader, first)?.content.toString()).toBe('a');
    expect(openRecord(reader, second)?.content.toString()).toBe('b');
    expect(openRecord(protect(keys), second)).toBeNull();
  });

  test('opens nothing with a changed octet, header included', () => {
    const record = protect(keys).seal(CONTENT_TYPE.handshake, Buffer.from('content'));
    for (let offset = 0; offset < record.length; offset++) {
      const changed = Buffer.from(record);
      changed.writeUInt8(changed.readUInt8(offset) ^ 1, offset);
      // The length of TLS 1.2 is not that of the header but of the content: the record layer cuts by it.
      if (protect === tls12Protection && (offset === 3 || offset === 4)) continue;
      expect(openRecord(protect(keys), changed)).toBeNull();
    }
  });

  test.each([0, 1, 15, 16, 23, 24])('opens nothing of %d octets', (length) => {
    const header = recordHeader(CONTENT_TYPE.applicationData, length);
    expect(protect(keys).open(header, Buffer.alloc(length))).toBeNull();
  });
});

test('padding of TLS 1.3 is removed, and a record of padding alone has no type', () => {
  const keys = keysFor('aes-128-gcm', '1.3');
  // Sealing with type 0 makes the type octet one of padding: what stands before it is the inner plaintext.
  const padded = tls13Protection(keys).seal(0, Buffer.from([1, 2, 21, 0, 0]));
  expect(openRecord(tls13Protection(keys), padded)).toEqual({ type: 21, content: Buffer.from([1, 2]) });
  const empty = tls13Protection(keys).seal(0, Buffer.alloc(5));
  expect(openRecord(tls13Protection(keys), empty)?.type).toBe(0);
});

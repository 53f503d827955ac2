import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  type HandshakeMessage,
  MAX_CERTIFICATE_MESSAGE_BYTES,
  MAX_MESSAGE_BYTES,
  MessageAssembler,
} from '../../src/tls/message-assembler.ts';
import { HANDSHAKE_TYPE } from '../../src/tls/registry.ts';
import { handshakeMessage, uint } from '../../src/tls/wire.ts';

/** Every message that comes out of the fragments, in order. */
function assemble(fragments: readonly Buffer[]): HandshakeMessage[] {
  const assembler = new MessageAssembler();
  const messages: HandshakeMessage[] = [];
  for (const fragment of fragments) {
    assembler.push(fragment);
    for (let message = assembler.next(); message; message = assembler.next()) messages.push(message);
  }
  return messages;
}

/** `bytes` cut at the given places (taken modulo the length). */
function cut(bytes: Buffer, places: readonly number[]): Buffer[] {
  const sorted = places.map((place) => place % (bytes.length + 1)).sort((a, b) => a - b);
  return [...sorted, bytes.length].map((end, index) => bytes.subarray(sorted[index - 1] ?? 0, end));
}

test('any messages come out of any fragments as they went in', () => {
  const message = fc.record({ type: fc.nat(255), body: fc.uint8Array({ maxLength: 300 }) });
  fc.assert(
    fc.property(fc.array(message, { maxLength: 8 }), fc.array(fc.nat(), { maxLength: 40 }), (messages, places) => {
      const encoded = messages.map(({ type, body }) => handshakeMessage(type, Buffer.from(body)));
      const fragments = cut(Buffer.concat(encoded), places);
      expect(assemble(fragments).map(({ bytes }) => Buffer.from(bytes))).toEqual(encoded);
    }),
  );
});

test('a message in fragments of one octet', () => {
  const message = handshakeMessage(HANDSHAKE_TYPE.certificate, Buffer.alloc(100_000, 7));
  const octets = Array.from(message, (_, index) => message.subarray(index, index + 1));
  expect(assemble(octets)).toMatchObject([{ type: HANDSHAKE_TYPE.certificate, bytes: message }]);
});

test('is empty only between messages', () => {
  const assembler = new MessageAssembler();
  const message = handshakeMessage(HANDSHAKE_TYPE.finished, Buffer.alloc(12));
  expect(assembler.isEmpty).toBe(true);
  assembler.push(message.subarray(0, 3));
  expect(assembler.next()).toBeNull();
  expect(assembler.isEmpty).toBe(false);
  assembler.push(message.subarray(3));
  expect(assembler.isEmpty).toBe(false);
  expect(assembler.next()?.bytes).toEqual(message);
  expect(assembler.isEmpty).toBe(true);
});

describe('the declared length alone decides whether a message is read', () => {
  test.each([
    ['Certificate at the limit', HANDSHAKE_TYPE.certificate, MAX_CERTIFICATE_MESSAGE_BYTES, null],
    ['Certificate above it', HANDSHAKE_TYPE.certificate, MAX_CERTIFICATE_MESSAGE_BYTES + 1, 'tls_chain_too_large'],
    ['another message at the limit', HANDSHAKE_TYPE.encryptedExtensions, MAX_MESSAGE_BYTES, null],
    ['another message above it', HANDSHAKE_TYPE.encryptedExtensions, MAX_MESSAGE_BYTES + 1, 'tls_handshake_invalid'],
  ])('%s', (_, type, length, code) => {
    const assembler = new MessageAssembler();
    assembler.push(Buffer.concat([uint(1, type), uint(3, length)]));
    if (code === null) expect(assembler.next()).toBeNull();
    else expect(() => assembler.next()).toThrow(expect.objectContaining({ fault: expect.objectContaining({ code }) }));
  });
});

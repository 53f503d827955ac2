import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MAX_AUTHORITIES } from '../../src/tls/certificate-request.ts';
import { MAX_HELLO_REQUESTS, ServerFlight } from '../../src/tls/legacy-flight.ts';
import { MAX_CERTIFICATE_MESSAGE_BYTES, MAX_MESSAGE_BYTES } from '../../src/tls/message-assembler.ts';
import { MAX_ALERTS, MAX_RECORDS } from '../../src/tls/record-layer.ts';
import {
  alertRecord,
  CONTENT,
  certificateMessage,
  certificateRequest,
  dheKeyExchange,
  ecdheKeyExchange,
  extension,
  HELLO_REQUEST,
  message,
  record,
  records,
  SERVER_HELLO_DONE,
  serverHello,
  uint,
  vector,
} from './server-bytes.ts';

const LEAF = Buffer.alloc(300, 0x30);
const CHAIN = certificateMessage([LEAF]);
const DHE = 0x0033;
const ECDHE = 0xc013;

function read(bytes: Buffer): ServerFlight {
  const flight = new ServerFlight();
  flight.push(bytes);
  return flight;
}

function handshake(...messages: readonly Buffer[]): Buffer {
  return records(CONTENT.handshake, Buffer.concat(messages));
}

/** `complete`, `alert`, a finding code, or null while more is awaited. */
function outcome(flight: ServerFlight): string | null {
  return flight.end?.by === 'abort' ? flight.end.reason.fault.code : (flight.end?.by ?? null);
}

const prime = (bits: number) =>
  Buffer.concat([Buffer.from([1 << ((bits - 1) % 8)]), Buffer.alloc(Math.ceil(bits / 8) - 1, 3)]);

describe('what a flight shows', () => {
  it('reads every message of a full flight', () => {
    const staple = Buffer.from('3003', 'hex');
    const flight = read(
      handshake(
        serverHello({ cipherSuite: ECDHE, extensions: [extension(0xff01, vector(1)), extension(5, Buffer.alloc(0))] }),
        certificateMessage([LEAF, LEAF.subarray(0, 10)]),
        message(22, uint(1, 1), vector(3, staple)),
        ecdheKeyExchange(29),
        certificateRequest([Buffer.from('3000', 'hex')], [0x0403, 0x0804]),
        SERVER_HELLO_DONE,
      ),
    );
    expect(outcome(flight)).toBe('complete');
    expect(flight.hello).toMatchObject({ version: 0x0303, cipherSuite: ECDHE });
    expect(flight.certificates).toEqual([
      { der: LEAF, ocspStaple: staple, sctList: null },
      { der: LEAF.subarray(0, 10), ocspStaple: null, sctList: null },
    ]);
    expect(flight.keyExchange).toEqual({ group: 'X25519', dhBits: null, signatureScheme: 'ecdsa_secp256r1_sha256' });
    expect(flight.certificateRequest).toEqual({
      authorities: [Buffer.from('3000', 'hex')],
      signatureSchemes: ['ecdsa_secp256r1_sha256', 'rsa_pss_rsae_sha256'],
    });
  });

  it.each([
    { name: 'a prime of full octets', bytes: prime(1024), bits: 1024 },
    { name: 'one bit into the next octet', bytes: prime(1025), bits: 1025 },
    { name: 'a leading zero octet does not count', bytes: Buffer.concat([Buffer.alloc(1), prime(512)]), bits: 512 },
  ])('measures a finite-field group: $name', ({ bytes, bits }) => {
    const flight = read(handshake(serverHello({ cipherSuite: DHE }), CHAIN, dheKeyExchange(bytes), SERVER_HELLO_DONE));
    expect(outcome(flight)).toBe('complete');
    expect(flight.keyExchange).toMatchObject({ group: 'DH', dhBits: bits });
  });

  it.each([
    { name: 'TLS 1.0 names no scheme', version: 0x0301, scheme: null, expected: null },
    { name: 'TLS 1.1 names no scheme', version: 0x0302, scheme: null, expected: null },
    { name: 'TLS 1.2 does', version: 0x0303, scheme: 0x0201, expected: 'rsa_pkcs1_sha1' },
    { name: 'an unknown scheme keeps its number', version: 0x0303, scheme: 0x7777, expected: '0x7777' },
  ])('signature scheme: $name', ({ version, scheme, expected }) => {
    const flight = read(
      handshake(serverHello({ version, cipherSuite: ECDHE }), CHAIN, ecdheKeyExchange(23, scheme), SERVER_HELLO_DONE),
    );
    expect(outcome(flight)).toBe('complete');
    expect(flight.keyExchange).toMatchObject({ group: 'P-256', signatureScheme: expected });
  });

  it('reads the certificates of a server that chose SSL 3.0', () => {
    const flight = read(handshake(serverHello({ version: 0x0300, extensions: null }), CHAIN, SERVER_HELLO_DONE));
    expect(outcome(flight)).toBe('complete');
    expect(flight.certificates.map(({ der }) => der)).toEqual([LEAF]);
  });

  it('keeps a bounded number of certificate authorities', () => {
    const names = Array.from({ length: MAX_AUTHORITIES + 1 }, () => Buffer.from('3000', 'hex'));
    const flight = read(handshake(serverHello(), CHAIN, certificateRequest(names), SERVER_HELLO_DONE));
    expect(flight.certificateRequest?.authorities).toHaveLength(MAX_AUTHORITIES);
  });
});

describe('how a flight ends', () => {
  const zeros = (length: number) => Buffer.alloc(length);
  const rows: readonly (readonly [name: string, bytes: Buffer, expected: string | null])[] = [
    ['nothing yet', zeros(0), null],
    ['RSA key exchange needs no ServerKeyExchange', handshake(serverHello(), CHAIN, SERVER_HELLO_DONE), 'complete'],
    ['no ServerHelloDone yet', handshake(serverHello(), CHAIN), null],
    ['no extensions block', handshake(serverHello({ extensions: null }), CHAIN, SERVER_HELLO_DONE), 'complete'],
    ['another protocol', Buffer.from('SSH-2.0-x\r\n'), 'tls_not_spoken'],
    ['fatal alert', alertRecord(40), 'alert'],
    ['warning alert is waited out', alertRecord(112, 1), null],
    ['close_notify is a warning that ends it', alertRecord(0, 1), 'alert'],
    ['a level that does not exist ends it', alertRecord(112, 3), 'alert'],
    ['alert of one octet', record(CONTENT.alert, zeros(1)), 'tls_handshake_invalid'],
    ['alert of three octets', record(CONTENT.alert, zeros(3)), 'tls_handshake_invalid'],
    ['most warnings', Buffer.concat(Array(MAX_ALERTS).fill(alertRecord(112, 1))), null],
    ['one warning more', Buffer.concat(Array(MAX_ALERTS + 1).fill(alertRecord(112, 1))), 'tls_handshake_invalid'],
    ['a record without content', record(CONTENT.handshake, zeros(0)), 'tls_handshake_invalid'],
    ['most HelloRequests', handshake(...Array(MAX_HELLO_REQUESTS).fill(HELLO_REQUEST)), null],
    ['one HelloRequest more', handshake(...Array(MAX_HELLO_REQUESTS + 1).fill(HELLO_REQUEST)), 'tls_handshake_invalid'],
    [
      'longest record',
      record(
        CONTENT.handshake,
        Buffer.concat([serverHello(), uint(1, 11), uint(3, 2 ** 15), zeros(2 ** 14)]).subarray(0, 2 ** 14),
      ),
      null,
    ],
    ['HelloRequest with content', handshake(message(0, zeros(1))), 'tls_handshake_invalid'],
    ['record one octet too long', record(CONTENT.handshake, zeros(2 ** 14 + 1)), 'tls_handshake_invalid'],
    ['application data', record(CONTENT.applicationData, zeros(9)), 'tls_handshake_invalid'],
    ['heartbeat', record(CONTENT.heartbeat, zeros(9)), 'tls_handshake_invalid'],
    [
      'ChangeCipherSpec: a resumption that was not asked for',
      Buffer.concat([handshake(serverHello()), record(CONTENT.changeCipherSpec, Buffer.from([1]))]),
      'tls_handshake_invalid',
    ],
    [
      'bytes that are no record behind a good one',
      Buffer.concat([handshake(serverHello()), Buffer.from('HTTP/')]),
      'tls_handshake_invalid',
    ],
    ['Certificate before ServerHello', handshake(CHAIN), 'tls_handshake_invalid'],
    ['ServerHello twice', handshake(serverHello(), serverHello()), 'tls_handshake_invalid'],
    ['Certificate twice', handshake(serverHello(), CHAIN, CHAIN), 'tls_handshake_invalid'],
    ['ClientHello', handshake(message(1, zeros(40))), 'tls_handshake_invalid'],
    ['Finished in the clear', handshake(serverHello(), CHAIN, message(20, zeros(12))), 'tls_handshake_invalid'],
    ['an unknown message type', handshake(serverHello(), message(99)), 'tls_handshake_invalid'],
    ['TLS 1.3 chosen, which was not offered', handshake(serverHello({ version: 0x0304 })), 'tls_handshake_invalid'],
    ['a version below SSL 3.0', handshake(serverHello({ version: 0x0002 })), 'tls_handshake_invalid'],
    ['compression', handshake(serverHello({ compression: 1 })), 'tls_handshake_invalid'],
    ['session id of 32 octets', handshake(serverHello({ sessionId: zeros(32) })), null],
    ['session id of 33 octets', handshake(serverHello({ sessionId: zeros(33) })), 'tls_handshake_invalid'],
    [
      'an extension twice',
      handshake(serverHello({ extensions: [extension(23, zeros(0)), extension(23, zeros(0))] })),
      'tls_handshake_invalid',
    ],
    ['ServerHello cut inside', handshake(message(2, zeros(30))), 'tls_handshake_invalid'],
    ['empty certificate list', handshake(serverHello(), certificateMessage([])), 'tls_certificate_missing'],
    ['no Certificate at all', handshake(serverHello(), SERVER_HELLO_DONE), 'tls_certificate_missing'],
    ['a certificate of no octets', handshake(serverHello(), certificateMessage([zeros(0)])), 'tls_handshake_invalid'],
    ['a list shorter than its length', handshake(serverHello(), message(11, uint(3, 9))), 'tls_handshake_invalid'],
    [
      'longest Certificate message',
      handshake(serverHello(), certificateMessage([zeros(MAX_CERTIFICATE_MESSAGE_BYTES - 6)]), SERVER_HELLO_DONE),
      'complete',
    ],
    [
      'one octet longer, known from its header',
      handshake(serverHello(), Buffer.concat([uint(1, 11), uint(3, MAX_CERTIFICATE_MESSAGE_BYTES + 1)])),
      'tls_chain_too_large',
    ],
    [
      'longest other message',
      handshake(serverHello(), CHAIN, Buffer.concat([uint(1, 13), uint(3, MAX_MESSAGE_BYTES)])),
      null,
    ],
    [
      'one octet longer',
      handshake(serverHello(), CHAIN, Buffer.concat([uint(1, 13), uint(3, MAX_MESSAGE_BYTES + 1)])),
      'tls_handshake_invalid',
    ],
    [
      'ServerKeyExchange under RSA key exchange',
      handshake(serverHello(), CHAIN, ecdheKeyExchange(29)),
      'tls_handshake_invalid',
    ],
    [
      'explicit curve parameters',
      handshake(serverHello({ cipherSuite: ECDHE }), CHAIN, ecdheKeyExchange(29, 0x0403, 1)),
      'tls_handshake_invalid',
    ],
    [
      'a prime of zero',
      handshake(serverHello({ cipherSuite: DHE }), CHAIN, dheKeyExchange(zeros(128))),
      'tls_handshake_invalid',
    ],
    [
      'CertificateRequest with half a scheme',
      handshake(serverHello(), CHAIN, message(13, vector(1, zeros(1)), vector(2, zeros(3)), vector(2))),
      'tls_handshake_invalid',
    ],
    ['ServerHelloDone with content', handshake(serverHello(), CHAIN, message(14, zeros(1))), 'tls_handshake_invalid'],
  ];

  it.each(rows.map(([name, bytes, expected]) => ({ name, bytes, expected })))('$name: $expected', (row) => {
    expect(outcome(read(row.bytes))).toBe(row.expected);
  });

  it('counts records on both sides of the limit', () => {
    const started = handshake(serverHello());
    const long = Buffer.concat([uint(1, 11), uint(3, MAX_CERTIFICATE_MESSAGE_BYTES), Buffer.alloc(MAX_RECORDS)]);
    const flight = read(Buffer.concat([started, records(CONTENT.handshake, long.subarray(0, MAX_RECORDS - 1), 1)]));
    expect(outcome(flight)).toBeNull();
    flight.push(record(CONTENT.handshake, Buffer.alloc(1)));
    expect(outcome(flight)).toBe('tls_handshake_invalid');
  });

  it('keeps the certificates that were read before a fault', () => {
    const flight = read(handshake(serverHello(), CHAIN, message(99)));
    expect(flight.certificates.map(({ der }) => der)).toEqual([LEAF]);
    expect(flight.state).toBe('certificate');
  });
});

describe('any cut of the same bytes', () => {
  const flight = Buffer.concat([
    serverHello({ cipherSuite: DHE }),
    certificateMessage([LEAF, LEAF]),
    dheKeyExchange(prime(1024)),
    certificateRequest([Buffer.from('3000', 'hex')]),
    SERVER_HELLO_DONE,
  ]);
  const whole = read(records(CONTENT.handshake, flight));

  it('says the same, whatever the size of records and of segments', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 900 }), fc.integer({ min: 1, max: 1500 }), (recordSize, segmentSize) => {
        const bytes = records(CONTENT.handshake, flight, recordSize);
        const cut = new ServerFlight();
        for (let start = 0; start < bytes.length; start += segmentSize) {
          cut.push(bytes.subarray(start, start + segmentSize));
        }
        expect(cut.end).toEqual(whole.end);
        expect(cut.certificates).toEqual(whole.certificates);
        expect(cut.keyExchange).toEqual(whole.keyExchange);
        expect(cut.certificateRequest).toEqual(whole.certificateRequest);
      }),
    );
  });

  it('leaves what lies behind the flight to the reader of the rest', () => {
    const behind = alertRecord(40);
    expect(read(Buffer.concat([records(CONTENT.handshake, flight), behind])).rest).toEqual(behind);
  });

  it('never throws on mutated bytes', () => {
    const bytes = records(CONTENT.handshake, flight, 200);
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.nat(bytes.length - 1), fc.nat(255)), { minLength: 1, maxLength: 8 }),
        fc.nat(bytes.length),
        (changes, length) => {
          const mutated = Buffer.from(bytes);
          for (const [at, value] of changes) mutated[at] = value;
          read(mutated.subarray(0, length));
        },
      ),
      { numRuns: 1000 },
    );
  });
});

import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { createServer, type TlsOptions } from 'node:tls';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { HandshakeOptions } from '../../src/tls/handshake.ts';
import { leaf, root } from '../support/pki.ts';
import { type Flight, fixedEntropy, ReplayServer, recordFlights, recordsOf } from './replay.ts';

const options = (): HandshakeOptions => ({
  serverName: 'replay.example',
  alpn: ['http/1.1'],
  signal: AbortSignal.timeout(10_000),
});

interface Conversation {
  readonly name: string;
  readonly server: TlsOptions;
  readonly expected: { readonly version: string } & Record<string, unknown>;
}

const CONVERSATIONS: readonly Conversation[] = [
  {
    name: 'TLS 1.3, hybrid group',
    server: { minVersion: 'TLSv1.3', ecdhCurve: 'X25519MLKEM768' },
    expected: { version: 'TLSv1.3', group: 'X25519MLKEM768', helloRetryRequest: false },
  },
  {
    name: 'TLS 1.3, HelloRetryRequest to P-256',
    server: { minVersion: 'TLSv1.3', ecdhCurve: 'P-256' },
    expected: { version: 'TLSv1.3', group: 'P-256', helloRetryRequest: true },
  },
  {
    name: 'TLS 1.2',
    server: { maxVersion: 'TLSv1.2' },
    expected: { version: 'TLSv1.2', group: 'X25519', secureRenegotiation: true },
  },
];

describe.each(CONVERSATIONS)('$name', ({ server, expected }) => {
  const entropy = fixedEntropy();
  let flights: Flight[] = [];
  let replayer: ReplayServer;

  beforeAll(async () => {
    const certificate = await leaf(await root(), ['replay.example']);
    const live = createServer({
      ...server,
      key: certificate.keyPem,
      cert: certificate.pem,
      ALPNProtocols: ['http/1.1'],
    });
    live.on('tlsClientError', () => {});
    await once(live.listen(0, '127.0.0.1'), 'listening');
    const recorded = await recordFlights((live.address() as AddressInfo).port, options(), entropy);
    live.close();
    expect(recorded.result.record).toMatchObject({ state: 'finished', ...expected });
    flights = recorded.flights;
    replayer = await ReplayServer.start();
  });
  afterAll(() => replayer.close());

  test('is believed when it is repeated', async () => {
    const { record, faults } = await replayer.replay(flights, options(), entropy);
    expect(faults).toEqual([]);
    expect(record).toMatchObject({ state: 'finished', alpn: 'http/1.1', ...expected });
  });

  test('with one bit flipped at any byte is never believed, but for the bytes the RFC has ignored', async () => {
    const believed: string[] = [];
    for (const [index, flight] of flights.entries()) {
      for (let offset = 0; offset < flight.bytes.length; offset++) {
        const bytes = Buffer.from(flight.bytes);
        bytes.writeUInt8(bytes.readUInt8(offset) ^ (1 << (offset % 8)), offset);
        const script = flights.with(index, { ...flight, bytes });
        const { record, faults } = await replayer.replay(script, options(), entropy);
        if (record.state === 'finished' || faults.length === 0) believed.push(`${index}:${offset}`);
      }
    }
    expect(believed).toEqual(ignoredBytes(flights, expected));
  }, 120_000);

  test('is believed byte by byte', async () => {
    replayer.deliver = (socket, bytes) => {
      for (const octet of bytes) socket.write(Buffer.from([octet]));
    };
    const { record, faults } = await replayer.replay(flights, options(), entropy);
    expect({ state: record.state, faults }).toEqual({ state: 'finished', faults: [] });
  });

  test('is believed with its plaintext messages cut into records of one octet', async () => {
    replayer.deliver = (socket, bytes) => {
      for (const { offset, type, length } of recordsOf(bytes)) {
        const size = type === 22 && !isEncrypted(bytes, offset) ? 1 : length;
        for (let at = 0; at < length; at += size) {
          const header = Buffer.from(bytes.subarray(offset, offset + 5));
          header.writeUInt16BE(size, 3);
          socket.write(Buffer.concat([header, bytes.subarray(offset + 5 + at, offset + 5 + at + size)]));
        }
      }
    };
    const { record, faults } = await replayer.replay(flights, options(), entropy);
    expect({ state: record.state, faults }).toEqual({ state: 'finished', faults: [] });
  });

  test('ends with tls_closed when it is cut off at any record', async () => {
    replayer.deliver = (socket, bytes) => socket.write(bytes);
    const [first] = flights;
    if (first === undefined) throw new Error('nothing was recorded');
    for (const { offset } of recordsOf(first.bytes)) {
      const script = [{ ...first, bytes: first.bytes.subarray(0, offset + 3) }];
      const { record, faults } = await replayer.replay(script, options(), entropy);
      expect(record.state).not.toBe('finished');
      expect(faults).toMatchObject([{ code: 'tls_closed', evidence: { closed_by: 'fin' } }]);
    }
  });
});

/** In TLS 1.2 the record after ChangeCipherSpec is encrypted although its type says handshake. */
function isEncrypted(bytes: Buffer, offset: number): boolean {
  return recordsOf(bytes).some(({ type, offset: at }) => type === 20 && at < offset);
}

/**
 * legacy_record_version of unprotected records (RFC 8446 §5.1), but for the octet that tells TLS from other protocols
 * at the very beginning. In TLS 1.2 the version counts as soon as ServerHello has chosen it.
 */
function ignoredBytes(flights: readonly Flight[], { version }: { readonly version: string }): string[] {
  return flights.flatMap(({ bytes }, index) =>
    recordsOf(bytes).flatMap(({ offset, type }) => {
      const isFirst = index === 0 && offset === 0;
      if (isFirst) return ['0:2'];
      const isIgnored = version === 'TLSv1.3' && type !== 23;
      return isIgnored ? [`${index}:${offset + 1}`, `${index}:${offset + 2}`] : [];
    }),
  );
}

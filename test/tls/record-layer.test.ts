import type { Socket } from 'node:net';
import { beforeAll, expect, test } from 'vitest';
import {
  MAX_ALERTS,
  MAX_CHANGE_CIPHER_SPECS,
  MAX_MESSAGES,
  MAX_RECORDS,
  MAX_TOTAL_BYTES,
} from '../../src/tls/record-layer.ts';
import type { Issued } from '../support/issued.ts';
import { leaf, root } from '../support/pki.ts';
import { type ClientHelloView, inRecords, startPeer, Tls13Peer, tls12Flight } from './hostile-peer.ts';
import { alertRecord, CONTENT, HELLO_REQUEST, message, record, uint } from './server-bytes.ts';
import { shake } from './shake.ts';

let identity: Issued;
beforeAll(async () => {
  identity = await leaf(await root(), ['www.example']);
});

const times = (count: number, bytes: Buffer): Buffer => Buffer.concat(Array<Buffer>(count).fill(bytes));

/** The beginning of a message that never ends, and octets of it. */
const UNFINISHED = Buffer.concat([uint(1, 2), uint(3, 100_000)]);

/** Records of TLS 1.3 of 2^14 octets with a single one of content; `count` of them after the ServerHello. */
function padded(client: ClientHelloView, octets: number): Buffer {
  const peer = new Tls13Peer(client, identity);
  const sent = [peer.hello, peer.seal(CONTENT.handshake, message(8, Buffer.alloc(0)).subarray(0, 1))];
  let left = octets - Buffer.concat(sent).length;
  // A record has 22 octets around its content; what is left at the end must fill one as well.
  while (left > 0) {
    const size = left > 2 * 16_000 ? 16_000 : left > 16_000 ? left >> 1 : left;
    const inner = Buffer.concat([uint(1, 1), uint(1, CONTENT.handshake), Buffer.alloc(size - 24)]);
    sent.push(peer.seal(0, inner));
    left -= size;
  }
  return Buffer.concat(sent);
}

const LIMITS: readonly [name: string, limit: number, bytes: (count: number, client: ClientHelloView) => Buffer][] = [
  ['alerts', MAX_ALERTS, (count) => times(count, alertRecord(112, 1))],
  ['ChangeCipherSpec', MAX_CHANGE_CIPHER_SPECS, (count) => times(count, record(CONTENT.changeCipherSpec, uint(1, 1)))],
  [
    'records',
    MAX_RECORDS,
    (count) => Buffer.concat([record(22, UNFINISHED), times(count - 1, record(22, Buffer.alloc(1)))]),
  ],
  [
    'messages',
    MAX_MESSAGES,
    (count, client) => inRecords(tls12Flight(client, identity).hello, times(count - 1, HELLO_REQUEST)),
  ],
  ['octets', MAX_TOTAL_BYTES, (count, client) => padded(client, count)],
];

test.each(LIMITS)('as many %s as one handshake may have, and one more', async (flood, limit, bytes) => {
  const said = async (count: number) => {
    const peer = await startPeer((socket: Socket, client) => socket.end(bytes(count, client)));
    const { faults } = await shake(peer.port);
    await peer.close();
    return faults;
  };
  // At the limit everything is read, and what is missing is the rest of the handshake.
  expect(await said(limit)).toMatchObject([{ code: 'tls_closed' }]);
  expect(await said(limit + 1)).toMatchObject([{ code: 'tls_handshake_invalid', evidence: { flood, limit } }]);
});

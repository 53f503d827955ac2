import { beforeAll, describe, expect, test } from 'vitest';
import type { Issued } from '../support/issued.ts';
import { leaf, root } from '../support/pki.ts';
import { type Script, startPeer, TLS13_CERTIFICATE_REQUEST, TLS13_VERSION, Tls13Peer } from './hostile-peer.ts';
import { CONTENT, extension, message, record, serverHello, uint, vector } from './server-bytes.ts';
import { shake } from './shake.ts';

let identity: Issued;
beforeAll(async () => {
  identity = await leaf(await root(), ['www.example']);
});

async function shakeWith(script: Script, options: Parameters<typeof shake>[1] = {}) {
  const peer = await startPeer(script);
  const result = await shake(peer.port, options);
  await peer.close();
  return result;
}

type Answer = (peer: Tls13Peer) => { readonly bytes: Buffer; readonly end?: boolean };

const alert =
  (description: number): Answer =>
  (peer) => ({
    bytes: peer.seal(CONTENT.alert, Buffer.from([2, description])),
  });

describe('after an empty Certificate', () => {
  test.each<[string, Answer, boolean | null, readonly string[]]>([
    ['silence: not required', () => ({ bytes: Buffer.alloc(0) }), false, []],
    [
      'a session ticket: not required',
      (peer) => ({ bytes: peer.seal(CONTENT.handshake, message(4, Buffer.alloc(20))) }),
      false,
      [],
    ],
    [
      'application data: not required',
      (peer) => ({ bytes: peer.seal(CONTENT.applicationData, Buffer.from('220 ready')) }),
      false,
      [],
    ],
    ['alert 116: required', alert(116), true, ['tls_client_cert_required']],
    ['alert 40: required', alert(40), true, ['tls_client_cert_required']],
    ['alert 42: required', alert(42), true, ['tls_client_cert_required']],
    ['alert 80 says something else', alert(80), null, ['tls_alert']],
    ['FIN without a word: open', () => ({ bytes: Buffer.alloc(0), end: true }), null, []],
    ['close_notify: open', (peer) => ({ bytes: peer.seal(CONTENT.alert, Buffer.from([1, 0])) }), null, []],
    [
      'a record that does not decrypt: broken',
      () => ({ bytes: record(CONTENT.applicationData, Buffer.alloc(40)) }),
      null,
      ['tls_handshake_invalid'],
    ],
  ])('%s', async (_, answer, required, codes) => {
    const { record, faults } = await shakeWith((socket, client) => {
      const peer = new Tls13Peer(client, identity);
      socket.write(peer.flight({ certificateRequest: TLS13_CERTIFICATE_REQUEST }));
      peer.useApplicationKeys();
      socket.once('data', () => {
        const { bytes, end = false } = answer(peer);
        socket.write(bytes);
        if (end) socket.end();
      });
    });
    expect(record.state).toBe('finished');
    expect(record.clientCertificate).toMatchObject({ requested: true, required });
    expect(faults.map(({ code }) => code)).toEqual(codes);
  });

  test('our deadline leaves it open, and is no fault of a handshake that was good', async () => {
    const controller = new AbortController();
    const { record, faults } = await shakeWith(
      (socket, client) => {
        socket.write(new Tls13Peer(client, identity).flight({ certificateRequest: TLS13_CERTIFICATE_REQUEST }));
        socket.once('data', () => controller.abort(new DOMException('too late', 'TimeoutError')));
      },
      { signal: controller.signal },
    );
    expect(record).toMatchObject({ state: 'finished', clientCertificate: { requested: true, required: null } });
    expect(faults).toEqual([]);
  });
});

test('octets behind Finished in its record are no good end', async () => {
  const { record, faults } = await shakeWith((socket, client) => {
    const peer = new Tls13Peer(client, identity);
    const head = Buffer.concat([peer.hello, peer.say(message(8, vector(2)))]);
    const certificate = peer.say(message(11, vector(1), vector(3, vector(3, identity.der), vector(2))));
    const verify = peer.say(peer.certificateVerify());
    const finished = peer.say(Buffer.concat([peer.finished(), uint(1, 4)]));
    socket.write(Buffer.concat([head, certificate, verify, finished]));
  });
  expect(record.state).toBe('key_proven');
  expect(faults).toMatchObject([{ code: 'tls_handshake_invalid' }]);
});

test('a ServerHello of TLS 1.2 after a HelloRetryRequest', async () => {
  const { faults } = await shakeWith((socket, { sessionId }) => {
    const random = Buffer.from('cf21ad74e59a6111be1d8c021e65b891c2a211167abb8c5e079e09e2c8a8339c', 'hex');
    const extensions = [TLS13_VERSION, extension(51, uint(2, 23))];
    socket.write(record(22, serverHello({ random, sessionId, cipherSuite: 0x1301, extensions })));
    socket.once('data', () => socket.write(record(22, serverHello({ sessionId, cipherSuite: 0x1301 }))));
  });
  expect(faults).toMatchObject([{ code: 'tls_handshake_invalid', evidence: { state: 'hello_sent' } }]);
});

test('an abort of the caller comes back to the caller', async () => {
  const controller = new AbortController();
  const reason = new Error('the caller has gone');
  const shaking = shakeWith(() => controller.abort(reason), { signal: controller.signal });
  await expect(shaking).rejects.toBe(reason);
});

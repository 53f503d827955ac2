import { beforeAll, describe, expect, test, vi } from 'vitest';
import type { OfferedIdentity } from '../../src/tls/session.ts';
import { isMissing } from '../support/child-server.ts';
import { bundle, type Issued, type KeyKind, newKey } from '../support/issued.ts';
import { intermediate, issue, leaf, root } from '../support/pki.ts';
import { rawCertificate } from '../support/raw-certificate.ts';
import { startGnutls, startHaproxy, startNginx, startNodeTls, startOpenssl } from '../support/servers.ts';
import { startPeer, TLS13_CERTIFICATE_REQUEST, Tls13Peer, tls12Flight } from './hostile-peer.ts';
import { CONTENT, extension, message, record, uint, vector } from './server-bytes.ts';
import { negotiated, shake } from './shake.ts';

/** For what a program writes, on a machine that has other things to do. */
const WAIT = { timeout: 15_000 };

let authority: Issued;
let server: { leaf: Issued; chain: Issued[] };
let client: Issued;
let stranger: Issued;

beforeAll(async () => {
  authority = await root();
  server = { leaf: await leaf(authority, ['www.example']), chain: [authority] };
  client = await clientOf(authority);
  stranger = await clientOf(await root('Another Root'));
});

const clientOf = (issuer: Issued, options: Parameters<typeof issue>[0] = {}) =>
  issue({ issuer, subject: 'CN=probe', keyUsage: ['digital_signature'], eku: ['client_auth'], ...options });

function identityOf(shown: Issued, more: Partial<OfferedIdentity> = {}, chain: readonly Issued[] = []) {
  const certificates = [shown, ...chain].map(({ der }) => der);
  return { name: 'probe', chain: certificates, key: shown.key, objections: async () => [], ...more };
}

/** s_server that refuses a certificate which does not lead to `authority`. */
function demanding(args: readonly string[], verify = '-Verify') {
  return startOpenssl({
    ...server,
    args: [verify, '3', '-verify_return_error', '-CAfile', 'ca.pem', ...args],
    files: { 'ca.pem': authority.pem },
  });
}

const accepted = { faults: [], record: { state: 'finished', clientCertificate: { sent: true, accepted: true } } };
const codesOf = ({ faults }: Awaited<ReturnType<typeof shake>>) => faults.map(({ code }) => code);

describe.skipIf(isMissing('openssl'))('openssl s_server that demands a certificate', () => {
  test.each<[KeyKind, string, RegExp]>([
    ['ec-p256', '-tls1_3', /Peer signing digest: SHA256\nPeer signature type: ECDSA/],
    ['ec-p384', '-tls1_3', /SHA384\nPeer signature type: ECDSA/],
    ['ec-p521', '-tls1_3', /SHA512\nPeer signature type: ECDSA/],
    ['rsa-2048', '-tls1_3', /SHA256\nPeer signature type: RSA-PSS/],
    ['rsa-1024', '-tls1_3', /SHA256\nPeer signature type: RSA-PSS/],
    ['rsa-pss-2048', '-tls1_3', /SHA256\nPeer signature type: RSA-PSS/],
    ['ed25519', '-tls1_3', /Peer signature type: Ed25519/i],
    ['ed448', '-tls1_3', /Peer signature type: Ed448/i],
    // The PRF of the suite that it chooses hashes with SHA-384, the signature with another one.
    ['ec-p256', '-tls1_2', /SHA256\nPeer signature type: ECDSA/],
    ['ec-p521', '-tls1_2', /Peer signature type: ECDSA/],
    ['rsa-2048', '-tls1_2', /Peer signature type: RSA-PSS/],
    ['rsa-pss-2048', '-tls1_2', /Peer signature type: RSA-PSS/],
    ['ed25519', '-tls1_2', /Peer signature type: Ed25519/i],
    ['ed448', '-tls1_2', /Peer signature type: Ed448/i],
  ])('takes %s with %s', async (kind, version, said) => {
    const shown = await rawCertificate({ key: await newKey(kind), issuedBy: authority, subject: 'probe' });
    await using demand = await demanding([version, '-cipher', 'DEFAULT:@SECLEVEL=0']);
    const result = await shake(demand.port, { identity: identityOf(shown) });
    expect(result).toMatchObject(accepted);
    expect(result.record.clientCertificate).toMatchObject({ requested: true, required: null });
    await vi.waitFor(() => expect(demand.log()).toMatch(said), WAIT);
    expect(demand.log()).not.toMatch(/error/i);
  });

  test.each(['-tls1_2', '-tls1_3'])('PKCS #1 alone is a scheme of TLS 1.2 only: %s', async (version) => {
    const shown = await clientOf(authority, { key: 'rsa-2048' });
    await using demand = await demanding([version, '-client_sigalgs', 'RSA+SHA256']);
    const result = await shake(demand.port, { identity: identityOf(shown) });
    if (version === '-tls1_2') expect(result).toMatchObject(accepted);
    else expect(result.record.clientCertificate.sent).toBe(false);
  });

  test.each<[string, string, () => Promise<Issued> | Issued]>([
    ['of an unknown CA, 1.3', '-tls1_3', () => stranger],
    ['of an unknown CA, 1.2', '-tls1_2', () => stranger],
    ['that has ended, 1.3', '-tls1_3', () => clientOf(authority, { notAfter: new Date('2026-01-02T00:00:00Z') })],
    ['that has ended, 1.2', '-tls1_2', () => clientOf(authority, { notAfter: new Date('2026-01-02T00:00:00Z') })],
    ['for servers alone, 1.3', '-tls1_3', () => clientOf(authority, { eku: ['server_auth'] })],
  ])('refuses one %s', async (_, version, shown) => {
    await using demand = await demanding([version]);
    const { record: seen, faults } = await shake(demand.port, { identity: identityOf(await shown()) });
    expect(faults.map(({ code }) => code)).toEqual(['tls_client_cert_rejected']);
    expect(seen.clientCertificate).toMatchObject({ requested: true, required: null, sent: true, accepted: false });
    // The key of the server is proven, so that its certificate is judged all the same.
    expect(seen.state).toBe(version === '-tls1_3' ? 'finished' : 'key_proven');
    expect(seen.certificates).toHaveLength(2);
  });

  test.each(['-tls1_2', '-tls1_3'])('gets the intermediates too, %s', async (version) => {
    const issuing = await intermediate(authority);
    const shown = await clientOf(issuing);
    await using demand = await demanding([version]);
    expect(codesOf(await shake(demand.port, { identity: identityOf(shown) }))).toEqual(['tls_client_cert_rejected']);
    expect(await shake(demand.port, { identity: identityOf(shown, {}, [issuing]) })).toMatchObject(accepted);
  });

  test.each(['-tls1_2', '-tls1_3'])('a chain of more than one record, %s', async (version) => {
    const chain = Array.from({ length: 60 }, () => authority);
    await using demand = await demanding([version]);
    expect(await shake(demand.port, { identity: identityOf(client, {}, chain) })).toMatchObject(accepted);
  });

  test('after a HelloRetryRequest', async () => {
    await using demand = await demanding(['-groups', 'P-384']);
    const result = await shake(demand.port, { identity: identityOf(client) });
    expect(result).toMatchObject({ ...accepted, record: { ...accepted.record, helloRetryRequest: true } });
  });

  test('silence of TLS 1.3 is no acceptance', async () => {
    await using demand = await demanding(['-tls1_3', '-num_tickets', '0']);
    const { record: seen, faults } = await shake(demand.port, { identity: identityOf(client) });
    expect(faults).toEqual([]);
    expect(seen.clientCertificate).toMatchObject({ sent: true, accepted: null });
  });

  test.each([
    ['-tls1_2', '-verify', ['tls_client_cert_unusable'], 'finished'],
    ['-tls1_3', '-verify', ['tls_client_cert_unusable'], 'finished'],
    ['-tls1_2', '-Verify', ['tls_client_cert_required', 'tls_client_cert_unusable'], 'key_proven'],
    ['-tls1_3', '-Verify', ['tls_client_cert_required', 'tls_client_cert_unusable'], 'finished'],
  ])('takes only ECDSA of a client with an RSA key: %s %s', async (version, verify, codes, state) => {
    const shown = await clientOf(authority, { key: 'rsa-2048' });
    await using demand = await demanding([version, '-client_sigalgs', 'ECDSA+SHA256:ECDSA+SHA384'], verify);
    const result = await shake(demand.port, { identity: identityOf(shown) });
    expect(codesOf(result)).toEqual(codes);
    expect(result.record).toMatchObject({ state, clientCertificate: { sent: false, accepted: null } });
    const evidence = {
      identity: 'probe',
      key_type: 'rsa',
      accepted: expect.arrayContaining(['ecdsa_secp256r1_sha256']),
    };
    expect(result.faults.at(-1)).toMatchObject({ evidence });
  });

  test.each(['-tls1_2', '-tls1_3'])('is not shown it where something speaks against that, %s', async (version) => {
    const asked: string[] = [];
    const objections: OfferedIdentity['objections'] = async ({ state, certificates }) => {
      asked.push(`${state} ${certificates.length}`);
      return ['trust', 'hostname'];
    };
    await using demand = await demanding([version]);
    const result = await negotiated(demand.port, { identity: identityOf(client, { objections }) });
    expect(codesOf(result)).toEqual(['tls_client_cert_required', 'tls_client_cert_withheld']);
    expect(result.faults.at(-1)).toMatchObject({ evidence: { identity: 'probe', failed: ['trust', 'hostname'] } });
    expect(result.record.clientCertificate).toMatchObject({ required: true, sent: false, accepted: null });
    expect(asked).toEqual([version === '-tls1_3' ? 'finished 2' : 'key_proven 2']);
    expect(result.dials).toBe(1);
    expect(demand.log()).not.toContain('probe');
  });

  test('that does not ask is shown nothing', async () => {
    await using plain = await startOpenssl(server);
    const objections = () => Promise.reject(new Error('asked'));
    const { record: seen, faults } = await shake(plain.port, { identity: identityOf(client, { objections }) });
    expect(faults).toEqual([]);
    expect(seen.clientCertificate).toMatchObject({ requested: false, required: false, sent: false, accepted: null });
  });

  test('of TLS 1.1 is never shown it, and it says so', async () => {
    await using old = await demanding(['-tls1_1', '-cipher', 'DEFAULT:@SECLEVEL=0'], '-verify');
    const result = await negotiated(old.port, { identity: identityOf(client) });
    expect(result.record).toMatchObject({ hello: 'permissive', state: 'finished', clientCertificate: { sent: false } });
    expect(result.faults).toMatchObject([
      { code: 'tls_client_cert_withheld', evidence: { identity: 'probe', failed: ['protocol'] } },
    ]);
    expect(old.log()).not.toContain('probe');
  });
});

describe('other servers that demand a certificate', () => {
  const ca = () => ({ 'ca.pem': bundle(authority) });

  test.skipIf(isMissing('gnutls-serv')).each(['NORMAL:-VERS-ALL:+VERS-TLS1.2', 'NORMAL:-VERS-ALL:+VERS-TLS1.3'])(
    'gnutls-serv, %s',
    async (priority) => {
      const args = ['--x509cafile', 'ca.pem', '--require-client-cert', '--verify-client-cert', '--priority', priority];
      await using demand = await startGnutls({ ...server, args, files: ca() });
      expect(await shake(demand.port, { identity: identityOf(client) })).toMatchObject(accepted);
      expect(codesOf(await shake(demand.port, { identity: identityOf(stranger) }))).not.toEqual([]);
    },
  );

  test.skipIf(isMissing('haproxy')).each(['TLSv1.2', 'TLSv1.3'])('HAProxy, %s', async (version) => {
    const bind = ['ca-file', 'ca.pem', 'verify', 'required', 'ssl-min-ver', version, 'ssl-max-ver', version];
    await using demand = await startHaproxy({ ...server, bind, files: ca() });
    expect(await shake(demand.port, { identity: identityOf(client) })).toMatchObject(accepted);
    expect(codesOf(await shake(demand.port, { identity: identityOf(stranger) }))).toEqual(['tls_client_cert_rejected']);
  });

  test.skipIf(isMissing('nginx')).each(['TLSv1.2', 'TLSv1.3'])(
    'nginx, which refuses in HTTP alone, %s',
    async (version) => {
      const directives = [`ssl_protocols ${version};`, 'ssl_client_certificate ca.pem;', 'ssl_verify_client on;'];
      await using demand = await startNginx({ ...server, directives, files: ca() });
      expect(await shake(demand.port, { identity: identityOf(client) })).toMatchObject(accepted);
      expect(await shake(demand.port, { identity: identityOf(stranger) })).toMatchObject(accepted);
    },
  );

  test.each(['TLSv1.2', 'TLSv1.3'] as const)('Node, which closes without a word, %s', async (version) => {
    const versions = { minVersion: version, maxVersion: version };
    await using demand = await startNodeTls({ ...server, requestCert: true, ca: authority.pem, ...versions });
    expect(await shake(demand.port, { identity: identityOf(client) })).toMatchObject(accepted);
    const refused = await shake(demand.port, { identity: identityOf(stranger) });
    // In TLS 1.2 its Finished, in TLS 1.3 its tickets come before it looks at who has come.
    expect(refused.record.clientCertificate.sent).toBe(true);
  });
});

describe('what TLS 1.3 answers to an identity', () => {
  type Answer = (peer: Tls13Peer) => Buffer | null;
  const alert =
    (description: number): Answer =>
    (peer) =>
      peer.seal(CONTENT.alert, Buffer.from([2, description]));

  test.each<[string, Answer, boolean | null, readonly string[]]>([
    ['a ticket', (peer) => peer.seal(CONTENT.handshake, message(4, Buffer.alloc(20))), true, []],
    ['application data', (peer) => peer.seal(CONTENT.applicationData, Buffer.from('220 ready')), true, []],
    ['silence', () => Buffer.alloc(0), null, []],
    ...[42, 43, 44, 45, 46, 48, 49, 116].map((number): [string, Answer, boolean, readonly string[]] => [
      `alert ${number}`,
      alert(number),
      false,
      ['tls_client_cert_rejected'],
    ]),
    ['alert 40, which may be about anything', alert(40), null, ['tls_alert']],
    ['alert 51', alert(51), null, ['tls_alert']],
    ['close_notify', (peer) => peer.seal(CONTENT.alert, Buffer.from([1, 0])), null, ['tls_closed']],
    ['FIN', () => null, null, ['tls_closed']],
  ])('%s', async (_, answer, taken, codes) => {
    const peer = await startPeer((socket, hello) => {
      const talk = new Tls13Peer(hello, server.leaf);
      socket.write(talk.flight({ certificateRequest: TLS13_CERTIFICATE_REQUEST }));
      talk.useApplicationKeys();
      socket.once('data', () => {
        const bytes = answer(talk);
        if (bytes === null) socket.end();
        else socket.write(bytes);
      });
    });
    const result = await shake(peer.port, { identity: identityOf(client) });
    await peer.close();
    expect(codesOf(result)).toEqual(codes);
    expect(result.record).toMatchObject({ state: 'finished', clientCertificate: { sent: true, accepted: taken } });
  });
});

describe('a server that has not proven its key', () => {
  const objections = () => Promise.reject(new Error('was asked'));

  test.each<[string, (peer: Tls13Peer) => Buffer]>([
    [
      'a signature over nothing',
      (peer) => peer.flight({ certificateRequest: TLS13_CERTIFICATE_REQUEST, certificateVerify: falseProof() }),
    ],
    [
      'a Finished of zeros',
      (peer) => peer.flight({ certificateRequest: TLS13_CERTIFICATE_REQUEST, finished: message(20, Buffer.alloc(32)) }),
    ],
  ])('is shown nothing in TLS 1.3: %s', async (_, flightOf) => {
    const heard: Buffer[] = [];
    const peer = await startPeer((socket, hello) => {
      socket.write(flightOf(new Tls13Peer(hello, server.leaf)));
      socket.on('data', (chunk) => heard.push(chunk));
    });
    const result = await shake(peer.port, { identity: identityOf(client, { objections }) });
    await peer.close();
    expect(codesOf(result)).toEqual(['tls_handshake_invalid']);
    expect(result.record.clientCertificate).toMatchObject({ requested: true, sent: false });
    // An alert in a record, behind ChangeCipherSpec.
    expect(Buffer.concat(heard).length).toBeLessThan(64);
  });

  test('is shown nothing in TLS 1.2', async () => {
    const heard: Buffer[] = [];
    const peer = await startPeer((socket, hello) => {
      const flight = tls12Flight(hello, stranger);
      const request = message(13, vector(1, uint(1, 64)), vector(2, uint(2, 0x0403)), vector(2));
      const other = tls12Flight(hello, server.leaf).certificate;
      socket.write(
        record(CONTENT.handshake, Buffer.concat([flight.hello, other, flight.keyExchange, request, flight.done])),
      );
      socket.on('data', (chunk) => heard.push(chunk));
    });
    const result = await shake(peer.port, { identity: identityOf(client, { objections }) });
    await peer.close();
    expect(codesOf(result)).toEqual(['tls_handshake_invalid']);
    expect(result.record.clientCertificate.sent).toBe(false);
    expect(Buffer.concat(heard).length).toBeLessThan(64);
  });
});

test('a scheme that we know and never make is passed over', async () => {
  const request = message(13, vector(1), vector(2, extension(13, vector(2, uint(2, 0x0203), uint(2, 0xfefe)))));
  const peer = await startPeer((socket, hello) => {
    const talk = new Tls13Peer(hello, server.leaf);
    socket.write(talk.flight({ certificateRequest: request }));
  });
  const result = await shake(peer.port, { identity: identityOf(client) });
  await peer.close();
  expect(codesOf(result)).toEqual(['tls_client_cert_unusable']);
  expect(result.faults[0]).toMatchObject({
    evidence: { accepted: ['ecdsa_sha1', '0xfefe'], key_type: 'ec P-256' },
  });
});

function falseProof(): Buffer {
  return message(15, uint(2, 0x0403), vector(2, Buffer.from('3006020101020101', 'hex')));
}

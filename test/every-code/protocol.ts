import { getDiffieHellman } from 'node:crypto';
import { integer, sequence } from '../support/der.ts';
import { mutualSettings, temporaryFolder } from '../support/identity-folder.ts';
import { pemOf } from '../support/issued.ts';
import { leaf } from '../support/pki.ts';
import { startGnutls, startNodeTls, startOpenssl, startRawTcp } from '../support/servers.ts';
import { startService } from '../support/service.ts';
import {
  alertRecord,
  CONTENT,
  certificateMessage,
  record,
  SERVER_HELLO_DONE,
  serverHello,
} from '../tls/server-bytes.ts';
import { HOST, hierarchy, type Scenario, type Scenarios, withServer } from './scenario.ts';

const OLD = ':@SECLEVEL=0';
const ALERTS = { protocolVersion: 70, internalError: 80 } as const;

export const PROTOCOL_SCENARIOS: Scenarios<
  | 'tls_not_spoken'
  | 'tls_version_unsupported'
  | 'tls_no_common_cipher'
  | 'tls_name_unrecognized'
  | 'tls_client_cert_required'
  | 'tls_client_cert_rejected'
  | 'tls_client_cert_withheld'
  | 'tls_client_cert_unusable'
  | 'tls_alert'
  | 'tls_closed'
  | 'tls_timeout'
  | 'tls_version_deprecated'
  | 'tls_version_below_policy'
  | 'tls_cipher_weak'
  | 'tls_no_forward_secrecy'
  | 'tls_legacy_renegotiation'
  | 'tls_legacy_hello'
  | 'tls_dh_weak'
  | 'tls_chain_too_large'
  | 'tls_handshake_invalid'
  | 'tls_certificate_missing'
  | 'tls_not_post_quantum'
  | 'alpn_no_overlap'
> = {
  tls_not_spoken: answering(Buffer.from('HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n')),
  tls_version_unsupported: answering(alertRecord(ALERTS.protocolVersion)),
  tls_no_common_cipher: openssl(['-tls1_2', '-cipher', `AECDH-AES128-SHA:ADH-AES128-SHA${OLD}`]),
  tls_name_unrecognized: openssl([
    ...['-servername', 'other.example', '-servername_fatal', '-cert2', 'leaf.pem', '-key2', 'key.pem'],
  ]),
  tls_client_cert_required: openssl(['-Verify', '1']),
  tls_client_cert_rejected: showing(['-Verify', '1', '-verify_return_error', '-CAfile', 'leaf.pem']),
  tls_client_cert_withheld: showing(['-Verify', '1'], { ca: 'public' }),
  tls_client_cert_unusable: showing(['-Verify', '1', '-client_sigalgs', 'RSA+SHA256:RSA-PSS+SHA256']),
  tls_alert: answering(alertRecord(ALERTS.internalError)),
  tls_closed: { run: () => withServer(startRawTcp((socket) => socket.end())) },
  tls_timeout: {
    run: () =>
      withServer(
        startRawTcp(() => {}),
        { timeout_ms: 400 },
      ),
  },
  tls_version_deprecated: openssl(['-tls1_1', '-cipher', `DEFAULT${OLD}`]),
  tls_version_below_policy: openssl(['-tls1_2'], { policy: { min_tls: '1.3' } }),
  tls_cipher_weak: rsaOpenssl(['-tls1_2', '-cipher', `NULL-SHA256${OLD}`]),
  tls_no_forward_secrecy: rsaOpenssl(['-tls1_2', '-cipher', 'AES128-GCM-SHA256']),
  tls_legacy_renegotiation: {
    program: 'gnutls-serv',
    async run() {
      const { host, issuing } = await hierarchy();
      const priority = 'NORMAL:-VERS-ALL:+VERS-TLS1.2:%DISABLE_SAFE_RENEGOTIATION';
      return await withServer(startGnutls({ leaf: host, chain: [issuing], args: ['--priority', priority] }));
    },
  },
  tls_legacy_hello: rsaOpenssl(['-tls1_2', '-sigalgs', 'RSA+SHA1', '-cipher', `ALL${OLD}`]),
  tls_dh_weak: rsaOpenssl(['-tls1_2', '-cipher', `DHE-RSA-AES128-GCM-SHA256${OLD}`, '-dhparam', 'dh.pem'], {
    'dh.pem': dhParameters('modp2'),
  }),
  tls_chain_too_large: {
    program: 'openssl',
    async run() {
      const { host, issuing } = await hierarchy();
      return await withServer(startOpenssl({ leaf: host, chain: Array.from({ length: 1001 }, () => issuing) }));
    },
  },
  tls_handshake_invalid: answering(record(CONTENT.handshake, Buffer.from('02000002ffff', 'hex'))),
  tls_certificate_missing: answering(
    handshakeRecord(serverHello({ cipherSuite: 0xc02f }), certificateMessage([]), SERVER_HELLO_DONE),
  ),
  tls_not_post_quantum: openssl([]),
  alpn_no_overlap: {
    async run() {
      const { host, issuing } = await hierarchy();
      const server = startNodeTls({ leaf: host, chain: [issuing], ALPNProtocols: ['h2'] });
      return await withServer(server, { alpn: ['http/1.1'] });
    },
  },
};

/** A server of one answer, whatever it hears. */
function answering(bytes: Buffer): Scenario {
  return { run: () => withServer(startRawTcp((socket) => socket.once('data', () => socket.end(bytes)))) };
}

function openssl(args: readonly string[], changes: object = {}): Scenario {
  return {
    program: 'openssl',
    async run() {
      const { host, issuing } = await hierarchy();
      return await withServer(startOpenssl({ leaf: host, chain: [issuing], args }), changes);
    },
  };
}

/** A server that asks for a client certificate, and a request that names an identity with an EC key. */
function showing(args: readonly string[], changes: object = {}): Scenario {
  return {
    program: 'openssl',
    async run() {
      const { authority, host, issuing } = await hierarchy();
      await using folder = await temporaryFolder();
      const settings = await mutualSettings(
        folder.path,
        { name: 'corp', pem: authority.pem },
        { name: 'probe', shown: await leaf(issuing, 'probe.example'), targets: [HOST] },
      );
      await using service = await startService(settings);
      await using server = await startOpenssl({ leaf: host, chain: [issuing], args });
      const target = { host: HOST, port: server.port, connect_to: `127.0.0.1:${server.port}` };
      return await service.ask({ ...target, client_certificate: 'probe', ...changes });
    },
  };
}

/** For cipher suites that need an RSA key at the server. */
function rsaOpenssl(args: readonly string[], files: Readonly<Record<string, string>> = {}): Scenario {
  return {
    program: 'openssl',
    async run() {
      const { issuing } = await hierarchy();
      const keyUsage = ['digital_signature', 'key_encipherment'] as const;
      const host = await leaf(issuing, 'host.example', { key: 'rsa-2048', keyUsage });
      return await withServer(startOpenssl({ leaf: host, chain: [issuing], args, files }));
    },
  };
}

function handshakeRecord(...messages: readonly Buffer[]): Buffer {
  return record(CONTENT.handshake, Buffer.concat(messages));
}

/** A group of RFC 2409 or RFC 3526 as PKCS #3 parameters. */
function dhParameters(group: string): string {
  const dh = getDiffieHellman(group);
  const unsigned = (bytes: Buffer) => integer(BigInt(`0x${bytes.toString('hex')}`));
  return pemOf(sequence(unsigned(dh.getPrime()), unsigned(dh.getGenerator())), 'DH PARAMETERS');
}

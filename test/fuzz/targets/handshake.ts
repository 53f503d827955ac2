import { HandshakeAbort } from '../../../src/tls/abort.ts';
import {
  MAX_CERTIFICATES,
  readTls12Certificates,
  readTls13Certificates,
} from '../../../src/tls/certificate-message.ts';
import {
  readTls10CertificateRequest,
  readTls12CertificateRequest,
  readTls13CertificateRequest,
} from '../../../src/tls/certificate-request.ts';
import { readAlpn, readCertificateStatus } from '../../../src/tls/extensions.ts';
import { notSpokenFault } from '../../../src/tls/first-bytes.ts';
import { ServerFlight } from '../../../src/tls/legacy-flight.ts';
import { readLegacyKeyExchange } from '../../../src/tls/legacy-messages.ts';
import { MessageAssembler } from '../../../src/tls/message-assembler.ts';
import { EXTENSION } from '../../../src/tls/registry.ts';
import { checkVersion, readServerHello } from '../../../src/tls/server-hello.ts';
import { readEcdheParameters } from '../../../src/tls/server-key-exchange.ts';
import { TLS13_CERTIFICATE_REQUEST, TLS13_VERSION, tls13Certificate } from '../../tls/hostile-peer.ts';
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
  records,
  SERVER_HELLO_DONE,
  serverHello,
  uint,
  vector,
} from '../../tls/server-bytes.ts';
import { fixedPki } from '../fixed-pki.ts';
import { type FuzzTarget, promise } from '../fuzz-target.ts';
import { mutateBytes } from '../mutate-bytes.ts';

const offered = new Set<number>(Object.values(EXTENSION));

/** Everything that reads one message of a peer before it is authenticated. */
const READERS: readonly ((bytes: Buffer) => unknown)[] = [
  (bytes) => checkVersion(readServerHello(bytes)),
  (bytes) => requireFew(readTls13Certificates(bytes, offered)),
  (bytes) => requireFew(readTls12Certificates(bytes)),
  readTls13CertificateRequest,
  readTls12CertificateRequest,
  readTls10CertificateRequest,
  readEcdheParameters,
  (bytes) => readLegacyKeyExchange(bytes, 'TLS_DHE_RSA_WITH_AES_128_CBC_SHA', 0x0301),
  readCertificateStatus,
  (bytes) => readAlpn(bytes, ['h2', 'http/1.1']),
  (bytes) => bytes.length > 0 && notSpokenFault(bytes),
];

/** The readers of single messages: each is given the whole input, and what stands in it as messages. */
export async function messageTarget(): Promise<FuzzTarget> {
  const messages = await fixedMessages();
  return {
    corpus: [
      ...messages,
      ...messages.map((bytes) => bytes.subarray(4)),
      Buffer.from('SSH-2.0-x\r\n'),
      Buffer.from('HTTP/1.1 400 x\r\n'),
    ],
    mutate: (input, random) => mutateBytes(input, random, messages),
    check: checkMessages,
  };
}

/** The first flight of TLS 1.2 and older as a whole, in records: in one piece and octet by octet it says the same. */
export async function flightTarget(): Promise<FuzzTarget> {
  const messages = await fixedMessages();
  const { server } = await fixedPki();
  const flight = (...parts: readonly Buffer[]) => records(CONTENT.handshake, Buffer.concat(parts), 200);
  const certificate = certificateMessage([server.der]);
  const corpus = [
    flight(serverHello(), certificate, SERVER_HELLO_DONE),
    flight(
      serverHello({ cipherSuite: 0xc02f }),
      certificate,
      ecdheKeyExchange(29),
      certificateRequest([]),
      SERVER_HELLO_DONE,
    ),
    flight(
      serverHello({ version: 0x0301, cipherSuite: 0x0033, extensions: null }),
      certificate,
      dheKeyExchange(Buffer.alloc(128, 0xff), null),
      SERVER_HELLO_DONE,
    ),
    Buffer.concat([flight(HELLO_REQUEST, serverHello()), alertRecord(112, 1), alertRecord(40)]),
    Buffer.concat([flight(serverHello()), alertRecord(0, 1)]),
  ];
  return {
    corpus,
    mutate: (input, random) => mutateBytes(input, random, [...corpus, ...messages]),
    check: checkFlight,
  };
}

async function fixedMessages(): Promise<readonly Buffer[]> {
  const { server, issuing } = await fixedPki();
  const extensions = [
    extension(16, vector(2, vector(1, Buffer.from('h2')))),
    extension(0xff01, vector(1)),
    extension(23, Buffer.alloc(0)),
  ];
  const staple = extension(5, Buffer.concat([uint(1, 1), vector(3, Buffer.from('3000', 'hex'))]));
  return [
    serverHello({ extensions }),
    serverHello({
      cipherSuite: 0x1301,
      extensions: [TLS13_VERSION, extension(51, Buffer.concat([uint(2, 29), vector(2, Buffer.alloc(32, 9))]))],
    }),
    certificateMessage([server.der, issuing.der]),
    tls13Certificate([server.der, issuing.der], [staple]),
    TLS13_CERTIFICATE_REQUEST,
    certificateRequest([Buffer.from('3000', 'hex')]),
    certificateRequest([Buffer.from('3000', 'hex')], null),
    ecdheKeyExchange(29),
    dheKeyExchange(Buffer.alloc(128, 0xff)),
    message(22, uint(1, 1), vector(3, Buffer.from('3000', 'hex'))),
    vector(2, vector(1, Buffer.from('h2'))),
  ];
}

/** What an input is to one reader: read, or the alert and code of the abort. Anything else that is thrown is a bug. */
function outcomeOf(read: () => unknown): string {
  try {
    read();
    return '+';
  } catch (error) {
    if (error instanceof HandshakeAbort) return `${error.fault.code} ${error.alert}`;
    throw error;
  }
}

function checkMessages(bytes: Buffer): string {
  const outcomes = READERS.map((read) => outcomeOf(() => read(bytes)));
  const assembler = new MessageAssembler();
  outcomes.push(
    outcomeOf(() => {
      for (const fragment of [bytes.subarray(0, bytes.length >> 1), bytes.subarray(bytes.length >> 1)]) {
        assembler.push(fragment);
        for (let next = assembler.next(); next !== null; next = assembler.next()) {
          const { body } = next;
          outcomes.push(...READERS.map((read) => outcomeOf(() => read(body))));
        }
      }
    }),
  );
  return [...new Set(outcomes)].join(',');
}

function requireFew(certificates: readonly unknown[]): void {
  promise(certificates.length <= MAX_CERTIFICATES, 'certificates are bounded');
}

function checkFlight(bytes: Buffer): string {
  const whole = new ServerFlight();
  whole.push(bytes);
  const summary = summaryOf(whole);
  requireFew(whole.certificates);
  if (whole.end?.by === 'complete')
    promise(whole.hello !== null && whole.certificates.length > 0, 'a whole flight has a certificate');
  const cut = new ServerFlight();
  for (let start = 0; start < bytes.length && cut.end === null; start += 7) cut.push(bytes.subarray(start, start + 7));
  promise(summaryOf(cut) === summary, 'how a flight is cut does not matter');
  return summary;
}

function summaryOf({ end, state, cipherSuite, certificates, alerts, alpn, keyExchange }: ServerFlight): string {
  const reason = end?.by === 'abort' ? `${end.reason.fault.code} ${end.reason.alert}` : end?.by;
  return [state, cipherSuite, alpn, certificates.length, alerts.length, keyExchange?.group, reason].join(' ');
}

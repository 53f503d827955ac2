import { invalid } from './abort.ts';
import { ALERT } from './alerts.ts';
import { clientCertificateMessage, readTls12Certificates } from './certificate-message.ts';
import { readTls12CertificateRequest } from './certificate-request.ts';
import { type CipherSuite, cipherSuiteName, OFFERED_CIPHER_SUITES } from './cipher-suites.ts';
import { chooseCredential, noteAnswer } from './client-authentication.ts';
import { checkFinished, type ReceivedHello } from './client-tls13.ts';
import { checkEmpty, checkExtensions, readAlpn, readCertificateStatus } from './extensions.ts';
import { keyShareFor, TLS12_GROUPS } from './key-exchange.ts';
import { proveTls12Key } from './key-proof.ts';
import type { HandshakeMessage } from './message-assembler.ts';
import { tls12Protection } from './record-protection.ts';
import { EXTENSION, groupName, HANDSHAKE_TYPE } from './registry.ts';
import type { ServerHello } from './server-hello.ts';
import { type EcdheParameters, readEcdheParameters } from './server-key-exchange.ts';
import { expectMessage, type Session } from './session.ts';
import { tls12MasterSecret, tls12TrafficKeys, tls12VerifyData } from './tls12-prf.ts';
import { Transcript } from './transcript.ts';
import { handshakeMessage, vector } from './wire.ts';

type Authentication = NonNullable<CipherSuite['authentication']>;
type Tls12Suite = CipherSuite & { readonly authentication: Authentication };

/**
 * The client of TLS 1.2 from the ServerHello on (RFC 5246 §7.3), full handshake with ECDHE: Certificate,
 * [CertificateStatus], ServerKeyExchange, [CertificateRequest], ServerHelloDone; our flight; ChangeCipherSpec, Finished.
 */
export async function runTls12(session: Session, { hello, bytes }: ReceivedHello): Promise<void> {
  const { record, records } = session;
  records.enterTls12();
  const suite = chosenSuite(hello);
  record.cipher = suite.name;
  readHelloExtensions(session, hello);
  record.state = 'server_hello';
  const transcript = new Transcript(suite.hash, session.hello.bytes, { keeps: session.identity !== null });
  transcript.add(bytes);

  const parameters = await readServerFlight(session, { suite, hello, transcript });
  const masterSecret = await sendKeyExchange(session, { suite, hello, transcript, parameters });
  await exchangeFinished(session, { suite, hello, transcript, masterSecret });
}

function chosenSuite(hello: ServerHello): Tls12Suite {
  if (hello.compressionMethod !== 0) throw invalid(ALERT.illegalParameter, 'ServerHello chooses a compression method');
  for (const suite of OFFERED_CIPHER_SUITES) {
    if (suite.code === hello.cipherSuite && suite.authentication !== null) {
      return { ...suite, authentication: suite.authentication };
    }
  }
  const name = cipherSuiteName(hello.cipherSuite);
  throw invalid(ALERT.illegalParameter, `The server chose ${name}, which was not offered for TLS 1.2`, {
    not_offered: name,
  });
}

const ALLOWED_IN_SERVER_HELLO = [
  EXTENSION.serverName,
  EXTENSION.statusRequest,
  // Not the server's to send, but several products do, and every client lets them.
  EXTENSION.supportedGroups,
  EXTENSION.ecPointFormats,
  EXTENSION.alpn,
  EXTENSION.signedCertificateTimestamp,
  EXTENSION.extendedMasterSecret,
  EXTENSION.renegotiationInfo,
];

function readHelloExtensions({ record, hello: ours }: Session, { extensions }: ServerHello): void {
  checkExtensions(extensions, { message: 'ServerHello', allowed: ALLOWED_IN_SERVER_HELLO, offered: ours.offered });
  for (const type of [EXTENSION.serverName, EXTENSION.statusRequest, EXTENSION.extendedMasterSecret]) {
    checkEmpty(extensions, type);
  }
  const renegotiation = extensions.get(EXTENSION.renegotiationInfo);
  // Of a first handshake the verify_data in it are empty (RFC 5746 §3.4).
  if (renegotiation !== undefined && !renegotiation.equals(vector(1))) {
    throw invalid(ALERT.handshakeFailure, 'renegotiation_info of a first handshake is not empty');
  }
  record.secureRenegotiation = renegotiation !== undefined;
  record.sctList = extensions.get(EXTENSION.signedCertificateTimestamp) ?? null;
  const alpn = extensions.get(EXTENSION.alpn);
  if (alpn !== undefined) record.alpn = readAlpn(alpn, ours.alpn);
}

interface Conversation {
  readonly suite: Tls12Suite;
  readonly hello: ServerHello;
  readonly transcript: Transcript;
}

/** The next message that counts: HelloRequest is ignored, also in the transcript (RFC 5246 §7.4.1.1). */
async function nextMessage({ records }: Session, transcript: Transcript): Promise<HandshakeMessage> {
  for (;;) {
    const message = await records.readMessage();
    if (message.type === HANDSHAKE_TYPE.helloRequest && message.body.length === 0) continue;
    transcript.add(message.bytes);
    return message;
  }
}

/** Certificate to ServerHelloDone; returns the server's half of the key exchange, its signature checked. */
async function readServerFlight(session: Session, conversation: Conversation): Promise<EcdheParameters> {
  const { record } = session;
  const { transcript } = conversation;
  const certificate = await nextMessage(session, transcript);
  expectMessage(certificate, HANDSHAKE_TYPE.certificate, 'Certificate');
  record.certificates = readTls12Certificates(certificate.body);
  record.state = 'certificate';

  let message = await nextMessage(session, transcript);
  // The server may announce a status and then not send it (RFC 6066 §8).
  if (message.type === HANDSHAKE_TYPE.certificateStatus && conversation.hello.extensions.has(EXTENSION.statusRequest)) {
    readLeafStatus(session, message.body);
    message = await nextMessage(session, transcript);
  }

  expectMessage(message, HANDSHAKE_TYPE.serverKeyExchange, 'ServerKeyExchange');
  const parameters = readEcdheParameters(message.body);
  proveKey(session, conversation, parameters);
  message = await nextMessage(session, transcript);

  const isRequested = message.type === HANDSHAKE_TYPE.certificateRequest;
  const request = isRequested ? readTls12CertificateRequest(message.body) : { authorities: [], signatureSchemes: [] };
  record.clientCertificate = { ...record.clientCertificate, requested: isRequested, ...request };
  if (!isRequested) record.clientCertificate = { ...record.clientCertificate, required: false };
  if (isRequested) message = await nextMessage(session, transcript);

  expectMessage(message, HANDSHAKE_TYPE.serverHelloDone, 'ServerHelloDone');
  if (message.body.length > 0) throw invalid(ALERT.decodeError, 'ServerHelloDone is not empty');
  return parameters;
}

function readLeafStatus({ record }: Session, body: Buffer): void {
  const ocspStaple = readCertificateStatus(body);
  record.certificates = record.certificates.map((entry, index) => (index === 0 ? { ...entry, ocspStaple } : entry));
}

function proveKey(session: Session, { suite, hello }: Conversation, parameters: EcdheParameters): void {
  const { record, hello: ours } = session;
  const group = groupName(parameters.group);
  if (!TLS12_GROUPS.includes(parameters.group)) {
    throw invalid(ALERT.illegalParameter, `ServerKeyExchange uses ${group}, which was not offered`, {
      not_offered: group,
    });
  }
  record.group = group;
  record.keyExchange = 'signature';
  const [leaf] = record.certificates;
  if (leaf === undefined) throw new Error('ServerKeyExchange is read after Certificate');
  // RFC 8422 §5.4: both randoms, then the parameters.
  const signed = Buffer.concat([ours.random, hello.random, parameters.signed]);
  const { scheme, signature } = parameters;
  record.signatureScheme = proveTls12Key({ leaf: leaf.der, scheme, signed, signature }, suite.authentication);
  record.state = 'key_proven';
}

/** Queues [Certificate,] ClientKeyExchange [, CertificateVerify]; returns the master secret. */
async function sendKeyExchange(
  session: Session,
  { suite, hello, transcript, parameters }: Conversation & { readonly parameters: EcdheParameters },
): Promise<Buffer> {
  const { records, record } = session;
  const send = (message: Buffer): void => {
    records.sendMessage(message);
    transcript.add(message);
  };
  const isRequested = record.clientCertificate.requested === true;
  const credential = isRequested ? await chooseCredential(session, 'TLSv1.2') : null;
  if (isRequested) {
    send(clientCertificateMessage('TLSv1.2', credential?.chain ?? []));
    noteAnswer(session, credential);
  }
  const share = keyShareFor(parameters.group, session.entropy);
  const preMasterSecret = share.derive(parameters.point);
  if (preMasterSecret === null) {
    throw invalid(ALERT.illegalParameter, `The key share of the server is none of ${groupName(parameters.group)}`);
  }
  send(handshakeMessage(HANDSHAKE_TYPE.clientKeyExchange, vector(1, share.publicKey)));
  const seed = hello.extensions.has(EXTENSION.extendedMasterSecret)
    ? { sessionHash: transcript.digest() }
    : { clientRandom: session.hello.random, serverRandom: hello.random };
  if (credential !== null) send(credential.verifyMessage(transcript.messages()));
  return tls12MasterSecret(suite.hash, preMasterSecret, seed);
}

/** Both ChangeCipherSpec and Finished, then close_notify. */
async function exchangeFinished(
  session: Session,
  { suite, hello, transcript, masterSecret }: Conversation & { readonly masterSecret: Buffer },
): Promise<void> {
  const { records, record } = session;
  const randoms = { clientRandom: session.hello.random, serverRandom: hello.random };
  const keys = tls12TrafficKeys(suite.hash, suite.aead, { masterSecret, ...randoms });
  records.sendChangeCipherSpec();
  records.protectWriting(tls12Protection(keys.client));
  const ours = tls12VerifyData(suite.hash, masterSecret, 'client', transcript.digest());
  const finished = handshakeMessage(HANDSHAKE_TYPE.finished, ours);
  records.sendMessage(finished);
  records.flush();
  transcript.add(finished);

  await records.readChangeCipherSpec();
  records.protectReading(tls12Protection(keys.server));
  const expected = tls12VerifyData(suite.hash, masterSecret, 'server', transcript.digest());
  const theirs = expectMessage(await records.readMessage(), HANDSHAKE_TYPE.finished, 'Finished');
  checkFinished(theirs.body, expected);
  records.expectBoundary();
  record.state = 'finished';
  if (session.clientAnswer === 'empty') record.clientCertificate = { ...record.clientCertificate, required: false };
  if (session.clientAnswer === 'identity') record.clientCertificate = { ...record.clientCertificate, accepted: true };
  records.sendCloseNotify();
  records.flush();
}

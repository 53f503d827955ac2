import { timingSafeEqual } from 'node:crypto';
import { invalid } from './abort.ts';
import { ALERT } from './alerts.ts';
import { awaitCertificateAnswer } from './await-certificate-answer.ts';
import { clientCertificateMessage, readTls13Certificates } from './certificate-message.ts';
import { readTls13CertificateRequest } from './certificate-request.ts';
import { type CipherSuite, cipherSuiteName, OFFERED_CIPHER_SUITES } from './cipher-suites.ts';
import { chooseCredential, noteAnswer } from './client-authentication.ts';
import { type ClientHello, retriedHello } from './client-hello.ts';
import { checkEmpty, checkExtensions, readAlpn, readExtensions } from './extensions.ts';
import { type KeyShare, keyShareFor, OFFERED_GROUPS } from './key-exchange.ts';
import { proveTls13Key } from './key-proof.ts';
import { deriveSecret, finishedVerifyData, handshakeSecret, masterSecret, trafficKeys } from './key-schedule.ts';
import type { HandshakeMessage } from './message-assembler.ts';
import { tls13Protection } from './record-protection.ts';
import { EXTENSION, GROUP, groupName, HANDSHAKE_TYPE, VERSION } from './registry.ts';
import type { ServerHello } from './server-hello.ts';
import { expectMessage, type Session } from './session.ts';
import { messageHash, Transcript } from './transcript.ts';
import { handshakeMessage, WireReader } from './wire.ts';

/** A message with the ServerHello in it. */
export interface ReceivedHello {
  readonly hello: ServerHello;
  readonly bytes: Buffer;
}

/**
 * The client of TLS 1.3 from the ServerHello on (RFC 8446 appendix A.1), without PSK: HelloRetryRequest at most once,
 * EncryptedExtensions, [CertificateRequest], Certificate, CertificateVerify, Finished; then our own flight.
 */
export async function runTls13(
  session: Session,
  received: ReceivedHello,
  readHello: () => Promise<ReceivedHello>,
): Promise<void> {
  const { record, records } = session;
  let server = received;
  let retry: Retry | null = null;
  if (server.hello.isHelloRetryRequest) {
    record.helloRetryRequest = true;
    retry = answerRetryRequest(session, server);
    server = await readHello();
    if (server.hello.isHelloRetryRequest) throw invalid(ALERT.unexpectedMessage, 'A second HelloRetryRequest');
    if (server.hello.version !== VERSION.tls13) {
      throw invalid(ALERT.illegalParameter, 'ServerHello chooses another version than HelloRetryRequest did');
    }
  }
  const suite = chosenSuite(session, server.hello);
  if (retry !== null && retry.suite !== suite) {
    throw invalid(ALERT.illegalParameter, 'ServerHello chooses another cipher suite than HelloRetryRequest did');
  }
  record.cipher = suite.name;
  const secret = agreeOnSecret(session, server.hello, retry);
  record.state = 'server_hello';

  const transcript = new Transcript(suite.hash, retry?.messages ?? session.hello.bytes);
  if (retry !== null) transcript.add(session.hello.bytes);
  transcript.add(server.bytes);
  const secrets = handshakeTrafficSecrets(suite, secret, transcript);
  records.protectReading(tls13Protection(trafficKeys(suite.hash, secrets.server, suite.aead)));
  if (retry === null) records.sendChangeCipherSpec();
  records.protectWriting(tls13Protection(trafficKeys(suite.hash, secrets.client, suite.aead)));

  await readServerFlight(session, { suite, transcript, serverSecret: secrets.server });
  await answer(session, { suite, transcript, secrets });
}

/** The suite of a ServerHello or HelloRetryRequest, with the checks that both share (RFC 8446 §4.1.3). */
function chosenSuite({ hello: ours }: Session, hello: ServerHello): CipherSuite {
  if (!hello.sessionId.equals(ours.sessionId)) {
    throw invalid(ALERT.illegalParameter, 'ServerHello does not echo our session id');
  }
  if (hello.compressionMethod !== 0) throw invalid(ALERT.illegalParameter, 'ServerHello chooses a compression method');
  const suite = OFFERED_CIPHER_SUITES.find(({ code, version }) => code === hello.cipherSuite && version === 'TLSv1.3');
  if (suite !== undefined) return suite;
  const name = cipherSuiteName(hello.cipherSuite);
  throw invalid(ALERT.illegalParameter, `The server chose ${name}, which was not offered for TLS 1.3`, {
    not_offered: name,
  });
}

/** We have to send it back (RFC 8446 §4.2.2), and the longest one would leave no room for our other extensions. */
const MAX_COOKIE_BYTES = 16 * 1024;

interface Retry {
  readonly suite: CipherSuite;
  /** The group that was asked for; null when the request was about a cookie alone. */
  readonly group: number | null;
  /** The transcript up to the second ClientHello. */
  readonly messages: Buffer;
}

/** Sends the second ClientHello that a HelloRetryRequest asks for (RFC 8446 §4.1.4). */
function answerRetryRequest(session: Session, { hello, bytes }: ReceivedHello): Retry {
  const first = session.hello;
  const suite = chosenSuite(session, hello);
  checkExtensions(hello.extensions, {
    message: 'HelloRetryRequest',
    allowed: [EXTENSION.supportedVersions, EXTENSION.keyShare, EXTENSION.cookie],
    // A cookie is the one extension that a server may begin with (RFC 8446 §4.2.2).
    offered: new Set([...first.offered, EXTENSION.cookie]),
  });
  const group = requestedGroup(first, hello);
  const cookie = readCookie(hello.extensions.get(EXTENSION.cookie));
  if (group === null && cookie === null) {
    throw invalid(ALERT.illegalParameter, 'A HelloRetryRequest that would change nothing');
  }
  const keyShares = group === null ? first.keyShares : [keyShareFor(group, session.entropy)];
  session.hello = retriedHello(first, { keyShares, cookie });
  session.records.sendChangeCipherSpec();
  session.records.sendMessage(session.hello.bytes);
  session.records.flush();
  return { suite, group, messages: Buffer.concat([messageHash(suite.hash, first.bytes), bytes]) };
}

function requestedGroup(first: ClientHello, hello: ServerHello): number | null {
  const data = hello.extensions.get(EXTENSION.keyShare);
  if (data === undefined) return null;
  const reader = new WireReader(data, 'key_share');
  const group = reader.uint16();
  reader.end();
  if (!OFFERED_GROUPS.includes(group) || first.keyShares.some((share) => share.group === group)) {
    throw invalid(ALERT.illegalParameter, `HelloRetryRequest asks for group ${groupName(group)}`, {
      group: groupName(group),
    });
  }
  return group;
}

function readCookie(data: Buffer | undefined): Buffer | null {
  if (data === undefined) return null;
  const reader = new WireReader(data, 'cookie');
  const cookie = reader.vector(2, 1);
  reader.end();
  if (cookie.length > MAX_COOKIE_BYTES) {
    throw invalid(ALERT.illegalParameter, `A cookie of ${cookie.length} octets, more than ${MAX_COOKIE_BYTES}`);
  }
  return cookie;
}

/** The (EC)DHE secret from the server's key_share (RFC 8446 §4.2.8). */
function agreeOnSecret(session: Session, hello: ServerHello, retry: Retry | null): Buffer {
  checkExtensions(hello.extensions, {
    message: 'ServerHello',
    allowed: [EXTENSION.supportedVersions, EXTENSION.keyShare],
    offered: session.hello.offered,
  });
  const data = hello.extensions.get(EXTENSION.keyShare);
  if (data === undefined) throw invalid(ALERT.missingExtension, 'ServerHello without key_share');
  const reader = new WireReader(data, 'key_share');
  const group = reader.uint16();
  const peer = reader.vector(2, 1);
  reader.end();
  const share = session.hello.keyShares.find((candidate: KeyShare) => candidate.group === group);
  if (share === undefined || (retry !== null && retry.group !== null && retry.group !== group)) {
    throw invalid(ALERT.illegalParameter, `ServerHello has a key share of ${groupName(group)}, which we did not send`);
  }
  session.record.group = groupName(group);
  session.record.postQuantum = group === GROUP.x25519MlKem768;
  session.record.keyExchange = 'signature';
  const secret = share.derive(peer);
  if (secret === null)
    throw invalid(ALERT.illegalParameter, `The key share of the server is none of ${groupName(group)}`);
  return secret;
}

interface TrafficSecrets {
  readonly handshake: Buffer;
  readonly client: Buffer;
  readonly server: Buffer;
}

/** Secrets of both directions from ClientHello to ServerHello (RFC 8446 §7.1). */
function handshakeTrafficSecrets(suite: CipherSuite, sharedSecret: Buffer, transcript: Transcript): TrafficSecrets {
  const handshake = handshakeSecret(suite.hash, sharedSecret);
  const hash = transcript.digest();
  return {
    handshake,
    client: deriveSecret(suite.hash, handshake, 'c hs traffic', hash),
    server: deriveSecret(suite.hash, handshake, 's hs traffic', hash),
  };
}

interface FlightKeys {
  readonly suite: CipherSuite;
  readonly transcript: Transcript;
  readonly serverSecret: Buffer;
}

/** EncryptedExtensions to Finished of the server. */
async function readServerFlight(session: Session, keys: FlightKeys): Promise<void> {
  const { record, records } = session;
  const { transcript } = keys;
  const encryptedExtensions = await records.readMessage();
  readEncryptedExtensions(
    session,
    expectMessage(encryptedExtensions, HANDSHAKE_TYPE.encryptedExtensions, 'EncryptedExtensions'),
  );
  transcript.add(encryptedExtensions.bytes);

  let message = await records.readMessage();
  const isRequested = message.type === HANDSHAKE_TYPE.certificateRequest;
  const request = isRequested ? readTls13CertificateRequest(message.body) : { authorities: [], signatureSchemes: [] };
  record.clientCertificate = { ...record.clientCertificate, requested: isRequested, ...request };
  if (!isRequested) record.clientCertificate = { ...record.clientCertificate, required: false };
  if (isRequested) {
    transcript.add(message.bytes);
    message = await records.readMessage();
  }

  expectMessage(message, HANDSHAKE_TYPE.certificate, 'Certificate');
  record.certificates = readTls13Certificates(message.body, session.hello.offered);
  record.state = 'certificate';
  transcript.add(message.bytes);

  const verify = await records.readMessage();
  expectMessage(verify, HANDSHAKE_TYPE.certificateVerify, 'CertificateVerify');
  readCertificateVerify(session, verify, transcript.digest());
  transcript.add(verify.bytes);

  const finished = await records.readMessage();
  expectMessage(finished, HANDSHAKE_TYPE.finished, 'Finished');
  const expected = finishedVerifyData(keys.suite.hash, keys.serverSecret, transcript.digest());
  checkFinished(finished.body, expected);
  records.expectBoundary();
  transcript.add(finished.bytes);
  record.state = 'finished';
}

/** RFC 8446 §4.3.1. */
function readEncryptedExtensions({ record, hello }: Session, { body }: HandshakeMessage): void {
  const reader = new WireReader(body, 'EncryptedExtensions');
  const extensions = readExtensions(reader, 'EncryptedExtensions');
  reader.end();
  checkExtensions(extensions, {
    message: 'EncryptedExtensions',
    allowed: [EXTENSION.serverName, EXTENSION.supportedGroups, EXTENSION.alpn],
    offered: hello.offered,
  });
  checkEmpty(extensions, EXTENSION.serverName);
  const alpn = extensions.get(EXTENSION.alpn);
  if (alpn !== undefined) record.alpn = readAlpn(alpn, hello.alpn);
}

/** What is signed: 64 spaces, the context string, a zero, the transcript hash (RFC 8446 §4.4.3). */
function signedContent(signer: 'server' | 'client', transcriptHash: Buffer): Buffer {
  const context = Buffer.from(`${' '.repeat(64)}TLS 1.3, ${signer} CertificateVerify\0`, 'latin1');
  return Buffer.concat([context, transcriptHash]);
}

function readCertificateVerify({ record }: Session, { body }: HandshakeMessage, transcriptHash: Buffer): void {
  const reader = new WireReader(body, 'CertificateVerify');
  const scheme = reader.uint16();
  const signature = reader.vector(2);
  reader.end();
  const [leaf] = record.certificates;
  if (leaf === undefined) throw new Error('CertificateVerify is read after Certificate');
  const signed = signedContent('server', transcriptHash);
  record.signatureScheme = proveTls13Key({ leaf: leaf.der, scheme, signed, signature });
  record.state = 'key_proven';
}

/** Aborts unless the peer's Finished is what the secrets ask for (RFC 8446 §4.4.4, RFC 5246 §7.4.9). */
export function checkFinished(verifyData: Buffer, expected: Buffer): void {
  if (verifyData.length !== expected.length) {
    throw invalid(ALERT.decodeError, `A Finished message of ${verifyData.length} octets`);
  }
  if (!timingSafeEqual(verifyData, expected)) throw invalid(ALERT.decryptError, 'Finished does not verify');
}

/** Our flight: [Certificate, [CertificateVerify,]] Finished, then close_notify under the application keys. */
async function answer(
  session: Session,
  { suite, transcript, secrets }: { suite: CipherSuite; transcript: Transcript; secrets: TrafficSecrets },
): Promise<void> {
  const { records, record } = session;
  const applicationSecret = masterSecret(suite.hash, secrets.handshake);
  const serverFinishedHash = transcript.digest();
  const keysOf = (label: string) =>
    trafficKeys(suite.hash, deriveSecret(suite.hash, applicationSecret, label, serverFinishedHash), suite.aead);

  const isRequested = record.clientCertificate.requested === true;
  if (isRequested) {
    await sendCertificate(session, transcript);
    records.protectReading(tls13Protection(keysOf('s ap traffic')));
  }
  const verifyData = finishedVerifyData(suite.hash, secrets.client, transcript.digest());
  records.sendMessage(handshakeMessage(HANDSHAKE_TYPE.finished, verifyData));
  records.protectWriting(tls13Protection(keysOf('c ap traffic')));
  if (isRequested) {
    records.flush();
    await awaitCertificateAnswer(session);
  }
  records.sendCloseNotify();
  records.flush();
}

/** Queues the identity with the proof of its key, or an empty list. */
async function sendCertificate(session: Session, transcript: Transcript): Promise<void> {
  const send = (message: Buffer): void => {
    session.records.sendMessage(message);
    transcript.add(message);
  };
  const credential = await chooseCredential(session, 'TLSv1.3');
  send(clientCertificateMessage('TLSv1.3', credential?.chain ?? []));
  if (credential !== null) send(credential.verifyMessage(signedContent('client', transcript.digest())));
  noteAnswer(session, credential);
}

import { abort, invalid } from './abort.ts';
import { ALERT } from './alerts.ts';
import { type Extensions, readExtensions } from './extensions.ts';
import { EXTENSION, hexCode, VERSION, versionName } from './registry.ts';
import { WireReader } from './wire.ts';

/** ServerHello of any version, as sent (RFC 8446 §4.1.3, RFC 5246 §7.4.1.3). */
export interface ServerHello {
  /** The version chosen: supported_versions where present, else the old field. */
  readonly version: number;
  readonly random: Buffer;
  readonly sessionId: Buffer;
  readonly cipherSuite: number;
  readonly compressionMethod: number;
  readonly extensions: Extensions;
  readonly isHelloRetryRequest: boolean;
}

/** SHA-256 of "HelloRetryRequest": the random that makes a ServerHello one (RFC 8446 §4.1.3). */
const HELLO_RETRY_RANDOM = Buffer.from('cf21ad74e59a6111be1d8c021e65b891c2a211167abb8c5e079e09e2c8a8339c', 'hex');

/** Reads the body of a ServerHello. */
export function readServerHello(body: Buffer): ServerHello {
  const reader = new WireReader(body, 'ServerHello');
  const legacyVersion = reader.uint16();
  const random = reader.bytes(32);
  const sessionId = reader.vector(1);
  if (sessionId.length > 32) throw invalid(ALERT.decodeError, 'A session id of more than 32 octets');
  const cipherSuite = reader.uint16();
  const compressionMethod = reader.uint8();
  // Servers before TLS 1.3 may leave the extensions out altogether (RFC 5246 §7.4.1.3).
  const extensions: Extensions = reader.remaining > 0 ? readExtensions(reader, 'ServerHello') : new Map();
  reader.end();
  return {
    version: selectedVersion(legacyVersion, extensions),
    random,
    sessionId,
    cipherSuite,
    compressionMethod,
    extensions,
    isHelloRetryRequest: random.equals(HELLO_RETRY_RANDOM),
  };
}

function selectedVersion(legacyVersion: number, extensions: Extensions): number {
  const data = extensions.get(EXTENSION.supportedVersions);
  if (data === undefined) return legacyVersion;
  const reader = new WireReader(data, 'supported_versions');
  const version = reader.uint16();
  reader.end();
  // RFC 8446 §4.2.1: the extension never negotiates a version before 1.3, and the old field stays at 1.2 then.
  if (version < VERSION.tls13 || legacyVersion !== VERSION.tls12) {
    throw invalid(ALERT.illegalParameter, `supported_versions of the server says ${hexCode(version)}`);
  }
  return version;
}

/** Ends of ServerHello.random by which a server that knows TLS 1.3 marks a lower version (RFC 8446 §4.1.3). */
const DOWNGRADE_MARKERS = [Buffer.from('444f574e47524401', 'hex'), Buffer.from('444f574e47524400', 'hex')];

/**
 * Checks the version of a ServerHello against our offer. Below 1.2 is fault `tls_version_unsupported`;
 * 1.2 with a downgrade marker means that somebody on the way took TLS 1.3 out of our hello.
 */
export function checkVersion(hello: ServerHello): void {
  if (hello.version === VERSION.tls13) return;
  if (hello.version !== VERSION.tls12) {
    const name = versionName(hello.version) ?? hexCode(hello.version);
    throw abort('tls_version_unsupported', `The server chose ${name}, which was not offered`, {
      evidence: { chosen: name, offered: ['TLSv1.3', 'TLSv1.2'] },
      alert: ALERT.protocolVersion,
    });
  }
  const marker = hello.random.subarray(24);
  if (DOWNGRADE_MARKERS.some((known) => known.equals(marker))) {
    throw invalid(ALERT.illegalParameter, 'The server marks TLS 1.2 as a downgrade from TLS 1.3', { downgrade: true });
  }
}

import { OFFERED_CIPHER_SUITES } from './cipher-suites.ts';
import { extension } from './extensions.ts';
import { type Entropy, firstKeyShares, type KeyShare, OFFERED_GROUPS } from './key-exchange.ts';
import { EXTENSION, HANDSHAKE_TYPE, VERSION } from './registry.ts';
import { OFFERED_SIGNATURE_SCHEMES } from './signature-schemes.ts';
import { codeVector, handshakeMessage, totalLength, uint, vector } from './wire.ts';

/** What we said first, and what of it the rest of the handshake needs. */
export interface ClientHello {
  readonly bytes: Buffer;
  readonly random: Buffer;
  readonly sessionId: Buffer;
  readonly keyShares: readonly KeyShare[];
  /** Extension types sent: the server may answer these alone. */
  readonly offered: ReadonlySet<number>;
  readonly alpn: readonly string[];
  readonly serverName: string | null;
}

export interface HelloOptions {
  /** A-label form without trailing dot; null sends no server_name. */
  readonly serverName: string | null;
  /** Names of at most 255 octets, one octet a character; empty offers none. */
  readonly alpn: readonly string[];
}

const LEGACY_VERSION = uint(2, VERSION.tls12);

/** Suites of TLS 1.3 and 1.2, then nothing else: renegotiation is answered by its extension (RFC 5746 §3.4). */
const CIPHER_SUITES = codeVector(OFFERED_CIPHER_SUITES.map((suite) => suite.code));
const NO_COMPRESSION = vector(1, uint(1, 0));
const SUITES_AND_COMPRESSION = Buffer.concat([CIPHER_SUITES, NO_COMPRESSION]);

/** Extensions that every hello of ours has in the same form. */
const FIXED_EXTENSIONS: readonly (readonly [number, Buffer])[] = [
  // OCSP, without a list of responders and without request extensions (RFC 6066 §8).
  [EXTENSION.statusRequest, Buffer.concat([uint(1, 1), vector(2), vector(2)])],
  [EXTENSION.supportedGroups, codeVector(OFFERED_GROUPS)],
  [EXTENSION.ecPointFormats, vector(1, uint(1, 0))],
  [EXTENSION.signatureAlgorithms, codeVector(OFFERED_SIGNATURE_SCHEMES.map((scheme) => scheme.code))],
  [EXTENSION.signedCertificateTimestamp, Buffer.alloc(0)],
  [EXTENSION.extendedMasterSecret, Buffer.alloc(0)],
  [EXTENSION.renegotiationInfo, vector(1)],
  [EXTENSION.supportedVersions, vector(1, uint(2, VERSION.tls13), uint(2, VERSION.tls12))],
];

const FIXED_BYTES = Buffer.concat(FIXED_EXTENSIONS.map(([type, data]) => extension(type, data)));
const FIXED_TYPES = FIXED_EXTENSIONS.map(([type]) => type);

/** The first hello: what a current client sends (RFC 8446 §4.1.2). */
export function clientHello(options: HelloOptions, entropy: Entropy): ClientHello {
  const random = entropy.randomBytes(64);
  return assemble(options, {
    random: random.subarray(0, 32),
    // Not empty, so that middleboxes see a resumption of TLS 1.2 (RFC 8446 §D.4).
    sessionId: random.subarray(32),
    keyShares: firstKeyShares(entropy),
    cookie: null,
  });
}

/** The second hello after a HelloRetryRequest: the same but for key_share and cookie (RFC 8446 §4.1.2). */
export function retriedHello(
  first: ClientHello,
  { keyShares, cookie }: { keyShares: readonly KeyShare[]; cookie: Buffer | null },
): ClientHello {
  return assemble(first, { random: first.random, sessionId: first.sessionId, keyShares, cookie });
}

function assemble(
  { serverName, alpn }: HelloOptions,
  parts: Pick<ClientHello, 'random' | 'sessionId' | 'keyShares'> & { readonly cookie: Buffer | null },
): ClientHello {
  const offered = new Set<number>([...FIXED_TYPES, EXTENSION.keyShare]);
  const extensions: Buffer[] = [FIXED_BYTES, keyShareExtension(parts.keyShares)];
  const add = (type: number, data: Buffer): void => {
    offered.add(type);
    extensions.push(extension(type, data));
  };
  if (serverName !== null) add(EXTENSION.serverName, serverNameList(serverName));
  if (alpn.length > 0) add(EXTENSION.alpn, protocolNameList(alpn));
  if (parts.cookie !== null) add(EXTENSION.cookie, vector(2, parts.cookie));
  const { random, sessionId, keyShares } = parts;
  const bytes = handshakeMessage(
    HANDSHAKE_TYPE.clientHello,
    LEGACY_VERSION,
    random,
    uint(1, sessionId.length),
    sessionId,
    SUITES_AND_COMPRESSION,
    uint(2, totalLength(extensions)),
    ...extensions,
  );
  return { bytes, random, sessionId, keyShares, offered, alpn, serverName };
}

function keyShareExtension(shares: readonly KeyShare[]): Buffer {
  const entries = shares.flatMap(({ group, publicKey }) => [uint(2, group), uint(2, publicKey.length), publicKey]);
  return extension(EXTENSION.keyShare, uint(2, totalLength(entries)), ...entries);
}

/** One host_name (RFC 6066 §3). */
function serverNameList(name: string): Buffer {
  return vector(2, uint(1, 0), vector(2, Buffer.from(name, 'latin1')));
}

function protocolNameList(protocols: readonly string[]): Buffer {
  return vector(2, ...protocols.map((protocol) => vector(1, Buffer.from(protocol, 'latin1'))));
}

import type { Fault } from '../domain/fault.ts';

/** How many octets of an answer are worth having before it is classified; more are not looked at. */
export const FIRST_BYTES_LENGTH = 256;

type Matcher = (bytes: Buffer, text: string) => boolean;

/**
 * Protocols that answer a ClientHello, or speak first, on ports where TLS was expected. Order matters where one
 * greeting could be two protocols: the more specific row stands first. `text` is the bytes read as Latin-1.
 */
const MATCHERS = [
  ['http', (_, text) => /^HTTP\/\d/.test(text) || /^\s*<(!doctype html|html)/i.test(text)],
  // HTTP/2 without TLS opens with a SETTINGS frame on stream 0 (RFC 9113 §6.5).
  ['http2', (bytes) => bytes.length >= 9 && bytes[3] === 4 && bytes[4] === 0 && bytes.readUInt32BE(5) === 0],
  ['rtsp', (_, text) => text.startsWith('RTSP/1.') || text.startsWith('RTSP/2.')],
  ['sip', (_, text) => text.startsWith('SIP/2.0 ')],
  ['ssh', (_, text) => /^SSH-\d/.test(text)],
  ['vnc', (_, text) => /^RFB \d{3}\.\d{3}\n/.test(text)],
  ['rsync', (_, text) => text.startsWith('@RSYNCD:')],
  ['amqp', (bytes, text) => text.startsWith('AMQP') && bytes.length >= 8],
  ['xmpp', (_, text) => /^<\?xml [^>]*>\s*<stream:/.test(text) || text.startsWith('<stream:')],
  ['nntp', (_, text) => /^20[01][ -].*(nntp|inn|news|usenet)/i.test(text)],
  // FTP and SMTP share the greeting 220 (RFC 959 §5.4, RFC 5321 §4.2): the words after it tell them apart.
  ['smtp', (_, text) => /^(220|421|45\d|5\d\d)[ -].*(smtp|lmtp|postfix|exim|sendmail|mail)/i.test(text)],
  ['smtp', (_, text) => /^[45]\d\d[ -][45]\.\d{1,3}\.\d{1,3} /.test(text)],
  ['ftp', (_, text) => /^(220|421|5\d\d)[ -].*(ftp|filezilla|login with user)/i.test(text)],
  ['smtp_or_ftp', (_, text) => /^(220|421|500|502|503|530|554)[ -]/.test(text)],
  ['imap', (_, text) => /^\* (OK|PREAUTH|BYE|BAD)\b/.test(text)],
  // Redis and POP3 share `-ERR`; what Redis says of a ClientHello names no mail box.
  ['redis', (_, text) => /^-(ERR (unknown command|protocol error|wrong number)|NOAUTH |DENIED )/i.test(text)],
  ['redis', (_, text) => text.startsWith('+PONG\r\n')],
  ['pop3', (_, text) => /^(\+OK|-ERR)\b/.test(text)],
  ['memcached', (_, text) => text.startsWith('ERROR\r\n') || text.startsWith('CLIENT_ERROR ')],
  ['irc', (_, text) => /^(:\S+ (NOTICE|\d{3}) |NOTICE (AUTH|\*) |ERROR :)/.test(text)],
  ['telnet', (bytes) => bytes.length >= 3 && bytes[0] === 0xff && between(bytes[1], 0xfb, 0xfe)],
  ['mysql', isMysql],
  ['postgres', (_, text) => /^E[\s\S]{4}S(FATAL|ERROR|PANIC)\0/.test(text) || text.startsWith('EFATAL: ')],
  ['ldap', isLdap],
  ['rdp', (bytes) => bytes.length >= 6 && bytes.readUInt16BE(0) === 0x0300 && bytes[5] === 0xd0],
  ['smb', isSmb],
  ['mssql', (bytes) => bytes.length >= 8 && bytes[0] === 4 && bytes[1] === 1 && bytes.readUInt32BE(4) >>> 24 === 0],
  ['oracle', (bytes) => bytes.length >= 8 && bytes.readUInt32BE(2) === 0x00000400 && bytes[6] === 0],
  ['mongodb', isMongodb],
  ['cassandra', (bytes) => bytes.length >= 9 && between(bytes[0], 0x83, 0x85) && bytes[4] === 0],
  ['mqtt', (bytes) => isMqtt(bytes)],
  ['socks', (bytes) => bytes.length === 2 && bytes[0] === 5 && (bytes[1] === 0xff || between(bytes[1], 0, 2))],
  ['sslv2', isSslv2],
] as const satisfies readonly (readonly [string, Matcher])[];

/** What speaks there instead of TLS; `unknown` when it is none that we know. */
export type FirstBytesClass = (typeof MATCHERS)[number][0] | 'unknown';

/**
 * Whether the bytes can begin a TLS record: a content type from 20 to 24 and major version 3 (RFC 8446 §5.1).
 * One octet is enough to say no; an empty buffer can still become one.
 */
export function canBeTlsRecord(bytes: Buffer): boolean {
  const [type = 22, major = 3] = bytes;
  return between(type, 20, 24) && major === 3;
}

/** Class of an answer that is no TLS record, from its first bytes. The bytes themselves are never reported. */
export function classifyFirstBytes(bytes: Buffer): FirstBytesClass {
  const first = bytes.subarray(0, FIRST_BYTES_LENGTH);
  const text = first.toString('latin1');
  for (const [name, matches] of MATCHERS) {
    if (matches(first, text)) return name;
  }
  return 'unknown';
}

/** The fault of a server that answered with something other than TLS; `bytes` is at least one octet of its answer. */
export function notSpokenFault(bytes: Buffer): Fault {
  const name = classifyFirstBytes(bytes);
  const spoken = name === 'unknown' ? 'something that is not TLS' : `what looks like ${name}`;
  return {
    code: 'tls_not_spoken',
    detail: `The server answered our ClientHello with ${spoken}`,
    evidence: { first_bytes_class: name },
  };
}

function between(value: number | undefined, low: number, high: number): boolean {
  return value !== undefined && value >= low && value <= high;
}

/** Packet 0: a 3-octet little-endian length, then protocol version 10 and a version text, or an error packet. */
function isMysql(bytes: Buffer): boolean {
  if (bytes.length < 6 || bytes[2] !== 0 || !between(bytes[3], 0, 1)) return false;
  if (bytes[4] === 10) return between(bytes[5], 0x30, 0x39);
  // Error numbers of a server begin at 1000.
  return bytes[4] === 0xff && bytes.length >= 7 && between(bytes.readUInt16LE(5), 1000, 4999);
}

/** LDAPMessage: SEQUENCE, messageID, then a BindResponse or ExtendedResponse (RFC 4511 §4.1.1). */
function isLdap(bytes: Buffer): boolean {
  if (bytes.length < 7 || bytes[0] !== 0x30) return false;
  const first = bytes[1] ?? 0;
  const start = first < 0x80 ? 2 : 2 + (first & 0x7f);
  const operation = bytes[start + 2 + (bytes[start + 1] ?? 0)];
  return bytes[start] === 2 && between(bytes[start + 1], 1, 4) && (operation === 0x61 || operation === 0x78);
}

/** NetBIOS session: an SMB1 or SMB2 message, or a negative session response (RFC 1002 §4.3.4). */
function isSmb(bytes: Buffer): boolean {
  if (bytes.length >= 5 && bytes.readUInt32BE(0) === 0x83000001) return true;
  if (bytes.length < 8 || bytes[0] !== 0) return false;
  return (bytes[4] === 0xff || bytes[4] === 0xfe) && bytes.toString('latin1', 5, 8) === 'SMB';
}

/** Message header, little-endian: length, request id, response to, opcode: OP_REPLY 1 or OP_MSG 2013. */
function isMongodb(bytes: Buffer): boolean {
  if (bytes.length < 16) return false;
  const opcode = bytes.readInt32LE(12);
  return between(bytes.readInt32LE(0), 16, 0x03000000) && (opcode === 1 || opcode === 2013);
}

/** CONNACK of MQTT 3 or 5, or DISCONNECT: fixed header and a remaining length that fits what came. */
function isMqtt(bytes: Buffer): boolean {
  const [type, remaining = -1] = bytes;
  if (type === 0x20) return between(remaining, 2, 0x7f) && bytes.length === remaining + 2 && between(bytes[2], 0, 1);
  return type === 0xe0 && between(remaining, 0, 2) && bytes.length === remaining + 2;
}

/** SSL 2.0 record with a two-octet header that holds ERROR (3 octets) or SERVER-HELLO (at least 11). */
function isSslv2(bytes: Buffer): boolean {
  if (bytes.length < 5 || ((bytes[0] ?? 0) & 0x80) === 0) return false;
  const length = bytes.readUInt16BE(0) & 0x7fff;
  if (bytes[2] === 0) return length === 3 && bytes[3] === 0;
  return bytes[2] === 4 && length >= 11 && bytes.length >= 7 && bytes.readUInt16BE(5) === 2;
}

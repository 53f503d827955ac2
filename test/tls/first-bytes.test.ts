import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { canBeTlsRecord, classifyFirstBytes, notSpokenFault } from '../../src/tls/first-bytes.ts';

const ascii = (text: string) => Buffer.from(text, 'latin1');
const hex = (text: string) => Buffer.from(text.replaceAll(' ', ''), 'hex');

const rows: readonly (readonly [name: string, bytes: Buffer, expected: string])[] = [
  ['a status line', ascii('HTTP/1.1 400 Bad Request\r\n'), 'http'],
  [
    'nginx on plain HTTP sent to its TLS port',
    ascii('HTTP/1.1 400 Bad Request\r\n\r\nThe plain HTTP request was sent to HTTPS port'),
    'http',
  ],
  ['a server that answers in HTTP/0.9', ascii('<!DOCTYPE HTML PUBLIC "-//IETF//DTD HTML 2.0//EN">'), 'http'],
  ['HTTP/2 with prior knowledge: SETTINGS', hex('000012 04 00 00000000 0003 00000064'), 'http2'],
  ['HTTP/2: eight octets are no frame header', hex('000012 04 00 000000'), 'unknown'],
  ['RTSP camera', ascii('RTSP/1.0 400 Bad Request\r\n'), 'rtsp'],
  ['SIP registrar', ascii('SIP/2.0 400 Bad Request\r\n'), 'sip'],
  ['OpenSSH', ascii('SSH-2.0-OpenSSH_9.2p1\r\n'), 'ssh'],
  ['VNC', ascii('RFB 003.008\n'), 'vnc'],
  ['rsync daemon', ascii('@RSYNCD: 31.0\n'), 'rsync'],
  ['AMQP version refusal', hex('414d5150 00 00 09 01'), 'amqp'],
  ['XMPP stream', ascii("<?xml version='1.0'?><stream:stream xmlns='jabber:client'>"), 'xmpp'],
  ['news server', ascii('200 news.example InterNetNews NNRP server ready\r\n'), 'nntp'],
  ['SMTP greeting', ascii('220 mx.example ESMTP Postfix\r\n'), 'smtp'],
  ['SMTP refusal with an enhanced status code', ascii('502 5.5.2 Error: command not recognized\r\n'), 'smtp'],
  ['SMTP that closes at once', ascii('421 mail.example Service not available\r\n'), 'smtp'],
  ['FTP greeting', ascii('220 (vsFTPd 3.0.3)\r\n'), 'ftp'],
  ['FTP refusal', ascii('530 Please login with USER and PASS.\r\n'), 'ftp'],
  ['a greeting that could be both', ascii('220 ready\r\n'), 'smtp_or_ftp'],
  ['IMAP greeting', ascii('* OK [CAPABILITY IMAP4rev1] ready\r\n'), 'imap'],
  ['IMAP goodbye', ascii('* BYE overloaded\r\n'), 'imap'],
  ['POP3 greeting', ascii('+OK POP3 ready\r\n'), 'pop3'],
  ['POP3 error', ascii('-ERR authentication first\r\n'), 'pop3'],
  ['Redis on a ClientHello', ascii("-ERR unknown command '\x16\x03\x01'\r\n"), 'redis'],
  ['Redis in protected mode', ascii('-DENIED Redis is running in protected mode\r\n'), 'redis'],
  ['memcached', ascii('ERROR\r\n'), 'memcached'],
  ['IRC', ascii(':irc.example NOTICE * :*** Looking up your hostname\r\n'), 'irc'],
  ['telnet option negotiation', hex('ff fd 18 ff fd 20'), 'telnet'],
  ['MySQL greeting', Buffer.concat([hex('4a0000 00 0a'), ascii('8.0.36\0')]), 'mysql'],
  ['MySQL: host is not allowed (error 1130)', hex('450000 00 ff 6a04'), 'mysql'],
  ['MySQL: 0xff with a number that is no error', hex('450000 00 ff 0100'), 'unknown'],
  ['PostgreSQL error', ascii('E\0\0\0\x8cSFATAL\0VFATAL\0'), 'postgres'],
  ['old PostgreSQL error', ascii('EFATAL:  unsupported frontend protocol'), 'postgres'],
  ['LDAP notice of disconnection', hex('3024 020100 781f 0a0102'), 'ldap'],
  ['LDAP in long form', hex('308400000010 020100 6184'), 'ldap'],
  ['a SEQUENCE that is no LDAP message', hex('3024 020100 301f 0a01'), 'unknown'],
  ['RDP connection confirm', hex('0300 0013 0e d0 0000 1234 00'), 'rdp'],
  ['SMB2', hex('00000048 fe534d42 4000'), 'smb'],
  ['NetBIOS: called name not present', hex('83 000001 82'), 'smb'],
  ['SQL Server', hex('0401 0025 0000 0100'), 'mssql'],
  ['Oracle listener refuses', hex('0020 0000 0400 0000'), 'oracle'],
  ['MongoDB reply', hex('24000000 01000000 00000000 01000000'), 'mongodb'],
  ['Cassandra error', hex('84 00 0000 00 00000033 0000'), 'cassandra'],
  ['MQTT CONNACK', hex('20 02 00 01'), 'mqtt'],
  ['MQTT CONNACK with something behind it', hex('20 02 00 01 00'), 'unknown'],
  ['SOCKS5: no acceptable method', hex('05 ff'), 'socks'],
  ['SSL 2.0 error: no cipher', hex('8003 00 0001'), 'sslv2'],
  ['SSL 2.0 server hello', hex('8410 04 00 01 0002 03e5 0003 0010'), 'sslv2'],
  ['SSL 2.0 header with another message', hex('8410 05 00 01 0002'), 'unknown'],
  ['garbage', hex('deadbeefdeadbeefdeadbeef'), 'unknown'],
  ['one octet', hex('48'), 'unknown'],
  ['nothing', hex(''), 'unknown'],
];

describe('classifyFirstBytes', () => {
  it.each(rows.map(([name, bytes, expected]) => ({ name, bytes, expected })))('$name: $expected', (row) => {
    expect(classifyFirstBytes(row.bytes)).toBe(row.expected);
  });

  it('is total', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
        expect(typeof classifyFirstBytes(Buffer.from(bytes))).toBe('string');
      }),
    );
  });

  it('reports the class and never the bytes', () => {
    const fault = notSpokenFault(ascii('220 mx.example ESMTP secret-banner\r\n'));
    expect(fault.code).toBe('tls_not_spoken');
    expect(fault.evidence).toEqual({ first_bytes_class: 'smtp' });
    expect(JSON.stringify(fault)).not.toContain('secret-banner');
  });
});

describe('canBeTlsRecord', () => {
  it.each([
    { name: 'nothing yet', bytes: hex(''), expected: true },
    { name: 'the content type alone', bytes: hex('16'), expected: true },
    { name: 'lowest content type', bytes: hex('1403'), expected: true },
    { name: 'below it', bytes: hex('1303'), expected: false },
    { name: 'highest content type (heartbeat)', bytes: hex('1803'), expected: true },
    { name: 'above it', bytes: hex('1903'), expected: false },
    { name: 'another major version', bytes: hex('1602'), expected: false },
    { name: 'any minor version', bytes: hex('1603ff'), expected: true },
  ])('$name: $expected', ({ bytes, expected }) => {
    expect(canBeTlsRecord(bytes)).toBe(expected);
  });
});

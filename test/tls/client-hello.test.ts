import { expect, test } from 'vitest';
import { clientHello, retriedHello } from '../../src/tls/client-hello.ts';
import { readExtensions } from '../../src/tls/extensions.ts';
import { FRESH_ENTROPY, keyShareFor } from '../../src/tls/key-exchange.ts';
import { EXTENSION, GROUP } from '../../src/tls/registry.ts';
import { WireReader } from '../../src/tls/wire.ts';

function read(bytes: Buffer) {
  const reader = new WireReader(bytes.subarray(4), 'ClientHello');
  const version = reader.uint16();
  const random = reader.bytes(32);
  const sessionId = reader.vector(1);
  const cipherSuites = reader.codes();
  const compression = reader.vector(1);
  const extensions = readExtensions(reader, 'ClientHello');
  reader.end();
  return { version, random, sessionId, cipherSuites, compression, extensions };
}

const hello = clientHello({ serverName: 'www.example', alpn: ['h2', 'http/1.1'] }, FRESH_ENTROPY);

test('says what a current client says', () => {
  const said = read(hello.bytes);
  expect(said.version).toBe(0x0303);
  expect(said.sessionId).toHaveLength(32);
  expect(said.cipherSuites).toEqual([
    0x1301, 0x1302, 0x1303, 0x1304, 0x1305, 0xc02b, 0xc02f, 0xc02c, 0xc030, 0xcca9, 0xcca8,
  ]);
  expect(said.compression).toEqual(Buffer.from([0]));
  expect(said.extensions.get(EXTENSION.serverName)?.toString('latin1')).toContain('www.example');
  expect(said.extensions.get(EXTENSION.alpn)).toEqual(Buffer.from('\0\x0c\x02h2\x08http/1.1', 'latin1'));
  expect(said.extensions.get(EXTENSION.supportedVersions)?.toString('hex')).toBe('0403040303');
  expect(new Set(said.extensions.keys())).toEqual(hello.offered);
});

test('offers nothing weak: no SHA-1, no group or suite without forward secrecy', () => {
  const schemes = new WireReader(
    read(hello.bytes).extensions.get(EXTENSION.signatureAlgorithms) ?? Buffer.alloc(0),
    '',
  );
  expect(schemes.codes().filter((code) => code >> 8 < 4)).toEqual([]);
});

test('without a name and protocols there are no extensions for them', () => {
  const { extensions } = read(clientHello({ serverName: null, alpn: [] }, FRESH_ENTROPY).bytes);
  expect(extensions.has(EXTENSION.serverName)).toBe(false);
  expect(extensions.has(EXTENSION.alpn)).toBe(false);
});

test('every hello has its own randoms and keys', () => {
  const other = read(clientHello({ serverName: null, alpn: [] }, FRESH_ENTROPY).bytes);
  const said = read(hello.bytes);
  expect(other.random).not.toEqual(said.random);
  expect(other.sessionId).not.toEqual(said.sessionId);
  expect(other.extensions.get(EXTENSION.keyShare)).not.toEqual(said.extensions.get(EXTENSION.keyShare));
});

test('the second hello differs in key_share and cookie alone', () => {
  const keyShares = [keyShareFor(GROUP.secp384r1, FRESH_ENTROPY)];
  const first = read(hello.bytes);
  const second = read(retriedHello(hello, { keyShares, cookie: Buffer.from('cookie') }).bytes);
  expect({ ...second, extensions: null }).toEqual({ ...first, extensions: null });
  const changed = [...second.extensions].filter(([type, data]) => !first.extensions.get(type)?.equals(data));
  expect(changed.map(([type]) => type)).toEqual([EXTENSION.keyShare, EXTENSION.cookie]);
});

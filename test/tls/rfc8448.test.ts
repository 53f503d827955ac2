import { createPrivateKey, createPublicKey, diffieHellman, hash } from 'node:crypto';
import { expect, test } from 'vitest';
import { readTls13Certificates } from '../../src/tls/certificate-message.ts';
import { proveTls13Key } from '../../src/tls/key-proof.ts';
import {
  deriveSecret,
  finishedVerifyData,
  handshakeSecret,
  masterSecret,
  trafficKeys,
} from '../../src/tls/key-schedule.ts';
import { tls13Protection } from '../../src/tls/record-protection.ts';
import { CONTENT_TYPE, EXTENSION } from '../../src/tls/registry.ts';
import { readServerHello } from '../../src/tls/server-hello.ts';

/** The trace "Simple 1-RTT Handshake" of RFC 8448 §3: X25519, TLS_AES_128_GCM_SHA256, an RSA-1024 leaf. */

const hex = (text: string): Buffer => Buffer.from(text.replaceAll(/\s/g, ''), 'hex');

const clientPrivateKey = hex('49af42ba7f7994852d713ef2784bcbcaa7911de26adc5642cb634540e7ea5005');
const clientHello = hex(`
  010000c00303cb34ecb1e78163ba1c38c6dacb196a6dffa21a8d9912ec18a2ef6283024dece7000006130113031302010000910000000b000900
  0006736572766572ff01000100000a00140012001d0017001800190100010101020103010400230000003300260024001d002099381de560e4bd
  43d23d8e435a7dbafeb3c06e51c13cae4d5413691e529aaf2c002b0003020304000d0020001e0403050306030203080408050806040105010601
  02010402050206020202002d00020101001c00024001`);
const serverHello = hex(`
  020000560303a6af06a4121860dc5e6e60249cd34c95930c8ac5cb1434dac155772ed3e2692800130100002e00330024001d0020c9828876112095
  fe66762bdbf7c672e156d6cc253b833df1dd69b1b04e751f0f002b00020304`);
const encryptedExtensions = hex('080000240022000a00140012001d00170018001901000101010201030104001c0002400100000000');
const certificate = hex(`
  0b0001b9000001b50001b0308201ac30820115a003020102020102300d06092a864886f70d01010b0500300e310c300a06035504031303727361
  301e170d3136303733303031323335395a170d3236303733303031323335395a300e310c300a0603550403130372736130819f300d06092a8648
  86f70d010101050003818d0030818902818100b4bb498f8279303d980836399b36c6988c0c68de55e1bdb826d3901a2461eafd2de49a91d015ab
  bc9a95137ace6c1af19eaa6af98c7ced43120998e187a80ee0ccb0524b1b018c3e0b63264d449a6d38e22a5fda430846748030530ef0461c8ca9
  d9efbfae8ea6d1d03e2bd193eff0ab9a8002c47428a6d35a8d88d79f7f1e3f0203010001a31a301830090603551d1304023000300b0603551d0f
  0404030205a0300d06092a864886f70d01010b05000381810085aad2a0e5b9276b908c65f73a7267170618a54c5f8a7b337d2df7a59436541
  7f2eae8f8a58c8f8172f9319cf36b7fd6c55b80f21a03015156726096fd335e5e67f2dbf102702e608ccae6bec1fc63a42a99be5c3eb7107c3c5
  4e9b9eb2bd5203b1c3b84e0a8b2f759409ba3eac9d91d402dcc0cc8f8961229ac9187b42b4de10000`);
const certificateVerify = hex(`
  0f000084080400805a747c5d88fa9bd2e55ab085a61015b7211f824cd484145ab3ff52f1fda8477b0b7abc90db78e2d33a5c141a078653fa6bef
  780c5ea248eeaaa785c4f394cab6d30bbe8d4859ee511f602957b15411ac027671459e46445c9ea58c181e818e95b8c3fb0bf3278409d3be152a
  3da5043e063dda65cdf5aea20d53dfacd42f74f3`);
const serverFinished = hex('140000209b9b141d906337fbd2cbdce71df4deda4ab42c309572cb7fffee5454b78f0718');
const clientFinished = hex('14000020a8ec436d677634ae525ac1fcebe11a039ec17694fac6e98527b642f2edd5ce61');
const clientFinishedRecord = hex(`
  170303003575ec4dc238cce60b298044a71e219c56cc77b0517fe9b93c7a4bfc44d87f38f80338ac98fc46deb384bd1caeacab6867d726c40546`);

const transcriptHash = (...messages: Buffer[]): Buffer => hash('sha256', Buffer.concat(messages), 'buffer');
const hellos = [clientHello, serverHello];
const flight = [...hellos, encryptedExtensions, certificate, certificateVerify];

const sharedSecret = hex('8bd4054fb55b9d63fdfbacf9f04b9f0d35e6d63f537563efd46272900f89492d');
const secret = handshakeSecret('sha256', sharedSecret);
const clientSecret = deriveSecret('sha256', secret, 'c hs traffic', transcriptHash(...hellos));
const serverSecret = deriveSecret('sha256', secret, 's hs traffic', transcriptHash(...hellos));
const master = masterSecret('sha256', secret);
const finishedHash = transcriptHash(...flight, serverFinished);

test.each([
  ['handshake secret', secret, '1dc826e93606aa6fdc0aadc12f741b01046aa6b99f691ed221a9f0ca043fbeac'],
  ['c hs traffic', clientSecret, 'b3eddb126e067f35a780b3abf45e2d8f3b1a950738f52e9600746a0e27a55a21'],
  ['s hs traffic', serverSecret, 'b67b7d690cc16c4e75e54213cb2d37b4e9c912bcded9105d42befd59d391ad38'],
  ['master secret', master, '18df06843d13a08bf2a449844c5f8a478001bc4d4c627984d5a41da8d0402919'],
  [
    'c ap traffic',
    deriveSecret('sha256', master, 'c ap traffic', finishedHash),
    '9e40646ce79a7f9dc05af8889bce6552875afa0b06df0087f792ebb7c17504a5',
  ],
  [
    's ap traffic',
    deriveSecret('sha256', master, 's ap traffic', finishedHash),
    'a11af9f05531f856ad47116b45a950328204b4f44bfb6b3a4b4f1f3fcb631643',
  ],
  [
    'server Finished',
    finishedVerifyData('sha256', serverSecret, transcriptHash(...flight)),
    serverFinished.toString('hex', 4),
  ],
  ['client Finished', finishedVerifyData('sha256', clientSecret, finishedHash), clientFinished.toString('hex', 4)],
])('%s', (_, derived, expected) => {
  expect(derived.toString('hex')).toBe(expected);
});

test.each([
  ['server', serverSecret, '3fce516009c21727d0f2e4e86ee403bc', '5d313eb2671276ee13000b30'],
  ['client', clientSecret, 'dbfaa693d1762c5b666af5d950258d01', '5bd3c71b836e0b76bb73265f'],
])('record keys of the %s', (_, trafficSecret, key, iv) => {
  const keys = trafficKeys('sha256', trafficSecret, 'aes-128-gcm');
  expect(keys.key.export().toString('hex')).toBe(key);
  expect(keys.iv.toString('hex')).toBe(iv);
});

test('ServerHello chooses TLS 1.3, and its key share gives the shared secret', () => {
  const hello = readServerHello(serverHello.subarray(4));
  expect(hello).toMatchObject({ version: 0x0304, cipherSuite: 0x1301, isHelloRetryRequest: false });
  const share = hello.extensions.get(EXTENSION.keyShare)?.subarray(4) ?? Buffer.alloc(0);
  const privateKey = createPrivateKey({
    key: Buffer.concat([hex('302e020100300506032b656e04220420'), clientPrivateKey]),
    format: 'der',
    type: 'pkcs8',
  });
  const publicKey = createPublicKey({
    key: Buffer.concat([hex('302a300506032b656e032100'), share]),
    format: 'der',
    type: 'spki',
  });
  expect(diffieHellman({ privateKey, publicKey })).toEqual(sharedSecret);
});

test('the CertificateVerify proves the key of the certificate, and of no other transcript', () => {
  const [leaf] = readTls13Certificates(certificate.subarray(4), new Set());
  const context = Buffer.from(`${' '.repeat(64)}TLS 1.3, server CertificateVerify\0`);
  const proof = (messages: Buffer[]) =>
    proveTls13Key({
      leaf: leaf?.der ?? Buffer.alloc(0),
      scheme: certificateVerify.readUInt16BE(4),
      signed: Buffer.concat([context, transcriptHash(...messages)]),
      signature: certificateVerify.subarray(8),
    });
  expect(proof(flight.slice(0, -1))).toBe('rsa_pss_rsae_sha256');
  expect(() => proof(hellos)).toThrow();
});

test('the record of the client Finished, sealed and opened', () => {
  const keys = trafficKeys('sha256', clientSecret, 'aes-128-gcm');
  expect(tls13Protection(keys).seal(CONTENT_TYPE.handshake, clientFinished)).toEqual(clientFinishedRecord);
  const opened = tls13Protection(keys).open(clientFinishedRecord.subarray(0, 5), clientFinishedRecord.subarray(5));
  expect(opened).toEqual({ type: CONTENT_TYPE.handshake, content: clientFinished });
});

import { HandshakeAbort } from '../../src/tls/abort.ts';
import { readTls12Certificates, readTls13Certificates } from '../../src/tls/certificate-message.ts';
import {
  readTls10CertificateRequest,
  readTls12CertificateRequest,
  readTls13CertificateRequest,
} from '../../src/tls/certificate-request.ts';
import { readAlpn, readCertificateStatus } from '../../src/tls/extensions.ts';
import { notSpokenFault } from '../../src/tls/first-bytes.ts';
import { MessageAssembler } from '../../src/tls/message-assembler.ts';
import { EXTENSION } from '../../src/tls/registry.ts';
import { checkVersion, readServerHello } from '../../src/tls/server-hello.ts';
import { readEcdheParameters } from '../../src/tls/server-key-exchange.ts';

const offered = new Set<number>(Object.values(EXTENSION));

/** Everything that reads a peer's octets before they are authenticated. */
const READERS: readonly ((bytes: Buffer) => unknown)[] = [
  (bytes) => checkVersion(readServerHello(bytes)),
  (bytes) => readTls13Certificates(bytes, offered),
  readTls12Certificates,
  readTls13CertificateRequest,
  readTls12CertificateRequest,
  readTls10CertificateRequest,
  readEcdheParameters,
  readCertificateStatus,
  (bytes) => readAlpn(bytes, ['h2', 'http/1.1']),
  (bytes) => bytes.length > 0 && notSpokenFault(bytes),
  (bytes) => {
    const assembler = new MessageAssembler();
    const half = bytes.length >> 1;
    for (const fragment of [bytes.subarray(0, half), bytes.subarray(half)]) {
      assembler.push(fragment);
      while (assembler.next() !== null);
    }
  },
];

/** Gives `bytes` to every reader. Throws for anything that is not an abort of the handshake: that is a bug of ours. */
export function fuzzMessages(bytes: Buffer): void {
  for (const read of READERS) {
    try {
      read(bytes);
    } catch (error) {
      if (!(error instanceof HandshakeAbort)) throw error;
    }
  }
}

/** A flight with a few random changes, drawn from `random` (0 up to and not including its argument). */
export function mutate(bytes: Buffer, random: (limit: number) => number): Buffer {
  let mutated: Buffer = Buffer.from(bytes);
  for (let changes = 1 + random(4); changes > 0; changes--) {
    const at = random(mutated.length + 1);
    const end = Math.min(mutated.length, at + 1 + random(64));
    const [before, span, after] = [mutated.subarray(0, at), mutated.subarray(at, end), mutated.subarray(end)];
    switch (random(5)) {
      case 0:
        mutated = Buffer.concat([before, after]);
        break;
      case 1:
        mutated = Buffer.concat([before, span, span, after]);
        break;
      case 2:
        mutated = Buffer.concat([before, Buffer.from(span.map(() => random(256))), after]);
        break;
      case 3:
        mutated = Buffer.concat([before, span.map((octet) => octet ^ (1 << random(8))), after]);
        break;
      default:
        mutated = Buffer.from(before);
    }
  }
  return mutated;
}

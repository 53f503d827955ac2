import { execFileSync } from 'node:child_process';
import { generateKeyPairSync, sign } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isReadableList } from '../src/domain/certificate-list.ts';
import { readCertificateList } from '../src/x509/crl.ts';
import { DerSource } from '../src/x509/der.ts';
import { readPublicKey } from '../src/x509/public-key.ts';
import { verifyLongSignature } from '../src/x509/signature.ts';
import {
  bits,
  context,
  integer,
  lengthOctets,
  octets,
  oid,
  sequence,
  set,
  utcTime,
  utf8,
} from '../test/support/der.ts';

/**
 * What reading a CRL costs, by its entries: time to read and to check the signature, the longest the event loop was
 * held, memory above the file's own size, and a look-up of each kind; beside `openssl crl` on the same file.
 */
const SIZES = process.argv.slice(2).map(Number);

/** An entry of 41 octets, as large public CRLs have them: 16 octets of serial, a time, a reason. */
function makeCrl(entries: number): { der: Buffer; spki: Buffer } {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const time = utcTime('260601000000Z');
  const reason = sequence(sequence(oid('2.5.29.21'), octets(Buffer.from([10, 1, 1]))));
  const entryLength = 2 + 18 + time.length + reason.length;
  const list = Buffer.alloc(entries * entryLength);
  for (let index = 0; index < entries; index++) {
    const at = index * entryLength;
    list.set([0x30, entryLength - 2, 2, 16, 0x40], at);
    // A multiplication spreads the serials as random ones are.
    list.writeUInt32BE(Math.imul(index, 0x9e37_79b1) >>> 0, at + 6);
    list.writeUInt32BE(index, at + 14);
    time.copy(list, at + 20);
    reason.copy(list, at + 20 + time.length);
  }
  const algorithm = sequence(oid('1.2.840.10045.4.3.2'));
  const name = sequence(set(sequence(oid('2.5.4.3'), utf8('Bench CA'))));
  const revoked = entries === 0 ? [] : [Buffer.from([0x30]), lengthOctets(list.length), list];
  const extensions = sequence(sequence(oid('2.5.29.20'), octets(integer(1))));
  const tbs = sequence(
    integer(1),
    algorithm,
    name,
    time,
    utcTime('270601000000Z'),
    ...revoked,
    context(0, true, extensions),
  );
  const spki = publicKey.export({ format: 'der', type: 'spki' });
  return { der: sequence(tbs, algorithm, bits(sign('sha256', tbs, privateKey))), spki };
}

/** Processor time of this thread so far, which is all that holds the event loop. */
function threadCpuMs(): number {
  const { user, system } = process.threadCpuUsage();
  return (user + system) / 1000;
}

async function measure(entries: number, folder: string): Promise<Record<string, string | number>> {
  const made = makeCrl(entries);
  const file = join(folder, `${entries}.crl`);
  await writeFile(file, made.der);
  const der = await readFile(file);
  globalThis.gc?.();
  const before = process.memoryUsage().rss;
  let peak = before;
  let last = performance.now();
  let longestMs = 0;
  let lastCpuMs = threadCpuMs();
  let longestCpuMs = 0;
  const watch = setInterval(() => {
    const [now, cpuMs] = [performance.now(), threadCpuMs()];
    longestMs = Math.max(longestMs, now - last - 1);
    longestCpuMs = Math.max(longestCpuMs, cpuMs - lastCpuMs);
    last = now;
    peak = Math.max(peak, process.memoryUsage.rss());
    lastCpuMs = threadCpuMs();
  }, 1);
  const startedAt = performance.now();
  const list = await readCertificateList(der);
  const readMs = performance.now() - startedAt;
  if (!isReadableList(list)) throw new Error(list.unreadable.detail);
  const spki = readPublicKey(new DerSource(made.spki, () => {}).cursor());
  const checkedAt = performance.now();
  const outcome = await verifyLongSignature({ data: list.tbs, signature: list.signature, spki });
  const signatureMs = performance.now() - checkedAt;
  clearInterval(watch);
  if (outcome !== 'valid') throw new Error(outcome);
  peak = Math.max(peak, process.memoryUsage().rss);
  const lookedUpAt = performance.now();
  for (let round = 0; round < 1000; round++) list.find('4000000000000000000000000000beef');
  const lookUpUs = performance.now() - lookedUpAt;
  const opensslAt = performance.now();
  execFileSync('openssl', ['crl', '-inform', 'DER', '-in', file, '-noout', '-fingerprint'], { stdio: 'ignore' });
  const opensslMs = performance.now() - opensslAt;
  return {
    entries,
    'MB of file': (der.length / 2 ** 20).toFixed(2),
    'read ms': readMs.toFixed(1),
    'signature ms': signatureMs.toFixed(1),
    'longest turn ms': longestMs.toFixed(1),
    // Without what other programs took of the processor meanwhile.
    'of processor': longestCpuMs.toFixed(1),
    'MB above the file': ((peak - before) / 2 ** 20).toFixed(1),
    'look-up us': lookUpUs.toFixed(2),
    'openssl crl ms': opensslMs.toFixed(0),
  };
}

const folder = await mkdtemp(join(tmpdir(), 'bench-crl-'));
try {
  const rows = [];
  for (const entries of SIZES.length > 0 ? SIZES : [1, 1000, 100_000, 1_000_000])
    rows.push(await measure(entries, folder));
  console.table(rows);
} finally {
  await rm(folder, { recursive: true });
}

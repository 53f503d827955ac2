import { AEAD, type AeadName, aeadKey } from './aead.ts';
import { hmac, type ScheduleHash } from './hmac.ts';
import type { TrafficKeys } from './record-protection.ts';

const MASTER_SECRET_LENGTH = 48;
const VERIFY_DATA_LENGTH = 12;

/** The PRF of TLS 1.2: P_hash over label and seed (RFC 5246 §5). */
function prf(
  algorithm: ScheduleHash,
  secret: Buffer,
  { label, seed, length }: { label: string; seed: Buffer; length: number },
): Buffer {
  const labelAndSeed = Buffer.concat([Buffer.from(label, 'latin1'), seed]);
  const blocks: Buffer[] = [];
  let produced = 0;
  let a: Buffer = labelAndSeed;
  while (produced < length) {
    a = hmac(algorithm, secret, a);
    const block = hmac(algorithm, secret, Buffer.concat([a, labelAndSeed]));
    blocks.push(block);
    produced += block.length;
  }
  return Buffer.concat(blocks, produced).subarray(0, length);
}

/** Where the master secret comes from: the session hash (RFC 7627 §4), or both randoms without that extension. */
export type MasterSecretSeed =
  | { readonly sessionHash: Buffer }
  | { readonly clientRandom: Buffer; readonly serverRandom: Buffer };

export function tls12MasterSecret(algorithm: ScheduleHash, preMasterSecret: Buffer, from: MasterSecretSeed): Buffer {
  const [label, seed] =
    'sessionHash' in from
      ? ['extended master secret', from.sessionHash]
      : ['master secret', Buffer.concat([from.clientRandom, from.serverRandom])];
  return prf(algorithm, preMasterSecret, { label, seed, length: MASTER_SECRET_LENGTH });
}

/** Record keys of both directions (RFC 5246 §6.3). */
export function tls12TrafficKeys(
  algorithm: ScheduleHash,
  aead: AeadName,
  { masterSecret, clientRandom, serverRandom }: { masterSecret: Buffer; clientRandom: Buffer; serverRandom: Buffer },
): { client: TrafficKeys; server: TrafficKeys } {
  const keyLength = AEAD[aead].keyLength;
  const ivLength = aead === 'chacha20-poly1305' ? 12 : 4;
  const block = prf(algorithm, masterSecret, {
    label: 'key expansion',
    seed: Buffer.concat([serverRandom, clientRandom]),
    length: 2 * (keyLength + ivLength),
  });
  const ivs = block.subarray(2 * keyLength);
  return {
    client: { aead, key: aeadKey(block.subarray(0, keyLength)), iv: ivs.subarray(0, ivLength) },
    server: { aead, key: aeadKey(block.subarray(keyLength, 2 * keyLength)), iv: ivs.subarray(ivLength) },
  };
}

/** verify_data of Finished (RFC 5246 §7.4.9). */
export function tls12VerifyData(
  algorithm: ScheduleHash,
  masterSecret: Buffer,
  sender: 'client' | 'server',
  transcriptHash: Buffer,
): Buffer {
  return prf(algorithm, masterSecret, {
    label: `${sender} finished`,
    seed: transcriptHash,
    length: VERIFY_DATA_LENGTH,
  });
}

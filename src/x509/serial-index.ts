import { randomInt } from 'node:crypto';
import { DerError } from './der.ts';

/** Steps from the place that a serial hashes to. At half load a random table needs some dozens at worst. */
const MAX_PROBES = 256;

/** A CRL is signed by its CA, but an inline CA is anybody's: what collides must not be known in advance. */
const SEED = randomInt(0xffff_ffff);

/**
 * Finds the entries of a CRL by serial number: an open-addressing table of entry offsets, the serials themselves
 * staying in the CRL's bytes. Takes eight to sixteen octets an entry.
 */
export class SerialIndex {
  readonly #bytes: Buffer;
  readonly #slots: Uint32Array;

  /** @param count how many entries will be added at most */
  constructor(bytes: Buffer, count: number) {
    this.#bytes = bytes;
    this.#slots = new Uint32Array(count === 0 ? 1 : 2 ** Math.ceil(Math.log2(count * 2)));
  }

  get byteLength(): number {
    return this.#slots.byteLength;
  }

  /** Adds an entry that starts at `entry`; its serial has the octets from `content` to `stop`. Throws DerError. */
  add(entry: number, content: number, stop: number): void {
    const mask = this.#slots.length - 1;
    let slot = hashOf(this.#bytes, content, stop) & mask;
    for (let probes = 0; probes < MAX_PROBES; probes++) {
      if (this.#slots[slot] === 0) {
        this.#slots[slot] = entry;
        return;
      }
      slot = (slot + 1) & mask;
    }
    throw new DerError('crl.serial_repeated', entry, 'a serial number stands in the CRL again and again');
  }

  /** Offsets of the entries that may have this serial: those in its run of the table, in the order added. */
  *candidates(serial: Buffer): Generator<number> {
    const mask = this.#slots.length - 1;
    let slot = hashOf(serial, 0, serial.length) & mask;
    for (let probes = 0; probes < MAX_PROBES; probes++) {
      const entry = this.#slots[slot] as number;
      if (entry === 0) return;
      yield entry;
      slot = (slot + 1) & mask;
    }
  }
}

/** FNV-1a from a secret start, with the finalizer of MurmurHash3, so that serials that count up spread. */
function hashOf(bytes: Buffer, content: number, stop: number): number {
  let hash = SEED | 0;
  for (let offset = content; offset < stop; offset++) {
    hash = Math.imul(hash ^ (bytes[offset] as number), 0x0100_0193);
  }
  hash = Math.imul(hash ^ (hash >>> 16), 0x85eb_ca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2_ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}

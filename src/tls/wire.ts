import { malformed } from './abort.ts';

/**
 * Reads the presentation language of RFC 8446 §3 from left to right. Any departure aborts with decode_error,
 * so that a caller never sees a value that was not wholly there.
 */
export class WireReader {
  readonly #bytes: Buffer;
  /** Names the structure in faults: `ServerHello`. */
  readonly #what: string;
  #offset = 0;

  constructor(bytes: Buffer, what: string) {
    this.#bytes = bytes;
    this.#what = what;
  }

  get remaining(): number {
    return this.#bytes.length - this.#offset;
  }

  get offset(): number {
    return this.#offset;
  }

  uint8(): number {
    return this.#integer(1);
  }

  uint16(): number {
    return this.#integer(2);
  }

  uint24(): number {
    return this.#integer(3);
  }

  /** `length` octets, as a view. */
  bytes(length: number): Buffer {
    if (length > this.remaining) {
      throw malformed(`${this.#what} ends early`, { message: this.#what, offset: this.#offset, missing: length });
    }
    const start = this.#offset;
    this.#offset += length;
    return this.#bytes.subarray(start, this.#offset);
  }

  /** A vector with a length of `lengthSize` octets; shorter than `minimum` aborts. */
  vector(lengthSize: 1 | 2 | 3, minimum = 0): Buffer {
    const length = this.#integer(lengthSize);
    if (length < minimum) {
      throw malformed(`A vector of ${this.#what} is too short`, { message: this.#what, offset: this.#offset });
    }
    return this.bytes(length);
  }

  /** A reader over a vector's content. */
  nested(lengthSize: 1 | 2 | 3, minimum = 0): WireReader {
    return new WireReader(this.vector(lengthSize, minimum), this.#what);
  }

  /** Vector of 16-bit codes with a 16-bit length. */
  codes(): number[] {
    const list = this.nested(2);
    const codes: number[] = [];
    while (list.remaining > 0) codes.push(list.uint16());
    return codes;
  }

  /** Aborts when octets follow. */
  end(): void {
    if (this.remaining > 0) {
      throw malformed(`${this.remaining} octets follow the end of ${this.#what}`, {
        message: this.#what,
        offset: this.#offset,
      });
    }
  }

  #integer(size: 1 | 2 | 3): number {
    if (size > this.remaining) {
      throw malformed(`${this.#what} ends early`, { message: this.#what, offset: this.#offset, missing: size });
    }
    const value = this.#bytes.readUIntBE(this.#offset, size);
    this.#offset += size;
    return value;
  }
}

export function uint(size: 1 | 2 | 3, value: number): Buffer {
  const bytes = Buffer.allocUnsafe(size);
  bytes.writeUIntBE(value, 0, size);
  return bytes;
}

export function totalLength(parts: readonly Buffer[]): number {
  let length = 0;
  for (const part of parts) length += part.length;
  return length;
}

/** A vector: length in `lengthSize` octets, then the parts. */
export function vector(lengthSize: 1 | 2 | 3, ...parts: readonly Buffer[]): Buffer {
  const length = totalLength(parts);
  return Buffer.concat([uint(lengthSize, length), ...parts], lengthSize + length);
}

/** A vector of 16-bit codes with a 16-bit length. */
export function codeVector(codes: readonly number[]): Buffer {
  return vector(2, ...codes.map((code) => uint(2, code)));
}

/** A handshake message: type, 24-bit length, body (RFC 8446 §4). */
export function handshakeMessage(type: number, ...body: readonly Buffer[]): Buffer {
  const length = totalLength(body);
  return Buffer.concat([uint(1, type), uint(3, length), ...body], 4 + length);
}

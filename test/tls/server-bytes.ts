/** What a server puts on the wire, built from its parts so that each can be wrong (RFC 5246 §6.2, §7.4). */

export const CONTENT = { changeCipherSpec: 20, alert: 21, handshake: 22, applicationData: 23, heartbeat: 24 } as const;

export function uint(octets: number, value: number): Buffer {
  const bytes = Buffer.alloc(octets);
  bytes.writeUIntBE(value, 0, octets);
  return bytes;
}

export function vector(lengthOctets: number, ...parts: readonly Buffer[]): Buffer {
  const content = Buffer.concat(parts);
  return Buffer.concat([uint(lengthOctets, content.length), content]);
}

export function record(type: number, fragment: Buffer, version = 0x0303): Buffer {
  return Buffer.concat([uint(1, type), uint(2, version), vector(2, fragment)]);
}

/** The content in records of at most `size` octets. */
export function records(type: number, content: Buffer, size = 2 ** 14, version = 0x0303): Buffer {
  const cut: Buffer[] = [];
  for (let start = 0; start < content.length; start += size) {
    cut.push(record(type, content.subarray(start, start + size), version));
  }
  return Buffer.concat(cut);
}

export function message(type: number, ...body: readonly Buffer[]): Buffer {
  return Buffer.concat([uint(1, type), vector(3, ...body)]);
}

export function alertRecord(description: number, level = 2): Buffer {
  return record(CONTENT.alert, Buffer.from([level, description]));
}

export function extension(type: number, data: Buffer): Buffer {
  return Buffer.concat([uint(2, type), vector(2, data)]);
}

export function serverHello(
  options: {
    version?: number;
    random?: Buffer;
    sessionId?: Buffer;
    cipherSuite?: number;
    compression?: number;
    /** Null leaves the extensions block out. */
    extensions?: readonly Buffer[] | null;
  } = {},
): Buffer {
  const { version = 0x0303, random = Buffer.alloc(32, 7), sessionId = Buffer.alloc(0) } = options;
  const { cipherSuite = 0x002f, compression = 0, extensions = [] } = options;
  return message(
    2,
    uint(2, version),
    random,
    vector(1, sessionId),
    uint(2, cipherSuite),
    uint(1, compression),
    extensions === null ? Buffer.alloc(0) : vector(2, ...extensions),
  );
}

export function certificateMessage(certificates: readonly Buffer[]): Buffer {
  return message(11, vector(3, ...certificates.map((der) => vector(3, der))));
}

export function dheKeyExchange(prime: Buffer, scheme: number | null = 0x0401): Buffer {
  const signature = vector(2, Buffer.alloc(8, 1));
  return message(
    12,
    vector(2, prime),
    vector(2, uint(1, 2)),
    vector(2, uint(1, 4)),
    scheme === null ? signature : Buffer.concat([uint(2, scheme), signature]),
  );
}

export function ecdheKeyExchange(group: number, scheme: number | null = 0x0403, curveType = 3): Buffer {
  const point = vector(1, Buffer.alloc(32, 9));
  const signature = vector(2, Buffer.alloc(8, 1));
  return message(
    12,
    uint(1, curveType),
    uint(2, group),
    point,
    scheme === null ? signature : Buffer.concat([uint(2, scheme), signature]),
  );
}

export function certificateRequest(names: readonly Buffer[], schemes: readonly number[] | null = [0x0403]): Buffer {
  return message(
    13,
    vector(1, Buffer.from([1, 64])),
    schemes === null ? Buffer.alloc(0) : vector(2, ...schemes.map((scheme) => uint(2, scheme))),
    vector(2, ...names.map((name) => vector(2, name))),
  );
}

export const HELLO_REQUEST = message(0);
export const SERVER_HELLO_DONE = message(14);

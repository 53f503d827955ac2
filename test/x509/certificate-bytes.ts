import { bits, bool, context, integer, octets, oid, printable, sequence, set, utcTime } from '../support/der.ts';

/** One Extension of a certificate. */
export function extension(id: string, value: Buffer, critical = false): Buffer {
  return sequence(oid(id), ...(critical ? [bool(true)] : []), octets(value));
}

/** A Name of one attribute for each entry, `CN=leaf` as PrintableString. */
export function name(...attributes: Buffer[]): Buffer {
  return sequence(...attributes.map((attribute) => set(attribute)));
}

export function attribute(type: string, value: Buffer): Buffer {
  return sequence(oid(type), value);
}

export function commonName(text: string): Buffer {
  return name(attribute('2.5.4.3', printable(text)));
}

const ecdsaWithSha256 = sequence(oid('1.2.840.10045.4.3.2'));

/** A point of P-256: the generator (SEC 2 §2.4.2), uncompressed. */
export const P256_GENERATOR = Buffer.from(
  '046b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296' +
    '4fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececbb6406837bf51f5',
  'hex',
);

export function ecKey(point: Buffer = P256_GENERATOR, curve: Buffer = oid('1.2.840.10045.3.1.7')): Buffer {
  return sequence(sequence(oid('1.2.840.10045.2.1'), curve), bits(point));
}

/** Each field of a certificate as raw bytes; those not given are those of a good end-entity certificate. */
export interface CertificateParts {
  /** `[0]` with the version, or nothing for version 1. */
  version?: Buffer;
  serial?: Buffer;
  /** The algorithm inside of what is signed; outside it is the same unless `outerAlgorithm` is given. */
  algorithm?: Buffer;
  issuer?: Buffer;
  validity?: Buffer;
  subject?: Buffer;
  key?: Buffer;
  uniqueIds?: Buffer;
  /** Members of Extensions. */
  extensions?: Buffer[];
  /** The whole `[3]` field. */
  extensionsField?: Buffer;
  /** After the last field of tbsCertificate. */
  tbsTail?: Buffer;
  outerAlgorithm?: Buffer;
  signature?: Buffer;
  /** After the last field of the certificate, inside its SEQUENCE. */
  tail?: Buffer;
  /** After the certificate. */
  after?: Buffer;
}

const none = Buffer.alloc(0);

/** DER of a certificate whose signature is zeros: the reader does not check it. */
export function certificateBytes(parts: CertificateParts = {}): Buffer {
  const algorithm = parts.algorithm ?? ecdsaWithSha256;
  const tbs = sequence(
    parts.version ?? context(0, true, integer(2)),
    parts.serial ?? integer(4660),
    algorithm,
    parts.issuer ?? commonName('issuer'),
    parts.validity ?? sequence(utcTime('260101000000Z'), utcTime('270101000000Z')),
    parts.subject ?? commonName('subject'),
    parts.key ?? ecKey(),
    parts.uniqueIds ?? none,
    parts.extensionsField ?? (parts.extensions ? context(3, true, sequence(...parts.extensions)) : none),
    parts.tbsTail ?? none,
  );
  const signature = parts.signature ?? bits(Buffer.alloc(64));
  const certificate = sequence(tbs, parts.outerAlgorithm ?? algorithm, signature, parts.tail ?? none);
  return Buffer.concat([certificate, parts.after ?? none]);
}

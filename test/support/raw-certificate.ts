import { createHash, createPublicKey, type KeyObject, sign } from 'node:crypto';
import {
  bits,
  bool,
  type Content,
  children,
  concat,
  contentOf,
  context,
  integer,
  nil,
  octets,
  oid,
  sequence,
  set,
  time,
  utf8,
} from './der.ts';
import { type Issued, issued, NOT_AFTER, NOT_BEFORE, newKey, subjectOf } from './issued.ts';

/** Every field may be replaced by raw bytes: whole DER values, identifier and length included. */
export interface RawCertificateOptions {
  /** The issuer's certificate; its key signs and its subject is copied. Absent: self-signed. */
  readonly issuedBy?: Issued;
  /** Private key of the subject; default a new P-256 key. */
  readonly key?: KeyObject;
  /** Replaces the key that signs. */
  readonly signingKey?: KeyObject;
  /** Digest of the signature; null for algorithms that have their own. Default follows the signing key. */
  readonly digest?: 'md5' | 'sha1' | 'sha224' | 'sha256' | 'sha384' | 'sha512' | null;
  /** The whole `[0] EXPLICIT Version`; null leaves it out (v1). A number is the version as people count it. */
  readonly version?: Buffer | number | null;
  readonly serial?: Buffer;
  /** AlgorithmIdentifier inside the TBSCertificate; default that of the signature. */
  readonly innerAlgorithm?: Buffer;
  /** AlgorithmIdentifier beside the signature; default that of the signing key. */
  readonly outerAlgorithm?: Buffer;
  readonly issuer?: Buffer;
  /** Text becomes one commonName in UTF8String. */
  readonly subject?: Buffer | string;
  readonly validity?: Buffer;
  readonly notBefore?: Buffer | Date;
  readonly notAfter?: Buffer | Date;
  readonly spki?: Buffer;
  readonly issuerUniqueId?: Buffer;
  readonly subjectUniqueId?: Buffer;
  /** Extension values, or the whole `[3] EXPLICIT Extensions`. Absent or empty: none. */
  readonly extensions?: Buffer | readonly (Buffer | RawExtension)[];
  /** Appended inside the TBSCertificate. */
  readonly tbsTail?: Content;
  /** Replaces the TBSCertificate as a whole. */
  readonly tbs?: Buffer;
  /** Replaces the signatureValue BIT STRING. */
  readonly signature?: Buffer;
  /** Appended inside the outer SEQUENCE. */
  readonly tail?: Content;
  /** Appended after the outer SEQUENCE. */
  readonly trailing?: Content;
}

export interface RawExtension {
  readonly oid: string;
  readonly critical?: boolean;
  /** Content of extnValue. */
  readonly value: Buffer;
}

/** A certificate with whatever bytes and keys a test needs; signed over exactly the bytes it contains. */
export async function rawCertificate(options: RawCertificateOptions = {}): Promise<Issued<RawCertificateOptions>> {
  const key = options.key ?? (await newKey('ec-p256'));
  const signer = options.signingKey ?? options.issuedBy?.key ?? key;
  const scheme = signatureScheme(signer, options.digest);
  const outerAlgorithm = options.outerAlgorithm ?? scheme.algorithm;
  const tbs = options.tbs ?? tbsCertificate(options, key, options.innerAlgorithm ?? outerAlgorithm);
  const signature = options.signature ?? bits(scheme.sign(tbs));
  const der = concat(sequence(tbs, outerAlgorithm, signature, options.tail ?? []), options.trailing ?? []);
  return issued(der, key, options);
}

/** Name with one commonName. */
export function commonName(text: string): Buffer {
  return sequence(set(sequence(oid('2.5.4.3'), utf8(text))));
}

/** Extension; `critical` FALSE is left out as DER demands. */
export function extension({ oid: id, critical = false, value }: RawExtension): Buffer {
  return sequence(oid(id), critical ? bool(true) : [], octets(value));
}

/** RFC 5280 §4.2.1.9, critical. */
export function basicConstraints(ca: boolean, pathLength?: number): Buffer {
  const value = sequence(ca ? bool(true) : [], pathLength === undefined ? [] : integer(pathLength));
  return extension({ oid: '2.5.29.19', critical: true, value });
}

/** RFC 5280 §4.2.1.2, method (1): what pki.ts encodes as well. */
export function subjectKeyIdentifier(key: KeyObject): Buffer {
  return extension({ oid: '2.5.29.14', value: octets(keyIdentifier(key)) });
}

/** The key identifier of the issuer's key. */
export function authorityKeyIdentifier(issuer: Issued): Buffer {
  return extension({ oid: '2.5.29.35', value: sequence(context(0, false, keyIdentifier(issuer.key))) });
}

/** subjectAltName with dNSNames. */
export function dnsNames(...names: readonly string[]): Buffer {
  const value = sequence(names.map((name) => context(2, false, Buffer.from(name, 'latin1'))));
  return extension({ oid: '2.5.29.17', value });
}

/** SHA-1 over the subjectPublicKey, without tag, length and unused bits. */
export function keyIdentifier(key: KeyObject): Buffer {
  const [, publicKey] = children(createPublicKey(key).export({ format: 'der', type: 'spki' }));
  return createHash('sha1')
    .update(contentOf(publicKey ?? Buffer.alloc(0)).subarray(1))
    .digest();
}

function tbsCertificate(options: RawCertificateOptions, key: KeyObject, algorithm: Buffer): Buffer {
  const subject = options.subject ?? 'raw';
  const subjectDer = typeof subject === 'string' ? commonName(subject) : subject;
  const issuer = options.issuer ?? (options.issuedBy ? subjectOf(options.issuedBy.der) : subjectDer);
  return sequence(
    versionField(options.version),
    options.serial ?? integer(0x4a11),
    algorithm,
    issuer,
    options.validity ?? sequence(timeField(options.notBefore ?? NOT_BEFORE), timeField(options.notAfter ?? NOT_AFTER)),
    subjectDer,
    options.spki ?? createPublicKey(key).export({ format: 'der', type: 'spki' }),
    options.issuerUniqueId ?? [],
    options.subjectUniqueId ?? [],
    extensionsField(options.extensions),
    options.tbsTail ?? [],
  );
}

function versionField(version: Buffer | number | null = 3): Content {
  if (version === null) return [];
  return typeof version === 'number' ? context(0, true, integer(version - 1)) : version;
}

const timeField = (value: Buffer | Date) => (value instanceof Date ? time(value) : value);

function extensionsField(extensions: RawCertificateOptions['extensions'] = []): Content {
  if (Buffer.isBuffer(extensions)) return extensions;
  const list = extensions as readonly (Buffer | RawExtension)[];
  if (list.length === 0) return [];
  return context(3, true, sequence(list.map((entry) => (Buffer.isBuffer(entry) ? entry : extension(entry)))));
}

const RSA_SIGNATURES: Readonly<Record<string, string>> = {
  md5: '1.2.840.113549.1.1.4',
  sha1: '1.2.840.113549.1.1.5',
  sha224: '1.2.840.113549.1.1.14',
  sha256: '1.2.840.113549.1.1.11',
  sha384: '1.2.840.113549.1.1.12',
  sha512: '1.2.840.113549.1.1.13',
};
const ECDSA_SIGNATURES: Readonly<Record<string, string>> = {
  sha1: '1.2.840.10045.4.1',
  sha224: '1.2.840.10045.4.3.1',
  sha256: '1.2.840.10045.4.3.2',
  sha384: '1.2.840.10045.4.3.3',
  sha512: '1.2.840.10045.4.3.4',
};
const DSA_SIGNATURES: Readonly<Record<string, string>> = {
  sha1: '1.2.840.10040.4.3',
  sha256: '2.16.840.1.101.3.4.3.2',
};
/** Algorithms with a digest of their own (RFC 8410, RFC 9881). */
const PURE_SIGNATURES: Readonly<Record<string, string>> = {
  ed25519: '1.3.101.112',
  ed448: '1.3.101.113',
  'ml-dsa-44': '2.16.840.1.101.3.4.3.17',
  'ml-dsa-65': '2.16.840.1.101.3.4.3.18',
  'ml-dsa-87': '2.16.840.1.101.3.4.3.19',
};
const HASHES: Readonly<Record<string, { oid: string; size: number }>> = {
  sha256: { oid: '2.16.840.1.101.3.4.2.1', size: 32 },
  sha384: { oid: '2.16.840.1.101.3.4.2.2', size: 48 },
  sha512: { oid: '2.16.840.1.101.3.4.2.3', size: 64 },
};

/** How this key signs: the AlgorithmIdentifier and the function. */
export function signatureScheme(key: KeyObject, digest: RawCertificateOptions['digest'] = 'sha256') {
  const type = key.asymmetricKeyType ?? '';
  const pure = PURE_SIGNATURES[type];
  if (pure !== undefined) {
    return { algorithm: sequence(oid(pure)), sign: (tbs: Buffer) => sign(null, tbs, key) };
  }
  const hash = digest ?? 'sha256';
  const salt = type === 'rsa-pss' && { saltLength: HASHES[hash]?.size };
  return { algorithm: digestedAlgorithm(type, hash), sign: (tbs: Buffer) => sign(hash, tbs, { key, ...salt }) };
}

function digestedAlgorithm(type: string, hash: string): Buffer {
  const known = (id: string | undefined): Buffer => {
    if (id === undefined) throw new Error(`no identifier for ${type} with ${hash}`);
    return oid(id);
  };
  switch (type) {
    case 'rsa':
      return sequence(known(RSA_SIGNATURES[hash]), nil());
    case 'rsa-pss':
      return sequence(oid('1.2.840.113549.1.1.10'), pssParameters(hash));
    case 'ec':
      return sequence(known(ECDSA_SIGNATURES[hash]));
    case 'dsa':
      return sequence(known(DSA_SIGNATURES[hash]));
    default:
      throw new Error(`keys of type ${type} do not sign certificates`);
  }
}

/** RSASSA-PSS-params (RFC 4055 §3.1): the hash, MGF1 with the same one, a salt as long. */
export function pssParameters(hash: string): Buffer {
  const entry = HASHES[hash];
  if (entry === undefined) throw new Error(`no RSASSA-PSS parameters for ${hash}`);
  const algorithm = sequence(oid(entry.oid), nil());
  return sequence(
    context(0, true, algorithm),
    context(1, true, sequence(oid('1.2.840.113549.1.1.8'), algorithm)),
    context(2, true, integer(entry.size)),
  );
}

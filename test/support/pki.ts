import 'reflect-metadata';
import { createPublicKey, type KeyObject, randomBytes } from 'node:crypto';
import * as x509 from '@peculiar/x509';
import type { KeyUsageBit } from '../../src/domain/certificate.ts';
import { type Issued as AnyIssued, issued, type KeyKind, NOT_AFTER, NOT_BEFORE, newKey, subjectOf } from './issued.ts';

/**
 * Certificates as a test describes them, encoded by @peculiar/x509: a second implementation, so that our reader is not
 * tested against our own idea of DER. What that library cannot or will not encode is for `raw-certificate.ts`.
 */

export interface IssueOptions {
  /** RFC 4514 text, most specific attribute first. */
  readonly subject?: string;
  /** Absent: self-signed. */
  readonly issuer?: AnyIssued;
  /** A new key of this kind, the key pair of another certificate, or a given private key. */
  readonly key?: PkiKey | AnyIssued | KeyObject;
  readonly hash?: PkiHash;
  /** Sign with RSASSA-PSS (salt as long as the hash) when the issuer's key is RSA. */
  readonly pss?: boolean;
  /** Hex of a positive number; default 16 random octets. */
  readonly serial?: string;
  readonly notBefore?: Date;
  readonly notAfter?: Date;
  /** Absent: no basicConstraints; false: the extension, with cA FALSE. */
  readonly ca?: boolean;
  readonly pathLength?: number;
  readonly keyUsage?: readonly KeyUsageBit[];
  /** `server_auth`, `client_auth`, `any`, or OIDs. */
  readonly eku?: readonly string[];
  readonly dns?: readonly string[];
  readonly ips?: readonly string[];
  readonly emails?: readonly string[];
  readonly uris?: readonly string[];
  /** false leaves the key identifier out. */
  readonly ski?: boolean;
  readonly aki?: boolean;
  /** Appended as they stand. `value` is the content of extnValue. */
  readonly extensions?: readonly { readonly oid: string; readonly critical?: boolean; readonly value: Buffer }[];
  readonly crlUrls?: readonly string[];
  readonly ocspUrls?: readonly string[];
  readonly issuerUrls?: readonly string[];
}

export type Issued = AnyIssued<IssueOptions>;
export type PkiKey = Extract<
  KeyKind,
  'ec-p256' | 'ec-p384' | 'ec-p521' | 'rsa-1024' | 'rsa-2048' | 'rsa-3072' | 'rsa-4096' | 'ed25519'
>;
export type PkiHash = 'sha1' | 'sha256' | 'sha384' | 'sha512';

/** Issues one certificate. Keys of the issuer must be of a kind that WebCrypto can sign with. */
export async function issue(options: IssueOptions = {}): Promise<Issued> {
  const key = await resolveKey(options.key ?? 'ec-p256');
  const signer = options.issuer?.key ?? key;
  const subject = options.subject ?? 'CN=leaf';
  const certificate = await x509.X509CertificateGenerator.create({
    serialNumber: options.serial ?? randomSerial(),
    subject,
    issuer: options.issuer ? new x509.Name(subjectOf(options.issuer.der)) : subject,
    notBefore: options.notBefore ?? NOT_BEFORE,
    notAfter: options.notAfter ?? NOT_AFTER,
    publicKey: new x509.PublicKey(spkiOf(key)),
    signingKey: signer.toCryptoKey(webCryptoAlgorithm(signer, options), true, ['sign']),
    signingAlgorithm: signingAlgorithm(signer, options),
    extensions: await extensionsOf(options, key, signer),
  });
  return issued(Buffer.from(certificate.rawData), key, options);
}

/** A self-signed CA with the usual extensions. */
export async function root(name = 'Test Root', options: IssueOptions = {}): Promise<Issued> {
  return await issue({ subject: `CN=${name}`, ca: true, keyUsage: ['key_cert_sign', 'crl_sign'], ...options });
}

export async function intermediate(
  issuer: AnyIssued,
  name = 'Test Issuing CA',
  options: IssueOptions = {},
): Promise<Issued> {
  return await issue({ issuer, subject: `CN=${name}`, ca: true, keyUsage: ['key_cert_sign', 'crl_sign'], ...options });
}

/** A server certificate for the given DNS names. */
export async function leaf(
  issuer: AnyIssued,
  dns: string | readonly string[] = 'host.example',
  options: IssueOptions = {},
): Promise<Issued> {
  const names = typeof dns === 'string' ? [dns] : dns;
  return await issue({
    issuer,
    subject: `CN=${names[0] ?? 'leaf'}`,
    dns: names,
    keyUsage: ['digital_signature'],
    eku: ['server_auth'],
    ...options,
  });
}

async function resolveKey(key: PkiKey | AnyIssued | KeyObject): Promise<KeyObject> {
  if (typeof key === 'string') return await newKey(key);
  return 'key' in key ? key.key : key;
}

function spkiOf(key: KeyObject): Buffer {
  return createPublicKey(key).export({ format: 'der', type: 'spki' });
}

/** RFC 5280 §4.1.2.2: positive; the first bit is cleared, the second set so that no octet is lost. */
function randomSerial(): string {
  const octets = randomBytes(16);
  octets[0] = ((octets[0] ?? 0) & 0x7f) | 0x40;
  return octets.toString('hex');
}

const HASH_NAMES = { sha1: 'SHA-1', sha256: 'SHA-256', sha384: 'SHA-384', sha512: 'SHA-512' } as const;
const CURVES: Readonly<Record<string, string>> = { prime256v1: 'P-256', secp384r1: 'P-384', secp521r1: 'P-521' };

function webCryptoAlgorithm(key: KeyObject, options: IssueOptions) {
  const hash = HASH_NAMES[options.hash ?? 'sha256'];
  switch (key.asymmetricKeyType) {
    case 'ec': {
      const namedCurve = CURVES[key.asymmetricKeyDetails?.namedCurve ?? ''];
      if (namedCurve === undefined) throw new Error('this curve needs rawCertificate()');
      return { name: 'ECDSA', namedCurve };
    }
    case 'rsa':
      return { name: options.pss ? 'RSA-PSS' : 'RSASSA-PKCS1-v1_5', hash };
    case 'ed25519':
      return { name: 'Ed25519' };
    default:
      throw new Error(`a key of type ${key.asymmetricKeyType} needs rawCertificate()`);
  }
}

function signingAlgorithm(key: KeyObject, options: IssueOptions) {
  const algorithm = webCryptoAlgorithm(key, options);
  const hash = options.hash ?? 'sha256';
  if (algorithm.name === 'RSA-PSS') {
    return { ...algorithm, saltLength: { sha1: 20, sha256: 32, sha384: 48, sha512: 64 }[hash] };
  }
  return { hash: HASH_NAMES[hash], ...algorithm };
}

const PURPOSES: Readonly<Record<string, string>> = {
  server_auth: '1.3.6.1.5.5.7.3.1',
  client_auth: '1.3.6.1.5.5.7.3.2',
  ocsp_signing: '1.3.6.1.5.5.7.3.9',
  any: '2.5.29.37.0',
};

const KEY_USAGE_FLAGS: Readonly<Record<KeyUsageBit, number>> = {
  digital_signature: x509.KeyUsageFlags.digitalSignature,
  content_commitment: x509.KeyUsageFlags.nonRepudiation,
  key_encipherment: x509.KeyUsageFlags.keyEncipherment,
  data_encipherment: x509.KeyUsageFlags.dataEncipherment,
  key_agreement: x509.KeyUsageFlags.keyAgreement,
  key_cert_sign: x509.KeyUsageFlags.keyCertSign,
  crl_sign: x509.KeyUsageFlags.cRLSign,
  encipher_only: x509.KeyUsageFlags.encipherOnly,
  decipher_only: x509.KeyUsageFlags.decipherOnly,
};

async function extensionsOf(options: IssueOptions, key: KeyObject, signer: KeyObject): Promise<x509.Extension[]> {
  const extensions: x509.Extension[] = [];
  if (options.ca !== undefined) {
    extensions.push(new x509.BasicConstraintsExtension(options.ca, options.pathLength, true));
  }
  if (options.keyUsage) {
    const flags = options.keyUsage.reduce((all, bit) => all | KEY_USAGE_FLAGS[bit], 0);
    extensions.push(new x509.KeyUsagesExtension(flags, true));
  }
  if (options.eku) {
    extensions.push(new x509.ExtendedKeyUsageExtension(options.eku.map((name) => PURPOSES[name] ?? name)));
  }
  const names = namesOf(options);
  // RFC 5280 §4.2.1.6: critical when the subject is empty.
  if (names.length > 0) extensions.push(new x509.SubjectAlternativeNameExtension(names, options.subject === ''));
  if (options.ski !== false) extensions.push(await x509.SubjectKeyIdentifierExtension.create(publicKey(key)));
  if (options.aki !== false) extensions.push(await x509.AuthorityKeyIdentifierExtension.create(publicKey(signer)));
  if (options.crlUrls) extensions.push(new x509.CRLDistributionPointsExtension([...options.crlUrls]));
  if (options.ocspUrls || options.issuerUrls) {
    const url = (value: string) => new x509.GeneralName('url', value);
    extensions.push(
      new x509.AuthorityInfoAccessExtension({
        ...(options.ocspUrls && { ocsp: options.ocspUrls.map(url) }),
        ...(options.issuerUrls && { caIssuers: options.issuerUrls.map(url) }),
      }),
    );
  }
  for (const { oid, critical = false, value } of options.extensions ?? []) {
    extensions.push(new x509.Extension(oid, critical, value));
  }
  return extensions;
}

function publicKey(key: KeyObject): x509.PublicKey {
  return new x509.PublicKey(spkiOf(key));
}

function namesOf(options: IssueOptions): x509.JsonGeneralNames {
  return [
    ...(options.dns ?? []).map((value) => ({ type: 'dns' as const, value })),
    ...(options.ips ?? []).map((value) => ({ type: 'ip' as const, value })),
    ...(options.emails ?? []).map((value) => ({ type: 'email' as const, value })),
    ...(options.uris ?? []).map((value) => ({ type: 'url' as const, value })),
  ];
}

import { generateKeyPair, generateKeyPairSync, type KeyObject } from 'node:crypto';
import { promisify } from 'node:util';
import { children } from './der.ts';

/** Default validity; tests of time pass `at` instead of depending on the real clock. */
export const NOT_BEFORE = new Date('2026-01-01T00:00:00Z');
export const NOT_AFTER = new Date('2027-01-01T00:00:00Z');

/** A certificate with its private key, ready to be served or to issue others. */
export interface Issued<Options = unknown> {
  readonly der: Buffer;
  readonly pem: string;
  /** Private key. */
  readonly key: KeyObject;
  /** PKCS #8. */
  readonly keyPem: string;
  readonly options: Options;
}

export function issued<Options>(der: Buffer, key: KeyObject, options: Options): Issued<Options> {
  return { der, pem: pemOf(der), key, keyPem: key.export({ format: 'pem', type: 'pkcs8' }).toString(), options };
}

/** RFC 7468 text of a certificate, ending with a newline. */
export function pemOf(der: Buffer, label = 'CERTIFICATE'): string {
  const lines = der.toString('base64').match(/.{1,64}/g) ?? [];
  return [`-----BEGIN ${label}-----`, ...lines, `-----END ${label}-----`, ''].join('\n');
}

/** The PEM of several certificates, in order. */
export function bundle(...certificates: readonly { readonly pem: string }[]): string {
  return certificates.map((certificate) => certificate.pem).join('');
}

/** The subject Name of a certificate, as encoded. */
export function subjectOf(der: Buffer): Buffer {
  const [tbs] = children(der);
  const fields = children(tbs ?? Buffer.alloc(0));
  const first = fields[0]?.[0] === 0xa0 ? 1 : 0;
  const subject = fields[first + 4];
  if (subject === undefined) throw new Error('no subject in these bytes');
  return subject;
}

export type KeyKind = keyof typeof KEY_GENERATORS;

const generate = promisify(generateKeyPair);

const PSS_2048 = { modulusLength: 2048, hashAlgorithm: 'sha256', mgf1HashAlgorithm: 'sha256' };

const KEY_GENERATORS = {
  'ec-p256': () => ecKey('P-256'),
  'ec-p384': () => ecKey('P-384'),
  'ec-p521': () => ecKey('P-521'),
  'ec-secp256k1': () => ecKey('secp256k1'),
  'ec-brainpoolP256r1': () => ecKey('brainpoolP256r1'),
  'ec-brainpoolP384r1': () => ecKey('brainpoolP384r1'),
  'rsa-1024': () => rsaKey(1024),
  'rsa-2048': () => rsaKey(2048),
  'rsa-3072': () => rsaKey(3072),
  'rsa-4096': () => rsaKey(4096),
  'rsa-pss-2048': async () => generateKeyPairSync('rsa-pss', PSS_2048).privateKey,
  'dsa-2048': async () => (await generate('dsa', { modulusLength: 2048, divisorLength: 256 })).privateKey,
  ed25519: async () => (await generate('ed25519')).privateKey,
  ed448: async () => (await generate('ed448')).privateKey,
  'ml-dsa-65': async () => (await generate('ml-dsa-65')).privateKey,
};

/** A new private key. */
export async function newKey(kind: KeyKind): Promise<KeyObject> {
  return await KEY_GENERATORS[kind]();
}

/** Curves that node:crypto knows by name. Parameters are named, not explicit. */
async function ecKey(namedCurve: string): Promise<KeyObject> {
  return (await generate('ec', { namedCurve })).privateKey;
}

async function rsaKey(modulusLength: number): Promise<KeyObject> {
  return (await generate('rsa', { modulusLength })).privateKey;
}

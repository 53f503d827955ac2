import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import type { CheckState } from '../../src/domain/check.ts';
import type { SearchWork } from '../../src/path/search-limits.ts';
import { oid, sequence } from '../support/der.ts';
import type { Issued } from '../support/issued.ts';
import {
  basicConstraints,
  commonName,
  extension,
  type RawCertificateOptions,
  rawCertificate,
  subjectKeyIdentifier,
} from '../support/raw-certificate.ts';

export const HOST = 'host.example';

/** What a server might send, and a caller might trust, to make us work. */
export interface Presented {
  /** Leaf first. */
  readonly chain: readonly Issued[];
  readonly anchors: readonly Issued[];
}

export interface HostileChain {
  readonly name: string;
  readonly make: () => Promise<Presented>;
  /** State of the area of trust. */
  readonly trust: CheckState;
  /** A code among the errors; null: none, the chain is as good as any. */
  readonly code: string | null;
  /** What one search may cost at most. */
  readonly work: SearchWork;
}

/** No work at all but what is given. */
export const atMost = (work: Partial<SearchWork>): SearchWork => ({
  steps: 0,
  signatureCost: 0,
  paths: 1,
  nameComparisons: 0,
  ...work,
});

export const times = <Value>(count: number, make: (index: number) => Value) =>
  Array.from({ length: count }, (_, index) => make(index));

export const newEcKey = (): KeyObject => generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey;

const CERT_SIGN = extension({ oid: '2.5.29.15', critical: true, value: Buffer.from('03020204', 'hex') });
const SERVER_AUTH = extension({ oid: '2.5.29.37', value: sequence(oid('1.3.6.1.5.5.7.3.1')) });

interface Entity {
  readonly subject: string;
  readonly key: KeyObject;
}

/** A CA with a key of its own. */
export const entity = (subject: string): Entity => ({ subject, key: newEcKey() });

type More = Partial<RawCertificateOptions> & { readonly extensions?: readonly Buffer[] };

/** A CA certificate that one entity issues for another; for itself when none is given. */
export async function ca(of: Entity, by: Entity = of, { extensions = [], ...more }: More = {}): Promise<Issued> {
  return await rawCertificate({
    key: of.key,
    subject: of.subject,
    issuer: commonName(by.subject),
    signingKey: by.key,
    extensions: [basicConstraints(true), CERT_SIGN, subjectKeyIdentifier(of.key), ...extensions],
    ...more,
  });
}

/** A server certificate; without `extensions` it has the name of the host. */
export async function leafOf(by: Entity, { extensions = [dnsName(HOST)], ...more }: More = {}): Promise<Issued> {
  return await rawCertificate({
    subject: 'leaf',
    issuer: commonName(by.subject),
    signingKey: by.key,
    extensions: [SERVER_AUTH, ...extensions],
    ...more,
  });
}

function dnsName(host: string): Buffer {
  return extension({
    oid: '2.5.29.17',
    value: sequence(Buffer.concat([Buffer.from([0x82, host.length]), Buffer.from(host)])),
  });
}

import { createHash, createPublicKey, type KeyObject } from 'node:crypto';
import { bits, bool, children, context, generalizedTime, integer, nil, octets, oid, sequence, tlv } from './der.ts';
import { type Issued, subjectOf } from './issued.ts';
import { type RawExtension, signatureScheme } from './raw-certificate.ts';

type Digest = 'sha1' | 'sha256' | 'sha384';
const DIGEST_OIDS: Readonly<Record<Digest, string>> = {
  sha1: '1.3.14.3.2.26',
  sha256: '2.16.840.1.101.3.4.2.1',
  sha384: '2.16.840.1.101.3.4.2.2',
};

/** An OCSP response as a test describes it. */
export interface OcspOptions {
  /** The CA of the certificate. */
  readonly issuer: Issued;
  /** The certificate that it is about. */
  readonly subject: Issued;
  /** Who signs; default the CA itself. */
  readonly responder?: Issued;
  readonly signingKey?: KeyObject;
  readonly digest?: 'md5' | 'sha1' | 'sha256';
  readonly byKey?: boolean;
  readonly idDigest?: Digest;
  readonly status?: 'good' | 'revoked' | 'unknown';
  /** CRLReason number. */
  readonly reason?: number;
  readonly revokedAt?: Date;
  readonly thisUpdate?: Date;
  /** null leaves it out. */
  readonly nextUpdate?: Date | null;
  /** Certificates that come with it; default that of a responder that is not the CA. */
  readonly certificates?: readonly Issued[];
  readonly extensions?: readonly RawExtension[];
  readonly singleExtensions?: readonly RawExtension[];
  /** The whole single responses. */
  readonly singles?: readonly Buffer[];
}

/** DER of a signed, successful OCSP response. */
export function ocspResponse(options: OcspOptions): Buffer {
  const responder = options.responder ?? options.issuer;
  const scheme = signatureScheme(options.signingKey ?? responder.key, options.digest);
  const tbs = sequence(
    options.byKey ? context(2, true, octets(keyHash(responder, 'sha1'))) : context(1, true, subjectOf(responder.der)),
    generalizedTime(options.thisUpdate ?? OCSP_THIS_UPDATE),
    sequence(...(options.singles ?? [singleResponse(options)])),
    extensionsOf(options.extensions),
  );
  const certificates = options.certificates ?? (responder === options.issuer ? [] : [responder]);
  const basic = sequence(
    tbs,
    scheme.algorithm,
    bits(scheme.sign(tbs)),
    certificates.length === 0 ? [] : context(0, true, sequence(...certificates.map(({ der }) => der))),
  );
  return sequence(tlv(0x0a, Buffer.from([0])), context(0, true, sequence(oid('1.3.6.1.5.5.7.48.1.1'), octets(basic))));
}

/** DER of an OCSP response that is an error. */
export function ocspError(status: number): Buffer {
  return sequence(tlv(0x0a, Buffer.from([status])));
}

export const OCSP_THIS_UPDATE = new Date('2026-06-15T00:00:00Z');
export const OCSP_NEXT_UPDATE = new Date('2026-06-16T00:00:00Z');

export function singleResponse(options: OcspOptions): Buffer {
  const { issuer, subject, idDigest = 'sha1', status = 'good' } = options;
  const nextUpdate = options.nextUpdate === undefined ? OCSP_NEXT_UPDATE : options.nextUpdate;
  const id = sequence(
    sequence(oid(DIGEST_OIDS[idDigest]), nil()),
    octets(createHash(idDigest).update(subjectOf(issuer.der)).digest()),
    octets(keyHash(issuer, idDigest)),
    serialOf(subject.der),
  );
  const info = [
    generalizedTime(options.revokedAt ?? OCSP_THIS_UPDATE),
    options.reason === undefined ? [] : context(0, true, tlv(0x0a, Buffer.from([options.reason]))),
  ];
  const statuses = { good: context(0, false), revoked: context(1, true, info), unknown: context(2, false) };
  return sequence(
    id,
    statuses[status],
    generalizedTime(options.thisUpdate ?? OCSP_THIS_UPDATE),
    nextUpdate === null ? [] : context(0, true, generalizedTime(nextUpdate)),
    extensionsOf(options.singleExtensions),
  );
}

function extensionsOf(extensions: readonly RawExtension[] = []) {
  if (extensions.length === 0) return [];
  const each = extensions.map(({ oid: id, critical, value }) =>
    sequence(oid(id), critical ? bool(true) : [], octets(value)),
  );
  return context(1, true, sequence(...each));
}

/** The INTEGER serialNumber of a v3 certificate. */
function serialOf(der: Buffer): Buffer {
  const [tbs = Buffer.alloc(0)] = children(der);
  return children(tbs)[1] ?? integer(0);
}

function keyHash(issued: Issued, digest: Digest): Buffer {
  const spki = createPublicKey(issued.key).export({ format: 'der', type: 'spki' });
  const key = children(spki)[1] ?? Buffer.alloc(0);
  const header = (key[1] ?? 0) < 0x80 ? 2 : 2 + ((key[1] ?? 0) & 0x7f);
  return createHash(digest)
    .update(key.subarray(header + 1))
    .digest();
}

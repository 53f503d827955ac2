import { createHash } from 'node:crypto';
import { runChecks } from '../../src/checks/run-checks.ts';
import type {
  AlgorithmIdentifier,
  Certificate,
  DecodedExtensions,
  DistinguishedName,
  Extension,
  GeneralName,
  HashName,
  PssParameters,
  PublicKeyFacts,
  ReadCertificate,
} from '../../src/domain/certificate.ts';
import type { CheckId } from '../../src/domain/check-id.ts';
import type { Evidence } from '../../src/domain/evidence.ts';
import type { Fault } from '../../src/domain/fault.ts';
import type { HandshakeRecord } from '../../src/domain/handshake.ts';
import { parseIpAddress } from '../../src/domain/ip-address.ts';
import type { CertificationPath, PathSource } from '../../src/domain/path.ts';
import { DEFAULT_POLICY } from '../../src/domain/policy.ts';

/**
 * Evidence as object literals: a good host with one intermediate, of which a test changes what it is about.
 * Checks see nothing but records, so no bytes are needed.
 */

export const AT = Date.UTC(2026, 5, 1);
export const NOT_BEFORE = Date.UTC(2026, 4, 1);
export const NOT_AFTER = Date.UTC(2026, 8, 1);
export const SERVER_AUTH = '1.3.6.1.5.5.7.3.1';
export const CLIENT_AUTH = '1.3.6.1.5.5.7.3.2';
export const ANY_PURPOSE = '2.5.29.37.0';

export interface CertificateOptions {
  readonly commonNames?: readonly string[];
  readonly issuer?: string;
  readonly notBefore?: number;
  readonly notAfter?: number;
  readonly version?: number;
  readonly key?: PublicKeyFacts;
  /** Certificates with the same text share a key. */
  readonly keyId?: string;
  readonly hash?: HashName | null;
  readonly pss?: PssParameters;
  readonly decoded?: DecodedExtensions;
  readonly extensions?: readonly Extension[];
  readonly faults?: readonly Fault[];
}

export function certificate(subject: string, options: CertificateOptions = {}): Certificate {
  const der = Buffer.from(
    JSON.stringify([subject, options], (_, value) => (typeof value === 'bigint' ? `${value}` : value)),
  );
  const issuer = options.issuer ?? 'CN=Issuing CA';
  return {
    der,
    sha256: sha256(der),
    tbs: der,
    version: options.version ?? 3,
    serial: '01',
    issuer: name(issuer),
    subject: name(subject, options.commonNames),
    notBefore: options.notBefore ?? NOT_BEFORE,
    notAfter: options.notAfter ?? NOT_AFTER,
    spki: {
      der,
      sha256: sha256(Buffer.from(options.keyId ?? subject)),
      algorithm: algorithm('id-ecPublicKey'),
      publicKey: der,
      facts: options.key ?? { type: 'ec', curve: 'P-256', bits: 256 },
    },
    signature: {
      algorithm: algorithm('ecdsa-with-SHA256'),
      value: der,
      hash: options.hash === undefined ? 'sha256' : options.hash,
      pss: options.pss ?? null,
    },
    extensions: options.extensions ?? [],
    decoded: options.decoded ?? {},
    selfIssued: issuer === subject,
    faults: options.faults ?? [],
  };
}

function sha256(bytes: Buffer): string {
  return createHash('sha256').update(bytes).digest('hex');
}

function algorithm(text: string): AlgorithmIdentifier {
  return { oid: '1.2.3', name: text, der: Buffer.alloc(0), parameters: null };
}

function name(text: string, commonNames: readonly string[] = []): DistinguishedName {
  return {
    der: Buffer.from(text),
    rdns: commonNames.map((value) => [{ oid: '2.5.4.3', value, tag: 12, key: value }]),
    text,
    key: text.toLowerCase(),
  };
}

export function extension(oid: string, critical = false): Extension {
  return { oid, critical, value: Buffer.alloc(0), offset: 0, recognised: true };
}

export const EKU_EXTENSION = extension('2.5.29.37');
export const SAN_EXTENSION = extension('2.5.29.17');

export function dns(...values: string[]): GeneralName[] {
  return values.map((value) => ({ type: 'dns', value }));
}

export function ips(...values: string[]): GeneralName[] {
  return values.map((text) => {
    const address = parseIpAddress(text);
    if ('error' in address) throw new Error(`${text} ${address.error}`);
    return { type: 'ip', value: address.bytes };
  });
}

/** With a purpose: the extension and its decoded form. */
export function purposes(...oids: string[]): Pick<CertificateOptions, 'extensions' | 'decoded'> {
  return { extensions: [EKU_EXTENSION], decoded: { ...LEAF_DECODED, extendedKeyUsage: oids } };
}

export const LEAF_DECODED: DecodedExtensions = {
  subjectAltName: dns('host.example.com'),
  extendedKeyUsage: [SERVER_AUTH],
  keyUsage: new Set(['digital_signature']),
  subjectKeyIdentifier: '11',
  authorityKeyIdentifier: { keyIdentifier: '22', issuer: null, serial: null },
};
export const CA_DECODED: DecodedExtensions = {
  basicConstraints: { ca: true, pathLength: null },
  keyUsage: new Set(['key_cert_sign']),
  subjectKeyIdentifier: '22',
  authorityKeyIdentifier: { keyIdentifier: '22', issuer: null, serial: null },
};

export function leaf(options: CertificateOptions = {}): Certificate {
  return certificate('CN=leaf', { extensions: [EKU_EXTENSION, SAN_EXTENSION], decoded: LEAF_DECODED, ...options });
}

export function authority(options: CertificateOptions & { readonly subject?: string } = {}): Certificate {
  return certificate(options.subject ?? 'CN=Issuing CA', {
    issuer: 'CN=Root',
    notAfter: Date.UTC(2030, 0, 1),
    decoded: CA_DECODED,
    ...options,
  });
}

export function root(options: CertificateOptions = {}): Certificate {
  return authority({ subject: 'CN=Root', notBefore: Date.UTC(2020, 0, 1), ...options });
}

export function path(
  certificates: readonly Certificate[],
  options: { anchored?: boolean; sources?: readonly PathSource[]; faults?: readonly Fault[] } = {},
): CertificationPath {
  const anchored = options.anchored ?? true;
  const steps = certificates.map((certificate, index) => {
    const isAnchor = anchored && index === certificates.length - 1;
    const source = options.sources?.[index] ?? (isAnchor ? 'anchor' : 'presented');
    return { certificate, source, presentedIndex: source === 'presented' ? index : null };
  });
  return { steps, anchored, faults: options.faults ?? [] };
}

const GOOD_PATH = path([leaf(), authority(), root()]);

export const GOOD_HANDSHAKE: HandshakeRecord = {
  hello: 'modern',
  state: 'finished',
  version: 'TLSv1.3',
  cipher: 'TLS_AES_256_GCM_SHA384',
  group: 'X25519MLKEM768',
  dhBits: null,
  postQuantum: true,
  signatureScheme: 'ecdsa_secp256r1_sha256',
  keyExchange: 'signature',
  alpn: null,
  clientCertificate: {
    requested: false,
    required: false,
    sent: false,
    accepted: null,
    authorities: [],
    signatureSchemes: [],
  },
  certificates: [{ der: Buffer.alloc(1), ocspStaple: null, sctList: null }],
  sctList: null,
  helloRetryRequest: false,
  secureRenegotiation: null,
  alerts: [],
};

export function evidence(
  changes: Partial<Omit<Evidence, 'path'>> & {
    path?: CertificationPath | null;
    ca?: string;
    trusted?: boolean;
    exhausted?: boolean;
  } = {},
): Evidence {
  const { ca = 'inline', trusted = true, exhausted = false, ...rest } = changes;
  const chosen = rest.path === undefined ? GOOD_PATH : rest.path;
  const presented: readonly ReadCertificate[] = chosen
    ? chosen.steps.filter((step) => step.source === 'presented').map((step) => step.certificate)
    : [];
  return {
    mode: 'connect',
    reference: { kind: 'dns', text: 'host.example.com' },
    at: AT,
    policy: DEFAULT_POLICY,
    expect: null,
    connection: { address: '192.0.2.1', addresses: ['192.0.2.1'], faults: [] },
    handshake: GOOD_HANDSHAKE,
    handshakeFaults: [],
    presented,
    presentedTotal: rest.presented?.length ?? presented.length,
    leaf: chosen?.steps[0]?.certificate ?? null,
    trust: chosen ? [{ ca, path: chosen, trusted, exhausted }] : [],
    revocation: null,
    compromisedKeys: new Set(),
    isSelfSigned: (candidate) => candidate.selfIssued,
    ...rest,
    path: chosen,
  };
}

/** One area's state and its findings as `code` or `code:severity` words, in order; a throw of the check fails the test. */
export function judge(area: CheckId, subject: Evidence): { state: string; codes: string[]; faults: Fault[] } {
  const results = runChecks(subject, {
    onCheckError: (check, error) => {
      throw new Error(`${check} threw`, { cause: error });
    },
  });
  const result = results.find(({ id }) => id === area);
  if (result === undefined) throw new Error(`no check ${area}`);
  return {
    state: result.state,
    codes: result.findings.map(({ fault, severity }) => `${fault.code}:${severity}`),
    faults: result.findings.map(({ fault }) => fault),
  };
}

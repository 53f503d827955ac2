import { readFileSync } from 'node:fs';

/** One case of the x509-limbo format, as far as we read it. */
export interface LimboCase {
  readonly id: string;
  readonly features: readonly string[];
  readonly validation_kind: 'SERVER' | 'CLIENT';
  readonly trusted_certs: readonly string[];
  readonly untrusted_intermediates: readonly string[];
  readonly peer_certificate: string;
  /** PEM; null where nobody has it. */
  readonly peer_certificate_key: string | null;
  readonly validation_time: string | null;
  readonly expected_result: 'SUCCESS' | 'FAILURE';
  readonly expected_peer_name: { readonly kind: 'DNS' | 'IP' | 'RFC822'; readonly value: string } | null;
  readonly expected_peer_names: readonly { readonly kind: string; readonly value: string }[];
  readonly max_chain_depth: number | null;
  readonly crls: readonly string[];
}

/**
 * Whether requests can carry `expect.emails` (client certificates) and `ca.crls_pem` with `revocation: "require"`.
 * Cases that need what is not there are not claimed; turn a line on in the commit that brings the field.
 */
const CLAIMED = { client: true, crl: true };

/** Why we do not claim a case, or null when we do. */
export function reasonNotClaimed(limbo: LimboCase): string | null {
  if (limbo.validation_kind === 'CLIENT' && !CLAIMED.client) return 'client certificates';
  if (limbo.crls.length > 0 && !CLAIMED.crl) return 'CRL';
  return null;
}

/** The cases of a file. Throws when it holds none, so that nothing passes by looking at nothing. */
export function readCases(file: string): LimboCase[] {
  const { version, testcases } = JSON.parse(readFileSync(file, 'utf8')) as {
    version?: number;
    testcases?: LimboCase[];
  };
  if (version !== 1 || !Array.isArray(testcases) || testcases.length === 0) {
    throw new Error(`${file} holds no cases in version 1 of the x509-limbo format`);
  }
  return testcases;
}

/** The body of POST /verify that asks what the case asks. */
export function requestOf(limbo: LimboCase): object {
  const isClient = limbo.validation_kind === 'CLIENT';
  return {
    ...(!isClient && limbo.expected_peer_name && { host: limbo.expected_peer_name.value }),
    ...(isClient && { expect: { emails: limbo.expected_peer_names.map((name) => name.value) } }),
    chain_pem: [limbo.peer_certificate, ...limbo.untrusted_intermediates].join('\n'),
    ca: { pem: limbo.trusted_certs.join('\n'), ...(limbo.crls.length > 0 && { crls_pem: limbo.crls.join('\n') }) },
    ...(limbo.validation_time !== null && { at: limbo.validation_time }),
    policy: {
      profile: limbo.id.startsWith('webpki::') ? 'webpki' : 'rfc5280',
      ...(isClient && { purpose: 'client' }),
      ...(limbo.max_chain_depth !== null && { max_intermediates: limbo.max_chain_depth }),
    },
    aia: false,
    revocation: limbo.crls.length > 0 ? 'require' : 'off',
  };
}

/** `rfc5280`, `bettertls::nameconstraints`. */
export function namespaceOf(id: string): string {
  const [first = id, second = ''] = id.split('::');
  return first === 'bettertls' ? `${first}::${second}` : first;
}

/** Features that do not make a case optional in the suite's own score. */
const MANDATORY_FEATURES = ['has-crl', 'denial-of-service', 'max-chain-depth'];

/** @param warnings ids of the BetterTLS cases where a deviation is only a warning */
export function isMandatory(limbo: LimboCase, warnings: ReadonlySet<string>): boolean {
  return !warnings.has(limbo.id) && limbo.features.every((feature) => MANDATORY_FEATURES.includes(feature));
}

/** Ids marked `failureIsWarning` in BetterTLS' annotations. */
export function readWarnings(annotationsFile: string): Set<string> {
  const { cases } = JSON.parse(readFileSync(annotationsFile, 'utf8')) as {
    cases: Record<string, { failureIsWarning: boolean }>;
  };
  return new Set(Object.keys(cases).filter((id) => cases[id]?.failureIsWarning));
}

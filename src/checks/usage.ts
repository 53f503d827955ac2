import type { Certificate, KeyUsageBit } from '../domain/certificate.ts';
import { type Check, judged, unknown } from '../domain/check.ts';
import type { Evidence } from '../domain/evidence.ts';
import type { Fault } from '../domain/fault.ts';
import type { CertificationPath, PathStep } from '../domain/path.ts';
import type { Purpose } from '../domain/policy.ts';
import type { RuleId } from '../domain/rules.ts';
import { type PathContext, pathContext, remembered, roleOf, rootOf } from './path-context.ts';

const KEY_USAGE = '2.5.29.15';
const EXTENDED_KEY_USAGE = '2.5.29.37';
const ANY_EXTENDED_KEY_USAGE = '2.5.29.37.0';
/** Purposes that one finding lists. */
const MAX_PURPOSES = 20;

const PURPOSES = {
  server: { oid: '1.3.6.1.5.5.7.3.1', code: 'eku_not_server_auth', rule: 'eku.server_auth', anyAlone: 'eku.any_alone' },
  client: {
    oid: '1.3.6.1.5.5.7.3.2',
    code: 'eku_not_client_auth',
    rule: 'eku.client_auth',
    anyAlone: 'eku.client_any_alone',
  },
} as const satisfies Record<Purpose, { oid: string; code: Fault['code']; rule: RuleId; anyAlone: RuleId }>;

/** May the certificates of the path be used for this purpose, and in the way the handshake used the key? */
export const usageCheck: Check = {
  id: 'usage',
  codes: ['eku_not_server_auth', 'eku_not_client_auth', 'eku_profile_violation', 'key_usage_incompatible'],
  run: (evidence: Evidence) => {
    const { path } = evidence;
    if (path === null) return unknown();
    const faults = judgeUsage(path, pathContext(evidence));
    return path.steps.some(hasUndecodedUsage) ? unknown(...faults) : judged(faults);
  },
};

/** Faults of purpose and key usage of one path. */
export const judgeUsage = remembered(
  (path, context: PathContext) => [
    ...path.steps.flatMap((step, depth) => judgePurpose(step, depth, context)),
    ...judgeProfile(path, context),
    ...judgeKeyUsage(path, context),
  ],
  ({ mode, handshake, policy }) => [mode, handshake?.keyExchange, policy.purpose],
);

/** Present but not decoded: not the same as absent. */
function hasUndecodedUsage({ certificate: { extensions, decoded } }: PathStep): boolean {
  return extensions.some(
    ({ oid }) =>
      (oid === KEY_USAGE && decoded.keyUsage === undefined) ||
      (oid === EXTENDED_KEY_USAGE && decoded.extendedKeyUsage === undefined),
  );
}

/**
 * An extendedKeyUsage of a CA limits what it issues for (every client reads it so, RFC 5280 §4.2.1.12 does not say);
 * a certificate without one is for any purpose.
 */
function judgePurpose(step: PathStep, depth: number, { policy }: PathContext): Fault[] {
  const purposes = step.certificate.decoded.extendedKeyUsage;
  const wanted = PURPOSES[policy.purpose];
  if (purposes === undefined || purposes.includes(wanted.oid)) return [];
  const isAny = purposes.includes(ANY_EXTENDED_KEY_USAGE);
  if (isAny && depth > 0) return [];
  return [
    usageFault(step, depth, {
      code: wanted.code,
      rule: isAny ? wanted.anyAlone : wanted.rule,
      detail: `The extendedKeyUsage of ${step.certificate.subject.text} has ${purposes.slice(0, 3).join(', ') || 'no purpose'} and not ${wanted.oid}`,
      evidence: { wanted: wanted.oid, extended_key_usage: purposes.slice(0, MAX_PURPOSES) },
    }),
  ];
}

/** Rules of the CA/Browser Forum for server certificates and roots. */
function judgeProfile(path: CertificationPath, { policy }: PathContext): Fault[] {
  const leaf = path.steps[0];
  const rules: [PathStep, RuleId, string][] = [];
  if (leaf && policy.purpose === 'server') {
    const extension = leaf.certificate.extensions.find(({ oid }) => oid === EXTENDED_KEY_USAGE);
    const purposes = leaf.certificate.decoded.extendedKeyUsage ?? [];
    if (extension === undefined) rules.push([leaf, 'eku.missing', 'has no extendedKeyUsage']);
    if (extension?.critical === true) rules.push([leaf, 'eku.critical', 'has a critical extendedKeyUsage']);
    if (purposes.includes(PURPOSES.server.oid) && purposes.includes(ANY_EXTENDED_KEY_USAGE)) {
      rules.push([leaf, 'eku.any_beside', 'has anyExtendedKeyUsage beside server authentication']);
    }
  }
  const root = rootOf(path);
  if (root?.certificate.extensions.some(({ oid }) => oid === EXTENDED_KEY_USAGE)) {
    rules.push([root, 'eku.in_root', 'is a root and has an extendedKeyUsage']);
  }
  return rules.map(([step, rule, what]) =>
    usageFault(step, path.steps.indexOf(step), {
      code: 'eku_profile_violation',
      rule,
      detail: `${step.certificate.subject.text} ${what}`,
      evidence: { problem: what },
    }),
  );
}

/** The bits that may be consistent with each purpose (RFC 5280 §4.2.1.12): without any of them a key is for nothing of it. */
const CONSISTENT_BITS: Readonly<Record<Purpose, readonly KeyUsageBit[]>> = {
  server: ['digital_signature', 'key_encipherment', 'key_agreement'],
  client: ['digital_signature', 'key_agreement'],
};

function judgeKeyUsage(path: CertificationPath, { mode, handshake, policy }: PathContext): Fault[] {
  const leaf = path.steps[0];
  const usage = leaf?.certificate.decoded.keyUsage;
  if (leaf === undefined || usage === undefined) return [];
  const used = neededBit(handshake?.keyExchange ?? null);
  const isUsable = CONSISTENT_BITS[policy.purpose].some((bit) => usage.has(bit));
  const needed = mode === 'connect' && policy.purpose === 'server' && isUsable ? used : 'digital_signature';
  if (needed === null || usage.has(needed)) return [];
  const unproven = isUsable ? 'key_usage.unproven' : 'key_usage.purpose';
  return [
    usageFault(leaf, 0, {
      code: 'key_usage_incompatible',
      rule: needed === used ? 'key_usage.handshake' : unproven,
      detail: describeKeyUsage(leaf.certificate, usage, needed),
      evidence: { needed, key_usage: [...usage] },
    }),
  ];
}

function neededBit(keyExchange: 'signature' | 'key_encipherment' | null): KeyUsageBit | null {
  return keyExchange === 'signature' ? 'digital_signature' : keyExchange;
}

function describeKeyUsage({ subject }: Certificate, usage: ReadonlySet<KeyUsageBit>, needed: KeyUsageBit): string {
  return `The keyUsage of ${subject.text} has ${[...usage].join(', ') || 'no bit'} and not ${needed}`;
}

function usageFault(step: PathStep, depth: number, fault: Pick<Fault, 'code' | 'rule' | 'detail' | 'evidence'>): Fault {
  const { certificate } = step;
  return {
    ...fault,
    certificate: certificate.sha256,
    evidence: { subject: certificate.subject.text, role: roleOf(step, depth), ...fault.evidence },
  };
}

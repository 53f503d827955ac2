import type { PublicKeyFacts } from '../domain/certificate.ts';
import { type Check, judged, unknown } from '../domain/check.ts';
import type { Fault } from '../domain/fault.ts';
import type { PathStep } from '../domain/path.ts';
import { findRsaWeakness, type RsaWeakness } from '../domain/rsa-weakness.ts';
import type { RuleId } from '../domain/rules.ts';
import { type PathContext, readerFaultsOf, remembered, roleOf } from './path-context.ts';

/** Bits below which a key has less than 112 bits of security (NIST SP 800-57 part 1, table 2). */
const MIN_BITS = { rsa: 2048, dsa: 2048, ec: 224 } as const;
/** The reader has refused a larger one already. */
const MAX_RSA_BITS = 16_384;
/** CA/B BR §6.1.5. */
const WEBPKI_CURVES: readonly (string | null)[] = ['P-256', 'P-384', 'P-521'];

/** Are the public keys of the path, its anchor's included, sound and strong enough? */
export const keyCheck: Check = {
  id: 'key',
  codes: ['key_compromised', 'key_too_small', 'key_invalid', 'key_algorithm_unsupported', 'key_type_not_allowed'],
  run: (evidence) => (evidence.path === null ? unknown() : judged(judgeKeys(evidence.path, evidence))),
};

/** Faults of every public key of a path, leaf first. */
export const judgeKeys = remembered(
  ({ steps }, context: Pick<PathContext, 'compromisedKeys'>) =>
    steps.flatMap((step, depth) => {
      const compromised = judgeCompromise(step, depth, context);
      const tooWeak = judgeStrength(step, depth);
      // A key that must go anyway need not be of an allowed kind as well.
      return [
        ...compromised,
        ...readerFaultsOf(step, 'key'),
        ...(tooWeak.length > 0 ? tooWeak : judgeType(step, depth)),
      ];
    }),
  ({ compromisedKeys }) => [compromisedKeys],
);

const COMPROMISES = {
  listed: ['key.compromised_list', 'is on the list of compromised keys'],
  roca: ['key.roca', 'was made by the generator of CVE-2017-15361 (ROCA)'],
  small_factor: ['key.small_factor', 'has a prime factor below 1000'],
  close_primes: ['key.close_primes', 'is the product of two primes that lie close together'],
} as const satisfies Record<RsaWeakness | 'listed', readonly [RuleId, string]>;

/** Outcomes by key, since every path that is tried asks again. */
const weaknesses = new WeakMap<PublicKeyFacts, RsaWeakness | null>();

function weaknessOf(facts: PublicKeyFacts): RsaWeakness | null {
  if (facts.type !== 'rsa' && facts.type !== 'rsa-pss') return null;
  const known = weaknesses.get(facts);
  if (known !== undefined) return known;
  const found = facts.bits > MAX_RSA_BITS ? null : findRsaWeakness(facts.modulus);
  weaknesses.set(facts, found);
  return found;
}

function judgeCompromise(step: PathStep, depth: number, context: Pick<PathContext, 'compromisedKeys'>): Fault[] {
  const { spki } = step.certificate;
  const kind = context.compromisedKeys.has(spki.sha256) ? 'listed' : weaknessOf(spki.facts);
  if (kind === null) return [];
  const [rule, what] = COMPROMISES[kind];
  const detail = `The key of ${step.certificate.subject.text} ${what}`;
  return [
    keyFault(step, depth, {
      code: 'key_compromised',
      rule,
      detail,
      evidence: { problem: what, spki_sha256: spki.sha256 },
    }),
  ];
}

function judgeStrength(step: PathStep, depth: number): Fault[] {
  const { facts } = step.certificate.spki;
  switch (facts.type) {
    case 'rsa':
    case 'rsa-pss':
      return facts.bits < MIN_BITS.rsa ? [tooSmall(step, depth, 'key.rsa_bits', MIN_BITS.rsa)] : [];
    case 'dsa':
      return facts.bits < MIN_BITS.dsa ? [tooSmall(step, depth, 'key.dsa_bits', MIN_BITS.dsa)] : [];
    case 'ec':
      // A curve that is not known has no size; the reader has said so.
      return facts.bits > 0 && facts.bits < MIN_BITS.ec ? [tooSmall(step, depth, 'key.ec_bits', MIN_BITS.ec)] : [];
    default:
      return [];
  }
}

function tooSmall(step: PathStep, depth: number, rule: RuleId, minimum: number): Fault {
  const { facts } = step.certificate.spki;
  return keyFault(step, depth, {
    code: 'key_too_small',
    rule,
    detail: `${nameKey(facts)} has ${facts.bits} bits, fewer than ${minimum}`,
    evidence: { bits: facts.bits, min_bits: minimum },
  });
}

function judgeType(step: PathStep, depth: number): Fault[] {
  const { facts } = step.certificate.spki;
  const rule = typeRule(facts);
  if (rule === null) return [];
  const detail = describeType(rule, facts);
  return [keyFault(step, depth, { code: 'key_type_not_allowed', rule, detail, evidence: { bits: facts.bits } })];
}

type TypeRule = Extract<RuleId, 'key.cannot_sign' | 'key.dsa' | `key.webpki_${string}`>;

function describeType(rule: TypeRule, facts: PublicKeyFacts): string {
  switch (rule) {
    case 'key.cannot_sign':
      return `${nameKey(facts)} is for agreeing on secrets; no signature can be made with it`;
    case 'key.webpki_rsa_multiple_of_8':
      return `The RSA modulus has ${facts.bits} bits, not a multiple of 8`;
    default:
      return `${nameKey(facts)} is not RSA, P-256, P-384 or P-521`;
  }
}

function typeRule(facts: PublicKeyFacts): TypeRule | null {
  switch (facts.type) {
    case 'rsa':
      return facts.bits % 8 === 0 ? null : 'key.webpki_rsa_multiple_of_8';
    case 'ec':
      // Explicit parameters, like a kind that is not known, are an error in every profile that the reader reports.
      return facts.curve === null || WEBPKI_CURVES.includes(facts.curve) ? null : 'key.webpki_type';
    case 'dsa':
      return 'key.dsa';
    case 'x25519':
    case 'x448':
    case 'ml-kem':
      return 'key.cannot_sign';
    case 'unknown':
      return null;
    default:
      return 'key.webpki_type';
  }
}

/** `RSA`, `EC P-192`, `Ed25519`. */
function nameKey(facts: PublicKeyFacts): string {
  switch (facts.type) {
    case 'rsa':
      return 'RSA';
    case 'rsa-pss':
      return 'RSA-PSS';
    case 'ec':
      return facts.curve === null ? 'EC with explicit parameters' : `EC ${facts.curve}`;
    case 'ml-dsa':
    case 'ml-kem':
    case 'slh-dsa':
      return facts.parameterSet;
    case 'dsa':
      return 'DSA';
    default:
      return facts.type.charAt(0).toUpperCase() + facts.type.slice(1);
  }
}

function keyFault(step: PathStep, depth: number, fault: Pick<Fault, 'code' | 'rule' | 'detail' | 'evidence'>): Fault {
  const { certificate } = step;
  return {
    ...fault,
    certificate: certificate.sha256,
    evidence: {
      subject: certificate.subject.text,
      role: roleOf(step, depth),
      key: nameKey(certificate.spki.facts),
      ...fault.evidence,
    },
  };
}

import type { Certificate } from '../domain/certificate.ts';
import { type Check, judged, unknown } from '../domain/check.ts';
import { cleanText } from '../domain/clean-text.ts';
import type { Evidence } from '../domain/evidence.ts';
import type { Fault } from '../domain/fault.ts';
import type { CertificationPath, PathStep } from '../domain/path.ts';
import { DAY_SECONDS, formatTime } from '../domain/time.ts';
import { commonNames, judgeCommonName } from './common-name.ts';
import {
  isAnchorAbove,
  type PathContext,
  pathContext,
  readerFaultsOf,
  remembered,
  roleOf,
  rootOf,
} from './path-context.ts';

/** Common names of one certificate that are judged; more than one is rare. */
const MAX_COMMON_NAMES = 10;
const ANCHOR_SET_OF_PUBLIC_ROOTS = 'public';

/** Days that a server certificate may be valid, by the day of its notBefore, newest first (CA/B BR §6.3.2). */
const VALIDITY_LIMITS = [
  { from: Date.UTC(2029, 2, 15), days: 47 },
  { from: Date.UTC(2027, 2, 15), days: 100 },
  { from: Date.UTC(2026, 2, 15), days: 200 },
  { from: Date.UTC(2020, 8, 1), days: 398 },
] as const;

/** Do the certificates of the path keep to the profile: RFC 5280 §4, and the CA/Browser Forum's where asked for? */
export const policyCheck: Check = {
  id: 'policy',
  codes: [
    'validity_too_long',
    'serial_invalid',
    'key_identifier_missing',
    'aki_issuer_and_serial',
    'aki_mismatch',
    'cn_not_in_san',
    'name_constraint_malformed',
    'ca_extension_invalid',
    'leaf_is_ca',
    'version_not_3',
  ],
  run: (evidence: Evidence) =>
    evidence.path === null ? unknown() : judged(judgePolicy(evidence.path, pathContext(evidence))),
};

/** Faults of the certificate profile of one path, leaf first. */
export const judgePolicy = remembered(judgeProfile, ({ ca, policy, isSelfSigned }: PathContext) => [
  ca,
  policy.purpose,
  isSelfSigned,
]);

function judgeProfile(path: CertificationPath, context: PathContext): Fault[] {
  return [
    ...path.steps.flatMap((step, depth) => [
      ...judgeOwnRules(step, depth),
      ...judgeVersion(step, depth),
      ...judgeSubjectKeyIdentifier(step, depth),
      ...judgeAuthorityKeyIdentifier(step, depth, context),
    ]),
    ...judgeRoot(path, context),
    ...judgeLeaf(path, context),
  ];
}

/** What the reader found in the bytes. An anchor's serial number serves nobody, unless the anchor is the leaf. */
function judgeOwnRules(step: PathStep, depth: number): Fault[] {
  return readerFaultsOf(step, 'policy')
    .filter((fault) => fault.code !== 'serial_invalid' || !isAnchorAbove(step, depth))
    .map((fault) => policyFault(step, depth, fault));
}

function judgeVersion(step: PathStep, depth: number): Fault[] {
  const { version } = step.certificate;
  if (version === 3) return [];
  const detail = `${step.certificate.subject.text} is of version ${version}`;
  return [policyFault(step, depth, { code: 'version_not_3', rule: 'version.not_3', detail, evidence: { version } })];
}

/** RFC 5280 §4.2.1.2: in every CA certificate; in others it only should be. */
function judgeSubjectKeyIdentifier(step: PathStep, depth: number): Fault[] {
  const { decoded, subject } = step.certificate;
  if (depth === 0 || decoded.basicConstraints?.ca !== true || decoded.subjectKeyIdentifier !== undefined) return [];
  return [
    policyFault(step, depth, {
      code: 'key_identifier_missing',
      rule: 'ski.missing_in_ca',
      detail: `${subject.text} is a CA certificate without subjectKeyIdentifier`,
      evidence: { missing: 'subjectKeyIdentifier' },
    }),
  ];
}

/** RFC 5280 §4.2.1.1: in every certificate but a self-signed one, whose key identifier says nothing new. */
function judgeAuthorityKeyIdentifier(step: PathStep, depth: number, { isSelfSigned }: PathContext): Fault[] {
  const { certificate } = step;
  const { authorityKeyIdentifier } = certificate.decoded;
  if (typeof authorityKeyIdentifier?.keyIdentifier === 'string' || isSelfSigned(certificate)) return [];
  const what =
    authorityKeyIdentifier === undefined ? 'authorityKeyIdentifier' : 'keyIdentifier in its authorityKeyIdentifier';
  return [
    policyFault(step, depth, {
      code: 'key_identifier_missing',
      rule: 'aki.missing',
      detail: `${certificate.subject.text} has no ${what}`,
      evidence: { missing: what },
    }),
  ];
}

function judgeRoot(path: CertificationPath, { isSelfSigned }: PathContext): Fault[] {
  const root = rootOf(path);
  const identifier = root?.certificate.decoded.authorityKeyIdentifier;
  if (!root || identifier === undefined) return [];
  const depth = path.steps.indexOf(root);
  const faults: Fault[] = [];
  if (identifier.keyIdentifier === null) {
    faults.push(
      policyFault(root, depth, {
        code: 'key_identifier_missing',
        rule: 'aki.root_key_identifier',
        detail: `The authorityKeyIdentifier of ${root.certificate.subject.text} has no keyIdentifier`,
        evidence: { missing: 'keyIdentifier in its authorityKeyIdentifier' },
      }),
    );
  }
  if (identifier.issuer !== null || identifier.serial !== null) {
    faults.push(
      policyFault(root, depth, {
        code: 'aki_issuer_and_serial',
        rule: 'aki.root_issuer_and_serial',
        detail: `The authorityKeyIdentifier of ${root.certificate.subject.text} names an issuer or a serial number`,
      }),
    );
  }
  const own = root.certificate.decoded.subjectKeyIdentifier;
  const differs = identifier.keyIdentifier !== null && own !== undefined && identifier.keyIdentifier !== own;
  // A CA that changes its key certifies the new one with the old: self-issued, and rightly with another identifier.
  if (differs && isSelfSigned(root.certificate)) {
    faults.push(
      policyFault(root, depth, {
        code: 'aki_mismatch',
        rule: 'aki.root_own_key',
        detail: `The authorityKeyIdentifier of ${root.certificate.subject.text} is not its subjectKeyIdentifier`,
        evidence: { authority_key_identifier: identifier.keyIdentifier, subject_key_identifier: own },
      }),
    );
  }
  return faults;
}

function judgeLeaf(path: CertificationPath, context: PathContext): Fault[] {
  const leaf = path.steps[0];
  if (leaf === undefined) return [];
  return [...judgeLeafIsCa(leaf), ...judgeCommonNames(leaf), ...judgeValidityPeriod(leaf, path, context)];
}

function judgeLeafIsCa(leaf: PathStep): Fault[] {
  if (leaf.certificate.decoded.basicConstraints?.ca !== true) return [];
  const detail = `${leaf.certificate.subject.text} is a CA certificate and serves as the leaf`;
  return [policyFault(leaf, 0, { code: 'leaf_is_ca', rule: 'leaf.is_ca', detail })];
}

function judgeCommonNames(leaf: PathStep): Fault[] {
  const names = leaf.certificate.decoded.subjectAltName ?? [];
  return commonNames(leaf.certificate.subject)
    .slice(0, MAX_COMMON_NAMES)
    .flatMap((commonName) => {
      const rule = judgeCommonName(commonName, names);
      if (rule === null) return [];
      const shown = cleanText(commonName);
      const detail = `The common name ${shown} is not a name of the subjectAltName`;
      return [policyFault(leaf, 0, { code: 'cn_not_in_san', rule, detail, evidence: { common_name: shown } })];
    });
}

/** Both ends of a validity belong to it (CA/B BR §1.6.1, "Validity Period"; RFC 5280 §4.1.2.5). */
function judgeValidityPeriod(leaf: PathStep, path: CertificationPath, { ca, policy }: PathContext): Fault[] {
  const { certificate } = leaf;
  const limit = VALIDITY_LIMITS.find(({ from }) => certificate.notBefore >= from);
  const seconds = (certificate.notAfter - certificate.notBefore) / 1000 + 1;
  if (policy.purpose !== 'server' || limit === undefined || !(seconds > limit.days * DAY_SECONDS)) return [];
  const isPublic = path.anchored && ca === ANCHOR_SET_OF_PUBLIC_ROOTS;
  return [
    policyFault(leaf, 0, {
      code: 'validity_too_long',
      rule: isPublic ? 'validity.public_limit' : 'validity.private_limit',
      detail: `Valid for ${describeDays(seconds)}; issued ${formatTime(certificate.notBefore)}, the limit is ${limit.days} days`,
      evidence: { lifetime_seconds: seconds, limit_days: limit.days, public_root: isPublic },
    }),
  ];
}

function describeDays(seconds: number): string {
  const days = Math.floor(seconds / DAY_SECONDS);
  const rest = seconds % DAY_SECONDS;
  return rest === 0 ? `${days} days` : `${days} days and ${rest} s`;
}

function policyFault(
  step: PathStep,
  depth: number,
  fault: Pick<Fault, 'code' | 'rule' | 'detail' | 'evidence'>,
): Fault {
  const { certificate }: { certificate: Certificate } = step;
  return {
    ...fault,
    certificate: certificate.sha256,
    evidence: { subject: certificate.subject.text, role: roleOf(step, depth), ...fault.evidence },
  };
}

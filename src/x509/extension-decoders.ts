import type {
  AuthorityKeyIdentifier,
  DecodedExtensions,
  DistributionPoint,
  GeneralName,
  GeneralSubtree,
  KeyUsageBit,
  NameConstraints,
  PolicyInformation,
} from '../domain/certificate.ts';
import {
  contextConstructed,
  contextPrimitive,
  type DerCursor,
  type Element,
  readBitString,
  readBoolean,
  readCount,
  readInteger,
  readNull,
  readOid,
  TAG,
} from './der.ts';
import { readGeneralName, readGeneralNames } from './general-name.ts';
import { alternativeNameRule, constraintRule } from './name-syntax.ts';
import { ACCESS_METHOD, ANY_POLICY, EXTENSION } from './oids.ts';

/**
 * Decodes the content of one extension. `what` is its name. The caller reports what is left over, and a DerError.
 * Rules that need more than this one extension are in `certificate-profile.ts`.
 */
export type ExtensionDecoder = (cursor: DerCursor, what: string) => DecodedExtensions;

export const EXTENSION_DECODERS: ReadonlyMap<string, ExtensionDecoder> = new Map<string, ExtensionDecoder>([
  [EXTENSION.basicConstraints, (cursor, what) => ({ basicConstraints: readBasicConstraints(cursor, what) })],
  [EXTENSION.keyUsage, (cursor, what) => ({ keyUsage: readKeyUsage(cursor, what) })],
  [EXTENSION.extendedKeyUsage, (cursor, what) => ({ extendedKeyUsage: readList(cursor, what, readOidOf) })],
  [EXTENSION.subjectAltName, (cursor, what) => ({ subjectAltName: readAlternativeNames(cursor, what) })],
  [EXTENSION.issuerAltName, (cursor, what) => ({ issuerAltName: readAlternativeNames(cursor, what) })],
  [EXTENSION.nameConstraints, (cursor, what) => ({ nameConstraints: readNameConstraints(cursor, what) })],
  [EXTENSION.certificatePolicies, (cursor, what) => ({ certificatePolicies: readPolicies(cursor, what) })],
  [EXTENSION.policyMappings, (cursor, what) => ({ policyMappings: readList(cursor, what, readPolicyMapping) })],
  [EXTENSION.policyConstraints, (cursor, what) => ({ policyConstraints: readPolicyConstraints(cursor, what) })],
  [EXTENSION.inhibitAnyPolicy, (cursor, what) => ({ inhibitAnyPolicy: readCountOf(cursor, what) })],
  [EXTENSION.subjectKeyIdentifier, (cursor, what) => ({ subjectKeyIdentifier: readOctetsAsHex(cursor, what) })],
  [EXTENSION.authorityKeyIdentifier, (cursor, what) => ({ authorityKeyIdentifier: readAuthorityKey(cursor, what) })],
  [
    EXTENSION.crlDistributionPoints,
    (cursor, what) => ({ crlDistributionPoints: readList(cursor, what, readDistributionPoint) }),
  ],
  [EXTENSION.freshestCrl, (cursor, what) => ({ freshestCrl: readList(cursor, what, readDistributionPoint) })],
  [EXTENSION.authorityInfoAccess, (cursor, what) => ({ authorityInfoAccess: readAuthorityInfoAccess(cursor, what) })],
  [EXTENSION.tlsFeature, (cursor, what) => ({ tlsFeatures: readList(cursor, what, readCountOf) })],
  [
    EXTENSION.ocspNoCheck,
    (cursor, what) => {
      readNull(cursor.source, cursor.take(TAG.null, what), what);
      return { ocspNoCheck: true };
    },
  ],
  [EXTENSION.sctList, (cursor, what) => ({ sctList: cursor.source.content(cursor.take(TAG.octetString, what)) })],
]);

/** SEQUENCE SIZE (1..MAX) OF: an empty one is reported. */
function readList<Member>(
  cursor: DerCursor,
  what: string,
  readMember: (members: DerCursor, what: string) => Member,
): Member[] {
  const members = cursor.enter(TAG.sequence, what);
  if (members.done) {
    cursor.source.report({ rule: 'extension.empty', offset: members.offset, detail: `${what} is an empty list` });
  }
  const list: Member[] = [];
  while (!members.done) list.push(readMember(members, what));
  return list;
}

function readOidOf(cursor: DerCursor, what: string): string {
  return readOid(cursor.source, cursor.take(TAG.oid, what), what);
}

function readCountOf(cursor: DerCursor, what: string): number {
  return readCount(cursor.source, cursor.take(TAG.integer, what), what);
}

function readOctetsAsHex(cursor: DerCursor, what: string): string {
  return cursor.source.content(cursor.take(TAG.octetString, what)).toString('hex');
}

/** A count under an implicit context tag; null when absent. */
function readOptionalCount(fields: DerCursor, number: number, what: string): number | null {
  const element = fields.takeOptional(contextPrimitive(number), what);
  return element === null ? null : readCount(fields.source, element, what);
}

/** RFC 5280 §4.2.1.9. */
function readBasicConstraints(cursor: DerCursor, what: string): { ca: boolean; pathLength: number | null } {
  const { source } = cursor;
  const fields = cursor.enter(TAG.sequence, what);
  const flag = fields.takeOptional(TAG.boolean, 'cA');
  const ca = flag !== null && readBoolean(source, flag, 'cA');
  if (flag !== null && !ca) {
    source.report({ rule: 'der.default_encoded', offset: flag.start, detail: 'cA FALSE is spelled out' });
  }
  const pathLength = fields.takeOptional(TAG.integer, 'pathLenConstraint');
  fields.finish(what);
  return { ca, pathLength: pathLength === null ? null : readCount(source, pathLength, 'pathLenConstraint') };
}

/** In the order of their bit numbers (RFC 5280 §4.2.1.3). */
const KEY_USAGE_BITS: readonly KeyUsageBit[] = [
  'digital_signature',
  'content_commitment',
  'key_encipherment',
  'data_encipherment',
  'key_agreement',
  'key_cert_sign',
  'crl_sign',
  'encipher_only',
  'decipher_only',
];

function readKeyUsage(cursor: DerCursor, what: string): ReadonlySet<KeyUsageBit> {
  const { source } = cursor;
  const element = cursor.take(TAG.bitString, what);
  const { bytes, mask } = readNamedBits(cursor, element, what);
  const usages = new Set(KEY_USAGE_BITS.filter((_, bit) => (mask & (1 << bit)) !== 0));
  if (mask >>> KEY_USAGE_BITS.length !== 0 || bytes.subarray(4).some((octet) => octet !== 0)) {
    source.report({ rule: 'key_usage.unknown_bits', offset: element.start, detail: `${what} has bits above 8` });
  }
  if (bytes.every((octet) => octet === 0)) {
    source.report({ rule: 'key_usage.empty', offset: element.start, detail: `${what} has no bit set` });
  }
  return usages;
}

/** A named bit list: bit n of the first 32 as `1 << n` of the mask. */
export function readNamedBits(cursor: DerCursor, element: Element, what: string): { bytes: Buffer; mask: number } {
  const { source } = cursor;
  const { bytes, unusedBits } = readBitString(source, element, what);
  const last = bytes.at(-1);
  // X.690 §11.2.2: the last bit that is used must be one.
  if (last !== undefined && (last & (1 << unusedBits)) === 0) {
    const detail = `${what} ends with a bit that is zero`;
    source.report({ rule: 'der.named_bits_trailing_zeros', offset: element.start, detail });
  }
  let mask = 0;
  for (let bit = 0; bit < Math.min(32, bytes.length * 8); bit++) {
    if (((bytes[bit >> 3] ?? 0) & (0x80 >> (bit & 7))) !== 0) mask |= 1 << bit;
  }
  return { bytes, mask };
}

function readAlternativeNames(cursor: DerCursor, what: string): GeneralName[] {
  const { source } = cursor;
  const members = cursor.enter(TAG.sequence, what);
  if (members.done) source.report({ rule: 'san.empty', offset: members.offset, detail: `${what} is empty` });
  const names: GeneralName[] = [];
  while (!members.done) {
    const { name, element } = readGeneralName(members, what);
    const rule = alternativeNameRule(name);
    if (rule !== null) {
      const detail = `name ${names.length} of ${what} (${name.type}) is not as its form demands`;
      source.report({ rule, offset: element.start, detail });
    }
    names.push(name);
  }
  return names;
}

/** RFC 5280 §4.2.1.10. */
function readNameConstraints(cursor: DerCursor, what: string): NameConstraints {
  const { source } = cursor;
  const fields = cursor.enter(TAG.sequence, what);
  const start = fields.offset;
  const permitted = fields.takeOptional(contextConstructed(0), 'permittedSubtrees');
  const excluded = fields.takeOptional(contextConstructed(1), 'excludedSubtrees');
  fields.finish(what);
  const isEmptyList = [permitted, excluded].some((list) => list !== null && list.content === list.end);
  if ((permitted === null && excluded === null) || isEmptyList) {
    const detail = `${what} has no subtree, or an empty list of them`;
    source.report({ rule: 'name_constraints.empty', offset: start, detail });
  }
  return {
    permitted: permitted === null ? [] : readSubtrees(source.inside(permitted), 'permittedSubtrees'),
    excluded: excluded === null ? [] : readSubtrees(source.inside(excluded), 'excludedSubtrees'),
  };
}

function readSubtrees(cursor: DerCursor, what: string): GeneralSubtree[] {
  const { source } = cursor;
  const subtrees: GeneralSubtree[] = [];
  while (!cursor.done) {
    const fields = cursor.enter(TAG.sequence, `a subtree of ${what}`);
    const { name, element } = readGeneralName(fields, what);
    const minimumOffset = fields.offset;
    const minimum = readOptionalCount(fields, 0, `minimum of ${what}`);
    const maximum = readOptionalCount(fields, 1, `maximum of ${what}`);
    fields.finish(`a subtree of ${what}`);
    const hasDistance = (minimum ?? 0) !== 0 || maximum !== null;
    if (hasDistance) {
      const detail = `a subtree of ${what} has a minimum or maximum`;
      source.report({ rule: 'name_constraints.distance', offset: minimumOffset, detail });
    } else if (minimum !== null) {
      const detail = `a subtree of ${what} spells out minimum 0`;
      source.report({ rule: 'der.default_encoded', offset: minimumOffset, detail });
    }
    const rule = constraintRule(name);
    if (rule !== null) {
      const detail = `subtree ${subtrees.length} of ${what} (${name.type}) is not as its form demands`;
      source.report({ rule, offset: element.start, detail });
    }
    subtrees.push({ ...name, hasDistance });
  }
  return subtrees;
}

/** RFC 5280 §4.2.1.4. */
function readPolicies(cursor: DerCursor, what: string): PolicyInformation[] {
  const { source } = cursor;
  const seen = new Set<string>();
  return readList(cursor, what, (members) => {
    const fields = members.enter(TAG.sequence, `a policy of ${what}`);
    const start = fields.offset;
    const oid = readOidOf(fields, `a policy of ${what}`);
    if (seen.has(oid)) {
      source.report({ rule: 'policies.duplicate', offset: start, detail: `${what} names ${oid} more than once` });
    }
    seen.add(oid);
    const hasQualifiers = !fields.done;
    if (hasQualifiers) readList(fields, 'policyQualifiers', readPolicyQualifier);
    fields.finish(`a policy of ${what}`);
    return { oid, hasQualifiers };
  });
}

function readPolicyQualifier(cursor: DerCursor, what: string): string {
  const fields = cursor.enter(TAG.sequence, `a qualifier of ${what}`);
  const oid = readOidOf(fields, `a qualifier of ${what}`);
  fields.next(`a qualifier of ${what}`);
  fields.finish(`a qualifier of ${what}`);
  return oid;
}

/** RFC 5280 §4.2.1.5. */
function readPolicyMapping(cursor: DerCursor, what: string): { issuerDomain: string; subjectDomain: string } {
  const fields = cursor.enter(TAG.sequence, `a mapping of ${what}`);
  const start = fields.offset;
  const issuerDomain = readOidOf(fields, `a mapping of ${what}`);
  const subjectDomain = readOidOf(fields, `a mapping of ${what}`);
  fields.finish(`a mapping of ${what}`);
  if (issuerDomain === ANY_POLICY || subjectDomain === ANY_POLICY) {
    const detail = `${what} maps to or from anyPolicy`;
    cursor.source.report({ rule: 'policy_mappings.any_policy', offset: start, detail });
  }
  return { issuerDomain, subjectDomain };
}

/** RFC 5280 §4.2.1.11. */
function readPolicyConstraints(
  cursor: DerCursor,
  what: string,
): { requireExplicitPolicy: number | null; inhibitPolicyMapping: number | null } {
  const fields = cursor.enter(TAG.sequence, what);
  if (fields.done) {
    const detail = `${what} is an empty sequence`;
    cursor.source.report({ rule: 'policy_constraints.empty', offset: fields.offset, detail });
  }
  const requireExplicitPolicy = readOptionalCount(fields, 0, 'requireExplicitPolicy');
  const inhibitPolicyMapping = readOptionalCount(fields, 1, 'inhibitPolicyMapping');
  fields.finish(what);
  return { requireExplicitPolicy, inhibitPolicyMapping };
}

/** RFC 5280 §4.2.1.1. */
function readAuthorityKey(cursor: DerCursor, what: string): AuthorityKeyIdentifier {
  const { source } = cursor;
  const fields = cursor.enter(TAG.sequence, what);
  const start = fields.offset;
  const identifier = fields.takeOptional(contextPrimitive(0), 'keyIdentifier');
  const issuer = fields.takeOptional(contextConstructed(1), 'authorityCertIssuer');
  const serial = fields.takeOptional(contextPrimitive(2), 'authorityCertSerialNumber');
  fields.finish(what);
  if ((issuer === null) !== (serial === null)) {
    const detail = `${what} has an issuer without a serial number, or the other way round`;
    source.report({ rule: 'authority_key_identifier.issuer_and_serial', offset: start, detail });
  }
  return {
    keyIdentifier: identifier === null ? null : source.content(identifier).toString('hex'),
    issuer: issuer === null ? null : readGeneralNames(source.inside(issuer), 'authorityCertIssuer'),
    serial: serial === null ? null : readInteger(source, serial, 'authorityCertSerialNumber').toString('hex'),
  };
}

/** RFC 5280 §4.2.1.13. Also the members of freshestCRL, and the field of issuingDistributionPoint has the same name. */
function readDistributionPoint(cursor: DerCursor, what: string): DistributionPoint {
  const { source } = cursor;
  const fields = cursor.enter(TAG.sequence, `a DistributionPoint of ${what}`);
  const start = fields.offset;
  const point = fields.takeOptional(contextConstructed(0), 'distributionPoint');
  const reasons = fields.takeOptional(contextPrimitive(1), 'reasons');
  const issuer = fields.takeOptional(contextConstructed(2), 'cRLIssuer');
  fields.finish(`a DistributionPoint of ${what}`);
  if (point === null && issuer === null) {
    const detail = `a DistributionPoint of ${what} has neither distributionPoint nor cRLIssuer`;
    source.report({ rule: 'distribution_point.reasons_only', offset: start, detail });
  }
  const name =
    point === null ? { fullName: [], relativeName: null } : readDistributionPointName(source.inside(point), what);
  return {
    ...name,
    reasons: reasons === null ? null : readNamedBits(fields, reasons, 'reasons').mask,
    crlIssuer: issuer === null ? [] : readGeneralNames(source.inside(issuer), 'cRLIssuer'),
  };
}

/** DistributionPointName (RFC 5280 §4.2.1.13): `fullName [0]` or `nameRelativeToCRLIssuer [1]`. */
export function readDistributionPointName(
  cursor: DerCursor,
  what: string,
): Pick<DistributionPoint, 'fullName' | 'relativeName'> {
  const { source } = cursor;
  const relative = cursor.takeOptional(contextConstructed(1), 'nameRelativeToCRLIssuer');
  const full = relative === null ? cursor.take(contextConstructed(0), 'fullName') : null;
  cursor.finish(`a distribution point name of ${what}`);
  return {
    fullName: full === null ? [] : readGeneralNames(source.inside(full), 'fullName'),
    relativeName: relative === null ? null : source.der(relative),
  };
}

/** RFC 5280 §4.2.2.1: the URIs of each access method; other methods and other forms of location are left out. */
function readAuthorityInfoAccess(cursor: DerCursor, what: string): { ocsp: string[]; caIssuers: string[] } {
  const ocsp: string[] = [];
  const caIssuers: string[] = [];
  readList(cursor, what, (members) => {
    const fields = members.enter(TAG.sequence, `a description of ${what}`);
    const method = readOidOf(fields, `an access method of ${what}`);
    const { name } = readGeneralName(fields, what);
    fields.finish(`a description of ${what}`);
    if (name.type !== 'uri') return;
    if (method === ACCESS_METHOD.ocsp) ocsp.push(name.value);
    else if (method === ACCESS_METHOD.caIssuers) caIssuers.push(name.value);
  });
  return { ocsp, caIssuers };
}

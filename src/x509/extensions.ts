import type { DecodedExtensions, Extension } from '../domain/certificate.ts';
import type { RuleId } from '../domain/rules.ts';
import { type DerCursor, DerError, type DerSource, type Element, readBoolean, readOid, TAG } from './der.ts';
import { EXTENSION_DECODERS } from './extension-decoders.ts';
import { EXTENSION, extensionName } from './oids.ts';

export interface ExtensionsRead {
  readonly extensions: readonly Extension[];
  readonly decoded: DecodedExtensions;
}

/** Charged for an extension that cannot be read: raising the error costs about as much as reading this many. */
const FAILURE_CHARGE = 20;

/**
 * Extensions that RFC 5280 §4.2 lets us accept when critical, because path building, a check, or revocation acts on
 * them. The TLS feature and issuerAltName are decoded and shown, but nothing acts on them.
 */
const RECOGNISED: ReadonlySet<string> = new Set([
  EXTENSION.subjectKeyIdentifier,
  EXTENSION.keyUsage,
  EXTENSION.subjectAltName,
  EXTENSION.basicConstraints,
  EXTENSION.nameConstraints,
  EXTENSION.crlDistributionPoints,
  EXTENSION.certificatePolicies,
  EXTENSION.policyMappings,
  EXTENSION.authorityKeyIdentifier,
  EXTENSION.policyConstraints,
  EXTENSION.extendedKeyUsage,
  EXTENSION.freshestCrl,
  EXTENSION.inhibitAnyPolicy,
  EXTENSION.authorityInfoAccess,
  EXTENSION.ocspNoCheck,
]);

/** What RFC 5280 §4.2 says about the critical flag wherever the extension stands. */
const CRITICALITY: ReadonlyMap<string, { readonly critical: boolean; readonly rule: RuleId }> = new Map<
  string,
  { critical: boolean; rule: RuleId }
>([
  [EXTENSION.authorityKeyIdentifier, { critical: false, rule: 'extension.must_not_be_critical' }],
  [EXTENSION.subjectKeyIdentifier, { critical: false, rule: 'extension.must_not_be_critical' }],
  [EXTENSION.subjectDirectoryAttributes, { critical: false, rule: 'extension.must_not_be_critical' }],
  [EXTENSION.freshestCrl, { critical: false, rule: 'extension.must_not_be_critical' }],
  [EXTENSION.authorityInfoAccess, { critical: false, rule: 'extension.must_not_be_critical' }],
  [EXTENSION.subjectInfoAccess, { critical: false, rule: 'extension.must_not_be_critical' }],
  [EXTENSION.crlDistributionPoints, { critical: false, rule: 'extension.should_not_be_critical' }],
  [EXTENSION.issuerAltName, { critical: false, rule: 'extension.should_not_be_critical' }],
  [EXTENSION.keyUsage, { critical: true, rule: 'extension.should_be_critical' }],
  [EXTENSION.policyMappings, { critical: true, rule: 'extension.should_be_critical' }],
  [EXTENSION.policyConstraints, { critical: true, rule: 'policy_constraints.not_critical' }],
  [EXTENSION.inhibitAnyPolicy, { critical: true, rule: 'inhibit_any_policy.not_critical' }],
  [EXTENSION.nameConstraints, { critical: true, rule: 'name_constraints.not_critical' }],
]);

/**
 * Reads Extensions (RFC 5280 §4.1.2.9). An extension that cannot be read is reported and left undecoded, and the
 * others are read all the same; the first of two with the same OID is the one decoded.
 */
export function readExtensions(cursor: DerCursor): ExtensionsRead {
  const { source } = cursor;
  const list = cursor.enter(TAG.sequence, 'the extensions');
  cursor.finish('the extensions');
  if (list.done) {
    const detail = 'the extensions field is empty';
    source.report({ rule: 'certificate.extensions_empty', offset: list.offset, detail });
  }
  const extensions: Extension[] = [];
  const decoded: DecodedExtensions = {};
  const seen = new Set<string>();
  while (!list.done) {
    const element = list.take(TAG.sequence, 'an extension');
    reportFailure(source, element, () => {
      const { extension, value } = readExtension(source, element);
      extensions.push(extension);
      if (seen.has(extension.oid)) {
        const detail = `${extensionName(extension.oid)} stands in the certificate more than once`;
        source.report({ rule: 'extension.duplicate', offset: element.start, detail });
        return;
      }
      seen.add(extension.oid);
      checkCriticality(source, extension);
      const decode = EXTENSION_DECODERS.get(extension.oid);
      if (decode === undefined) return;
      const content = source.inside(value);
      Object.assign(decoded, decode(content, extensionName(extension.oid)));
      content.finish(extensionName(extension.oid));
    });
  }
  return { extensions, decoded };
}

/** Reads one Extension (RFC 5280 §4.1), of a certificate, a CRL or an OCSP response. */
export function readExtension(source: DerSource, element: Element): { extension: Extension; value: Element } {
  const fields = source.inside(element);
  const oid = readOid(source, fields.take(TAG.oid, 'an extension OID'), 'an extension OID');
  const name = extensionName(oid);
  const flag = fields.takeOptional(TAG.boolean, `the critical flag of ${name}`);
  const critical = flag !== null && readBoolean(source, flag, `the critical flag of ${name}`);
  if (flag !== null && !critical) {
    const detail = `${name} spells out critical FALSE`;
    source.report({ rule: 'der.default_encoded', offset: flag.start, detail });
  }
  const value = fields.take(TAG.octetString, `the value of ${name}`);
  fields.finish(`extension ${name}`);
  const recognised = RECOGNISED.has(oid);
  return { extension: { oid, critical, value: source.content(value), offset: element.start, recognised }, value };
}

function checkCriticality(source: DerSource, { oid, critical, offset }: Extension): void {
  const wanted = CRITICALITY.get(oid);
  if (wanted === undefined || wanted.critical === critical) return;
  const detail = `${extensionName(oid)} is ${critical ? '' : 'not '}critical`;
  source.report({ rule: wanted.rule, offset, detail });
}

/** Reports what `read` throws and goes on, unless the ceiling on elements was reached. */
function reportFailure(source: DerSource, element: Element, read: () => void): void {
  try {
    read();
  } catch (error) {
    if (!(error instanceof DerError) || error.violation.rule === 'der.too_many_elements') throw error;
    source.report(error.violation);
    source.charge(FAILURE_CHARGE, element.start);
  }
}

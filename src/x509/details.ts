import type * as Library from '@peculiar/x509';
import { LRUCache } from 'lru-cache';
import type { Certificate, DecodedExtensions, Extension, GeneralName } from '../domain/certificate.ts';
import { cleanText } from '../domain/clean-text.ts';
import type { Json } from '../domain/fault.ts';
import { DerCursor, DerSource } from './der.ts';
import { EXTENSION, extensionName } from './oids.ts';

/** An extension longer than this is not decoded: the library takes milliseconds for it. */
const MAX_EXTENSION_BYTES = 8 * 1024;
const MAX_EXTENSIONS = 64;
/** Octets shown of a value that is not decoded, or of octets inside one that is. */
const MAX_HEX_BYTES = 256;
const MAX_MEMBERS = 100;
const MAX_DEPTH = 8;

const cache = new LRUCache<string, Readonly<Record<string, Json>>>({ max: 256 });

let library: Promise<typeof Library> | null = null;

/** Loaded when somebody first asks for details, since it takes 20 MB; it needs the metadata polyfill before it. */
function loadLibrary(): Promise<typeof Library> {
  library ??= import('reflect-metadata').then(() => import('@peculiar/x509'));
  return library;
}

/**
 * The extensions of a certificate for people to read: by name (or OID) each one's `oid`, `critical` and `value`, at
 * most 64 of them. Strings are cleaned, lists and octets bounded. What has no decoder, is too long or cannot be decoded
 * has its first octets in hex as `value`, and `decoded: false`. For showing only: nothing is judged by it. Never throws.
 */
export async function decodeDetails(certificate: Certificate): Promise<Readonly<Record<string, Json>>> {
  const known = cache.get(certificate.sha256);
  if (known !== undefined) return known;
  const { Extension, ExtensionFactory, TextObject } = await loadLibrary();
  const details: Record<string, Json> = {};
  for (const [index, extension] of certificate.extensions.slice(0, MAX_EXTENSIONS).entries()) {
    const value = decodeValue(certificate, extension, (der) => {
      const decoded = ExtensionFactory.create(der);
      if (decoded.constructor === Extension) return null;
      // The value of the outermost object only repeats the critical flag.
      return toJson(Object.fromEntries(Object.entries(decoded.toTextObject())), TextObject.VALUE, 0);
    });
    const name = snakeCase(extensionName(extension.oid));
    // A second one with the same OID is a fault of the certificate, and shown beside the first.
    details[Object.hasOwn(details, name) ? `${name}_${index}` : name] = {
      oid: extension.oid,
      critical: extension.critical,
      ...(value === null ? { value: hex(extension.value), decoded: false } : { value }),
    };
  }
  cache.set(certificate.sha256, details);
  return details;
}

/** Extensions that the library has no class for; ours are shown from our own reader. */
const OWN: ReadonlyMap<string, (decoded: DecodedExtensions) => Json> = new Map<
  string,
  (decoded: DecodedExtensions) => Json
>([
  [
    EXTENSION.nameConstraints,
    ({ nameConstraints }) => ({
      permitted: bounded(nameConstraints?.permitted ?? [], describeName),
      excluded: bounded(nameConstraints?.excluded ?? [], describeName),
    }),
  ],
  [
    EXTENSION.policyConstraints,
    ({ policyConstraints }) => ({
      require_explicit_policy: policyConstraints?.requireExplicitPolicy ?? null,
      inhibit_policy_mapping: policyConstraints?.inhibitPolicyMapping ?? null,
    }),
  ],
  [
    EXTENSION.policyMappings,
    ({ policyMappings }) =>
      bounded(policyMappings ?? [], ({ issuerDomain, subjectDomain }) => ({
        issuer_domain: issuerDomain,
        subject_domain: subjectDomain,
      })),
  ],
  [EXTENSION.inhibitAnyPolicy, ({ inhibitAnyPolicy }) => inhibitAnyPolicy ?? null],
  [
    EXTENSION.freshestCrl,
    ({ freshestCrl }) => bounded(freshestCrl ?? [], ({ fullName }) => bounded(fullName, describeName)),
  ],
  [EXTENSION.tlsFeature, ({ tlsFeatures }) => bounded(tlsFeatures ?? [], (feature) => feature)],
  [EXTENSION.ocspNoCheck, () => true],
]);

/** Null when the extension is too long or cannot be decoded. */
function decodeValue(
  certificate: Certificate,
  extension: Extension,
  decodeWithLibrary: (der: Buffer) => Json | null,
): Json | null {
  const { oid, value, offset } = extension;
  if (value.length > MAX_EXTENSION_BYTES) return null;
  const own = OWN.get(oid);
  try {
    if (own !== undefined) return isDecoded(oid, certificate.decoded) ? own(certificate.decoded) : null;
    const source = new DerSource(certificate.der, () => {});
    return decodeWithLibrary(source.der(new DerCursor(source, offset, certificate.der.length).next('an extension')));
  } catch {
    // The library throws what it likes on content that it cannot read; our own reader has named the fault.
    return null;
  }
}

function isDecoded(oid: string, decoded: DecodedExtensions): boolean {
  const name = oid === EXTENSION.tlsFeature ? 'tlsFeatures' : extensionName(oid);
  return Object.hasOwn(decoded, name);
}

/**
 * The library's text object as JSON: its own value under a symbol, members by name, octets as hex.
 * An object that has nothing but its own value is that value.
 */
function toJson(value: unknown, ownValue: symbol, depth: number): Json {
  if (typeof value === 'number' || typeof value === 'boolean') return value;
  if (typeof value === 'string') return cleanText(value);
  if (value instanceof Date) return value.toISOString();
  if (value instanceof ArrayBuffer) return hex(Buffer.from(value));
  if (ArrayBuffer.isView(value)) return hex(Buffer.from(value.buffer, value.byteOffset, value.byteLength));
  if (typeof value !== 'object' || value === null || depth > MAX_DEPTH) return null;
  // An OctetString of the library.
  if ('buffer' in value && value.buffer instanceof ArrayBuffer) return hex(Buffer.from(value.buffer));
  if (Array.isArray(value)) return bounded(value, (member) => toJson(member, ownValue, depth + 1));
  const members = Object.entries(value).slice(0, MAX_MEMBERS);
  const own: unknown = Reflect.get(value, ownValue);
  if (members.length === 0) return own === undefined ? {} : toJson(own, ownValue, depth + 1);
  const [first] = members;
  if (members.length === 1 && first?.[0] === '') return toJson(first[1], ownValue, depth + 1);
  const json: Record<string, Json> = {};
  if (own !== undefined && own !== '') json.value = toJson(own, ownValue, depth + 1);
  for (const [name, member] of members)
    json[name === '' ? 'value' : snakeCase(name)] = toJson(member, ownValue, depth + 1);
  return json;
}

function describeName(name: GeneralName): Json {
  switch (name.type) {
    case 'ip':
      return { ip: hex(name.value) };
    case 'directory':
      return { directory: name.value.text };
    case 'dns':
    case 'email':
    case 'uri':
    case 'registered_id':
      return { [name.type]: cleanText(name.value) };
    default:
      return { [name.type]: hex(name.der) };
  }
}

function bounded<Member>(members: readonly Member[], show: (member: Member) => Json): Json[] {
  const shown = members.slice(0, MAX_MEMBERS).map(show);
  return members.length > MAX_MEMBERS ? [...shown, `… and ${members.length - MAX_MEMBERS} more`] : shown;
}

function hex(octets: Buffer): string {
  const text = octets.toString('hex', 0, MAX_HEX_BYTES);
  return octets.length > MAX_HEX_BYTES ? `${text}…` : text;
}

/** `subjectAltName` and `CA Issuers` in the spelling of answers. OIDs stay as they are. */
function snakeCase(name: string): string {
  return cleanText(name, 128)
    .replace(/([a-z])([A-Z])/g, '$1_$2')
    .replaceAll(' ', '_')
    .toLowerCase();
}

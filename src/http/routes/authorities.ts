import type { Hono } from 'hono';
import type { AnchorSet } from '../../domain/anchor-set.ts';
import type { Caller } from '../../domain/caller.ts';
import type { Certificate, PublicKeyFacts } from '../../domain/certificate.ts';
import { Problem } from '../../domain/problem.ts';
import { formatTime } from '../../domain/time.ts';
import { chooseMediaType } from '../accept.ts';
import { quoted } from '../caller-text.ts';
import { largeAnswer } from '../compression.ts';
import type { HttpEnv } from '../http-env.ts';
import type { AuthorityListing } from '../ports.ts';
import { parseQuery } from '../query.ts';
import { resource } from '../resource.ts';
import { type AuthorityDocument, type AuthorityList, authorityQuerySchema } from '../schemas/authority.ts';

/** The CA references that a request may name, and what each of them holds. */
export function authorityRoutes(
  app: Hono<HttpEnv>,
  authorities: () => AuthorityListing,
  defaultRefs: readonly string[],
): void {
  resource(app, '/authorities', {
    GET(c) {
      chooseMediaType(c.req.header('Accept'), ['application/json']);
      const list = listOf(visibleTo(c.get('caller'), authorities()), defaultRefs);
      return largeAnswer(c.req.raw, JSON.stringify(list), { headers: JSON_HEADERS });
    },
  });
  resource(app, '/authorities/:name', {
    GET(c) {
      const { format } = parseQuery(c.req.url, authorityQuerySchema);
      const set = find(visibleTo(c.get('caller'), authorities()), c.req.param('name') ?? '');
      if (format === 'pem') {
        chooseMediaType(c.req.header('Accept'), [PEM_TYPE]);
        return largeAnswer(c.req.raw, set.anchors.map(toPem).join('\n'), { headers: { 'Content-Type': PEM_TYPE } });
      }
      chooseMediaType(c.req.header('Accept'), ['application/json']);
      return largeAnswer(c.req.raw, JSON.stringify(documentOf(set, defaultRefs)), { headers: JSON_HEADERS });
    },
  });
}

const PEM_TYPE = 'application/x-pem-file';
const JSON_HEADERS = { 'Content-Type': 'application/json' };

/** The references that the caller may name. */
function visibleTo({ grant }: Caller, listing: AuthorityListing): AuthorityListing {
  const allowed = grant?.authorities ?? null;
  if (allowed === null) return listing;
  const isVisible = (name: string) => allowed.includes(name);
  return {
    names: listing.names.filter(isVisible),
    find: (name) => (isVisible(name) ? listing.find(name) : null),
    missing: new Map([...listing.missing].filter(([name]) => isVisible(name))),
  };
}

function find(listing: AuthorityListing, name: string): AnchorSet {
  const set = listing.find(name);
  if (set !== null) return set;
  const reason = listing.missing.get(name);
  throw new Problem(
    'not_found',
    `There is no CA reference ${quoted(name)}${reason === undefined ? '' : ` (${reason})`}; those that exist: ${listing.names.join(', ')}.`,
  );
}

function listOf(listing: AuthorityListing, defaultRefs: readonly string[]): AuthorityList {
  const sets = listing.names.map((name) => listing.find(name)).filter((set) => set !== null);
  return {
    authorities: sets.map((set) => ({
      ...headOf(set, defaultRefs),
      anchors: set.anchors.length,
      intermediates: set.intermediates.length,
      url: `/authorities/${encodeURIComponent(set.name)}`,
    })),
    missing: [...listing.missing].map(([name, reason]) => ({ name, reason })),
  };
}

function documentOf(set: AnchorSet, defaultRefs: readonly string[]): AuthorityDocument {
  return {
    ...headOf(set, defaultRefs),
    anchors: set.anchors.map(certificateOf),
    intermediates: set.intermediates.map(certificateOf),
  };
}

function headOf(set: AnchorSet, defaultRefs: readonly string[]) {
  const isReserved = set.name === 'public' || set.name === 'system';
  return {
    name: set.name,
    kind: isReserved ? (set.name as 'public' | 'system') : ('configured' as const),
    default: defaultRefs.includes(set.name),
    sha256: set.sha256,
    skipped: set.skipped.map((block) => ({ ...block })),
  };
}

function certificateOf(certificate: Certificate): AuthorityDocument['anchors'][number] {
  return {
    subject: certificate.subject.text,
    issuer: certificate.issuer.text,
    serial: certificate.serial,
    sha256: certificate.sha256,
    spki_sha256: certificate.spki.sha256,
    not_before: formatTime(certificate.notBefore),
    not_after: formatTime(certificate.notAfter),
    key: keyOf(certificate.spki.facts),
    signature_algorithm: certificate.signature.algorithm.name,
  };
}

function keyOf(facts: PublicKeyFacts): AuthorityDocument['anchors'][number]['key'] {
  return {
    type: facts.type,
    bits: facts.bits,
    ...('curve' in facts && { curve: facts.curve }),
    ...('parameterSet' in facts && { parameter_set: facts.parameterSet }),
  };
}

/** RFC 7468 §3; the subject before it, as bundles have it (text outside blocks is ignored, §2). */
function toPem(certificate: Certificate): string {
  const lines = certificate.der.toString('base64').match(/.{1,64}/g) ?? [];
  const subject = certificate.subject.text.replaceAll('-----', '');
  return [`# ${subject}`, '-----BEGIN CERTIFICATE-----', ...lines, '-----END CERTIFICATE-----', ''].join('\n');
}

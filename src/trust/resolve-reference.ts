import type { AnchorSet } from '../domain/anchor-set.ts';
import { isAuthorityName } from '../domain/authority-name.ts';
import type { Certificate } from '../domain/certificate.ts';
import { Problem } from '../domain/problem.ts';
import type { CaReference } from '../domain/request.ts';
import { readPem } from '../x509/pem.ts';
import type { AuthoritySnapshot } from './authorities.ts';
import { anchorSetOf, type Defect, readBundle } from './bundle.ts';

/** Bounds of one PEM field of a request. */
export const MAX_INLINE_BYTES = 1024 * 1024;
export const MAX_INLINE_CERTIFICATES = 200;
/** Wrong blocks of one field that are told. */
const MAX_DEFECTS_TOLD = 10;

/** What a request is judged against. */
export interface TrustInputs {
  /** One for each reference, in the order given, `inline` last; never empty. */
  readonly anchorSets: readonly AnchorSet[];
  /** Given by the request: candidates for the path, never anchors. */
  readonly intermediates: readonly Certificate[];
  /** DER of the CRLs given by the request, not yet read. */
  readonly crls: readonly Buffer[];
}

/**
 * Looks up the references of a request and reads its PEM. `defaultRefs` apply when the request names no anchors
 * (`ca` absent, or nothing but intermediates in it): naming any replaces them all.
 * Throws the problems `unknown_ca` and `invalid_ca`.
 */
export function resolveReference(
  reference: CaReference | null,
  authorities: AuthoritySnapshot,
  defaultRefs: readonly string[],
): TrustInputs {
  const pem = reference?.pem ?? null;
  const named = reference?.refs ?? [];
  const refs = named.length === 0 && pem === null ? defaultRefs : named;
  const anchorSets = [...new Set(refs)].map((name) => findAuthority(name, authorities));
  if (pem !== null) anchorSets.push(anchorSetOf('inline', { anchors: readInline(pem, '/ca/pem') }));
  const intermediatesPem = reference?.intermediatesPem ?? null;
  return {
    anchorSets,
    intermediates: intermediatesPem === null ? [] : readInline(intermediatesPem, '/ca/intermediates_pem'),
    crls: reference === null || reference.crlsPem === null ? [] : readInlineCrls(reference.crlsPem),
  };
}

function findAuthority(name: string, authorities: AuthoritySnapshot): AnchorSet {
  const set = authorities.find(name);
  if (set === null) {
    const missing = authorities.missing.get(name);
    const said = isAuthorityName(name) ? `no CA reference ${name}` : 'no CA reference of that name';
    const because = missing === undefined ? '' : ` (${missing})`;
    throw new Problem('unknown_ca', `There is ${said}${because}. Those that exist: ${authorities.names.join(', ')}.`);
  }
  if (set.anchors.length === 0) {
    const [first] = set.skipped;
    const because = first === undefined ? 'it is empty' : `block ${first.position}: ${first.reason}`;
    throw new Problem('invalid_ca', `The authority ${name} has no certificate that can be used (${because}).`);
  }
  return set;
}

/** The certificates of a PEM field, every block of which must be one. */
function readInline(pem: string, pointer: string): readonly Certificate[] {
  assertSize(pem, pointer);
  const { certificates, defects } = readBundle(pem, MAX_INLINE_CERTIFICATES);
  if (defects.length > 0) throw invalidBlocks(pointer, defects);
  if (certificates.length === 0) {
    throw invalid(
      pointer,
      'no_certificate',
      'holds no PEM block: a certificate begins with -----BEGIN CERTIFICATE-----',
    );
  }
  return certificates;
}

const CRLS_POINTER = '/ca/crls_pem';

/** The CRLs of a request. What stands inside of a block is judged with the certificates, as a finding. */
function readInlineCrls(pem: string): readonly Buffer[] {
  assertSize(pem, CRLS_POINTER);
  const { blocks, errors } = readPem(pem, MAX_INLINE_CERTIFICATES);
  const defects: Defect[] = [
    ...errors.map(({ fault, position, line, detail }) => ({ kind: fault, position, line, reason: detail })),
    ...blocks
      .filter(({ label }) => label !== 'X509 CRL')
      .map(({ position, line }) => ({
        kind: 'not_a_crl' as const,
        position,
        line,
        reason: 'the block is no X509 CRL',
      })),
  ];
  if (defects.length > 0) throw invalidBlocks(CRLS_POINTER, defects);
  if (blocks.length === 0) {
    throw invalid(CRLS_POINTER, 'no_crl', 'holds no PEM block: a CRL begins with -----BEGIN X509 CRL-----');
  }
  return blocks.map(({ der }) => der);
}

function assertSize(pem: string, pointer: string): void {
  if (Buffer.byteLength(pem) <= MAX_INLINE_BYTES) return;
  throw invalid(pointer, 'too_large', `is larger than ${MAX_INLINE_BYTES} bytes`);
}

function invalid(pointer: string, code: string, complaint: string): Problem {
  return new Problem('invalid_ca', `${pointer} ${complaint}.`, { errors: [{ pointer, code, detail: complaint }] });
}

/** Names every wrong block; never with content of it, since that may be a key. */
function invalidBlocks(pointer: string, defects: readonly Defect[]): Problem {
  const told = defects.slice(0, MAX_DEFECTS_TOLD).map(({ kind, position, line, reason }) => {
    const advice = kind === 'private_key' ? ', which never belongs into a request: treat it as compromised' : '';
    return { pointer, code: kind, detail: `block ${position} (line ${line}): ${reason}${advice}` };
  });
  const [first] = told;
  const more = defects.length > 1 ? ` (the first of ${defects.length} wrong blocks)` : '';
  return new Problem('invalid_ca', `${pointer}, ${first?.detail}${more}.`, { errors: told });
}

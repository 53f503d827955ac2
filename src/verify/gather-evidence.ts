import { judgePath } from '../checks/judge-path.ts';
import { type Certificate, isReadable, type ReadCertificate } from '../domain/certificate.ts';
import type { Evidence } from '../domain/evidence.ts';
import type { VerifyRequest } from '../domain/request.ts';
import { checkCertificateSignature } from '../path/certificate-signature.ts';
import type { TrustInputs } from '../trust/resolve-reference.ts';
import { readCertificate } from '../x509/certificate.ts';
import type { FetchIssuers } from './fetch-issuers.ts';
import { choosePath, findPaths } from './find-paths.ts';
import type { KnownPaths } from './known-paths.ts';
import type { ObtainedChain } from './obtain-chain.ts';

/** Certificates of a chain that are read and judged; the rest is counted. */
export const MAX_CERTIFICATES_JUDGED = 100;

export interface GatherEvidenceDeps {
  /** Milliseconds since the epoch, floored to the second. */
  readonly at: number;
  readonly compromisedKeys: ReadonlySet<string>;
  /** Null when nothing is to be fetched. */
  readonly fetchIssuers: FetchIssuers | null;
  /** Those that were found with these `compromisedKeys`. */
  readonly knownPaths: KnownPaths;
}

/** All facts but revocation: the chain read, and the best path to each CA reference. */
export async function gatherEvidence(
  request: VerifyRequest,
  chain: ObtainedChain,
  trust: TrustInputs,
  { at, compromisedKeys, fetchIssuers, knownPaths }: GatherEvidenceDeps,
): Promise<Omit<Evidence, 'revocation'>> {
  const { policy } = request;
  const presented = chain.certificates.slice(0, MAX_CERTIFICATES_JUDGED).map(readCertificate);
  const leaf = leafOf(presented);
  const facts = {
    mode: chain.mode,
    // A SPIFFE ID is the reference identity instead of the host's name, which such certificates rarely have.
    reference: request.expect?.spiffeId ? null : (request.target?.host ?? null),
    at,
    policy,
    expect: request.expect,
    connection: chain.connection,
    handshake: chain.handshake,
    handshakeFaults: chain.handshakeFaults,
    presented,
    presentedTotal: chain.certificates.length,
    leaf,
    isSelfSigned,
    compromisedKeys,
  };
  if (leaf === null) return { ...facts, trust: [], path: null };
  const search = {
    leaf,
    presented,
    requested: trust.intermediates,
    anchorSets: trust.anchorSets,
    at,
    policy,
    judge: (path, ca) => judgePath(path, { ...facts, ca }),
    fetchIssuers,
    knownPaths,
    judgedBy: `${chain.mode} ${chain.handshake?.keyExchange}`,
  } satisfies Parameters<typeof findPaths>[0];
  const rows = await findPaths(search);
  return { ...facts, trust: rows, path: choosePath(rows, search)?.path ?? null };
}

function leafOf([first]: readonly ReadCertificate[]): Certificate | null {
  return first !== undefined && isReadable(first) ? first : null;
}

/**
 * Signed by its own key. An end entity is self-issued as well then (RFC 5280 §3.2): it may have the key of its CA by
 * mistake. The certificate by which a CA hands out its key may name another issuer than itself.
 * Asked of every certificate of every path that is tried, so the outcome has to be kept.
 */
function isSelfSigned(certificate: Certificate): boolean {
  const isPossible = certificate.selfIssued || certificate.decoded.basicConstraints?.ca === true;
  return isPossible && checkCertificateSignature(certificate.spki, certificate) === 'valid';
}

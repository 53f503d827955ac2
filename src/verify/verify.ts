import { type RunChecksHooks, runChecks } from '../checks/run-checks.ts';
import type { Caller } from '../domain/caller.ts';
import type { ClientIdentity } from '../domain/client-identity.ts';
import type { CaReference, VerifyRequest } from '../domain/request.ts';
import type { Verdict } from '../domain/verdict.ts';
import type { Dialer } from '../net/dial.ts';
import { createFetchAllowance, type FetchAllowance } from '../net/fetch-document.ts';
import type { TrustInputs } from '../trust/resolve-reference.ts';
import { type Deadline, startDeadline } from './deadline.ts';
import { accessDocuments, type DocumentAccess, type DocumentSources } from './document-sources.ts';
import { createFetchIssuers, type FetchIssuers } from './fetch-issuers.ts';
import { gatherEvidence } from './gather-evidence.ts';
import { gatherRevocation } from './gather-revocation.ts';
import { createKnownPaths } from './known-paths.ts';
import { obtainChain } from './obtain-chain.ts';
import { offerIdentity } from './offer-identity.ts';
import { decodeShown } from './report/details.ts';
import { reportVerdict } from './report/verdict.ts';

export interface VerifyDeps extends RunChecksHooks {
  /** Throws the problems `unknown_ca` and `invalid_ca`; `null` is the configured default. */
  readonly resolveTrust: (ca: CaReference | null) => TrustInputs;
  /** Throws the problems `unknown_client_certificate` and `client_certificate_forbidden`; null shows none. */
  readonly resolveIdentity: (request: VerifyRequest) => ClientIdentity | null;
  readonly dialer: Dialer;
  readonly documents: DocumentSources;
  /** SHA-256 of each SubjectPublicKeyInfo that the operator holds for compromised. */
  readonly compromisedKeys: ReadonlySet<string>;
  /** The wall clock, milliseconds since the epoch. */
  readonly now: () => number;
  /** Version of this service, as answers name it. */
  readonly engine: string;
}

export interface VerifyContext {
  /** Aborted when the caller goes away; reaches the socket. */
  readonly signal: AbortSignal;
  readonly requestId: string;
  readonly caller: Caller;
}

/**
 * The use case: one target (or one chain), judged.
 * Throws `Problem` for a request that must be refused; everything about the target is in the verdict.
 */
export type Verify = (request: VerifyRequest, context: VerifyContext) => Promise<Verdict>;

export function createVerify(deps: VerifyDeps): Verify {
  const knownPaths = createKnownPaths();
  return async (request, { signal, requestId, caller }) => {
    const checkedAt = deps.now();
    const startedAt = performance.now();
    const trust = deps.resolveTrust(request.ca);
    const identity = deps.resolveIdentity(request);
    const judging = { compromisedKeys: deps.compromisedKeys, knownPaths };
    const offer = { ...judging, onCheckError: deps.onCheckError, now: floorToSecond(checkedAt), trust };
    const deadline = startDeadline(request.timeoutMs, signal);
    const allowance = createFetchAllowance();
    try {
      const chain = await obtainChain(request, deadline, {
        dialer: deps.dialer,
        caller: caller.id,
        identity: identity && offerIdentity(identity, request, offer),
      });
      const judgedAt = performance.now();
      const found = await gatherEvidence(request, chain, trust, {
        ...judging,
        at: floorToSecond(request.at ?? checkedAt),
        fetchIssuers: request.aia ? issuerSource(request, { ...deps, deadline, allowance, caller: caller.id }) : null,
      });
      const pathMs = Math.round(performance.now() - judgedAt);
      const { revocation, revocationMs } = await gatherRevocation(request, found, trust, {
        deadline,
        documents: deps.documents,
        allowance,
        now: deps.now,
        caller: caller.id,
      });
      const evidence = { ...found, revocation };
      const results = runChecks(evidence, deps);
      const details = await decodeShown(evidence.presented, request.include);
      return reportVerdict({
        request,
        requestId,
        evidence,
        results,
        details,
        anchorSets: trust.anchorSets,
        timing: { ...chain.timing, path_ms: pathMs, ...(revocation && { revocation_ms: revocationMs }) },
        checkedAt,
        durationMs: Math.round(performance.now() - startedAt),
        engine: deps.engine,
      });
    } finally {
      deadline.end();
    }
  };
}

/** Of the time that is left, for one document. */
const ISSUER_SHARE = 0.3;

/**
 * Each CA reference has its own access: what may be fetched depends on who brought the anchors. Who brings the chain
 * chooses its addresses before any signature of it is known to hold, so that counts as much.
 */
function issuerSource(
  { chainPem }: VerifyRequest,
  { documents, deadline, allowance, caller, now }: Pick<VerifyDeps, 'documents' | 'now'> & IssuerCaller,
): FetchIssuers {
  const byCa = new Map<string, DocumentAccess>();
  const accessFor = (ca: string): DocumentAccess => {
    const isCallers = ca === 'inline' || chainPem !== null;
    const options = { ca, isCallers, share: ISSUER_SHARE, allowance };
    const access = byCa.get(ca) ?? accessDocuments(documents, deadline, options);
    byCa.set(ca, access);
    return access;
  };
  return createFetchIssuers(accessFor, { caller, now });
}

interface IssuerCaller {
  readonly deadline: Deadline;
  readonly allowance: FetchAllowance;
  readonly caller: string;
}

function floorToSecond(ms: number): number {
  return Math.floor(ms / 1000) * 1000;
}

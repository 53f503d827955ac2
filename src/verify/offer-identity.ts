import { CHECKS } from '../checks/index.ts';
import { type RunChecksHooks, runChecks } from '../checks/run-checks.ts';
import type { CheckId } from '../domain/check-id.ts';
import type { ClientIdentity } from '../domain/client-identity.ts';
import { DEFAULT_POLICY } from '../domain/policy.ts';
import type { VerifyRequest } from '../domain/request.ts';
import type { OfferedIdentity } from '../tls/session.ts';
import type { TrustInputs } from '../trust/resolve-reference.ts';
import { type GatherEvidenceDeps, gatherEvidence } from './gather-evidence.ts';

/** What every client has judged before it shows a certificate of its own; revocation is asked about later. */
const DECIDING: readonly CheckId[] = ['trust', 'hostname', 'validity', 'key', 'signature', 'usage'];
const DECIDING_CHECKS = CHECKS.filter(({ id }) => DECIDING.includes(id));

export interface OfferIdentityDeps extends RunChecksHooks, Pick<GatherEvidenceDeps, 'compromisedKeys' | 'knownPaths'> {
  /** The moment of the verification, whatever moment the request asks about: milliseconds, floored to the second. */
  readonly now: number;
  readonly trust: TrustInputs;
}

/**
 * The identity with the rule by which it is shown: to a server whose certificate is trusted by a *named* CA reference,
 * valid now, and for the host of the request. Nothing that a caller brings weakens this: neither anchors in PEM, nor
 * another moment, policy or reference identity. Nothing is fetched meanwhile, since the server is waiting.
 */
export function offerIdentity(
  identity: ClientIdentity,
  request: VerifyRequest,
  { now, trust, compromisedKeys, knownPaths, onCheckError }: OfferIdentityDeps,
): OfferedIdentity {
  const strict = { ...request, expect: null, policy: DEFAULT_POLICY };
  const named = { ...trust, anchorSets: trust.anchorSets.filter(({ name }) => name !== 'inline') };
  return {
    ...identity,
    async objections(handshake) {
      const chain = {
        mode: 'connect',
        connection: null,
        handshake,
        handshakeFaults: [],
        certificates: handshake.certificates.map(({ der }) => der),
        timing: {},
      } as const;
      const deps = { at: now, compromisedKeys, knownPaths, fetchIssuers: null };
      const evidence = { ...(await gatherEvidence(strict, chain, named, deps)), revocation: null };
      return runChecks(evidence, { onCheckError }, DECIDING_CHECKS).flatMap(({ id, state }) =>
        state === 'pass' || state === 'warn' ? [] : [id],
      );
    },
  };
}

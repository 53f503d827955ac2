import { type Caller, type Grant, isNamedBy } from '../domain/caller.ts';
import { Problem } from '../domain/problem.ts';
import type { CaReference, VerifyRequest } from '../domain/request.ts';
import type { Target } from '../domain/target.ts';
import type { Verify } from '../verify/verify.ts';

/**
 * The use case within what the caller's token allows. Throws `Problem` `not_granted`.
 * @param defaultRefs the references that judge when a request names none
 */
export function permitVerify(verify: Verify, defaultRefs: readonly string[]): Verify {
  return async (request, context) => {
    permit(request, context.caller, defaultRefs);
    return verify(request, context);
  };
}

function permit(request: VerifyRequest, { grant }: Caller, defaultRefs: readonly string[]): void {
  if (grant === null) return;
  // A chain in the request is judged without dialling: its host is no target.
  if (request.target !== null && request.chainPem === null) permitTarget(request.target, grant);
  if (request.clientCertificate !== null) permitIdentity(request.clientCertificate, grant);
  if (grant.authorities === null) return;
  const allowed = new Set(grant.authorities);
  const refused = refsOf(request.ca, defaultRefs).find((ref) => !allowed.has(ref));
  if (refused !== undefined) {
    throw new Problem(
      'not_granted',
      `This token may not use the CA reference ${refused}; it may use ${grant.authorities.join(', ') || 'none'}.`,
    );
  }
}

/** The name that is judged and the one that is dialled: either alone would let the other be anything. */
function permitTarget({ host, connectTo }: Target, { targets }: Grant): void {
  if (targets === null) return;
  const refused = [host, ...(connectTo === null ? [] : [connectTo.host])].find((each) => !isNamedBy(targets, each));
  if (refused === undefined) return;
  const allowed = targets.map(({ text }) => text).join(', ') || 'nothing';
  throw new Problem('not_granted', `This token may not ask about ${refused.text}; it may ask about ${allowed}.`);
}

function permitIdentity(name: string, { identities }: Grant): void {
  if (identities === null || identities.includes(name)) return;
  // Nothing of what was asked for, which may be any text.
  throw new Problem(
    'not_granted',
    `This token may not use that client certificate; it may use ${identities.join(', ') || 'none'}.`,
  );
}

function refsOf(ca: CaReference | null, defaultRefs: readonly string[]): readonly string[] {
  if (ca === null) return defaultRefs;
  const inline = ca.pem === null ? [] : ['inline'];
  return ca.refs.length + inline.length === 0 ? defaultRefs : [...ca.refs, ...inline];
}

import type { Certificate } from '../domain/certificate.ts';
import type { Fault } from '../domain/fault.ts';

/** RFC 5280 §4.2.1.4. */
const ANY_POLICY = '2.5.29.32.0';

/**
 * One level of the valid policy graph (RFC 9618 §5): valid policy to its expected policies. Levels above and the edges
 * between them only serve to tell the caller which policies a path is good for; whether the graph is NULL depends on
 * the lowest level alone. So the work is linear in what the certificates contain.
 */
type PolicyLevel = ReadonlyMap<string, readonly string[]>;

/** The counters of RFC 5280 §6.1.2(d)-(f), and which certificate demands an explicit policy. */
interface PolicyState {
  explicitPolicy: number;
  inhibitAnyPolicy: number;
  policyMapping: number;
  demandedBy: Certificate;
}

/**
 * Certificate policies of a path, leaf first, its last certificate being the anchor (RFC 5280 §6.1.3(d)-(f),
 * §6.1.4(a), (b), (h)-(j), §6.1.5(a), (b), (g)). The user's initial set is any-policy and nothing is inhibited at the
 * start, so a path fails only where one of its certificates demands an explicit policy. Of the anchor the constraints
 * count, and its own policies do not, as in the algorithm.
 */
export function policyFaults(certificates: readonly Certificate[]): Fault[] {
  const mappings = certificates.slice(1, -1).flatMap(anyPolicyMappingFaults);
  const demands = certificates.some(
    ({ decoded }) => typeof decoded.policyConstraints?.requireExplicitPolicy === 'number',
  );
  return demands ? [...mappings, ...explicitPolicyFaults(certificates)] : mappings;
}

function explicitPolicyFaults(certificates: readonly Certificate[]): Fault[] {
  const anchor = certificates.at(-1);
  if (anchor === undefined) return [];
  const never = certificates.length + 1;
  const state = { explicitPolicy: never, inhibitAnyPolicy: never, policyMapping: never, demandedBy: anchor };
  applyConstraints(anchor, state);
  let level: PolicyLevel | null = new Map([[ANY_POLICY, [ANY_POLICY]]]);
  for (const certificate of certificates.slice(0, -1).toReversed()) {
    const isLast = certificate === certificates[0];
    level = nextLevel(level, certificate, state.inhibitAnyPolicy > 0 || (!isLast && certificate.selfIssued));
    if (isLast) wrapUp(certificate, state);
    // §6.1.3(f) and §6.1.5(g): a demand that has come into force, and no policy left to meet it.
    if (state.explicitPolicy === 0 && level === null) return [violation(certificate, state.demandedBy)];
    if (isLast) break;
    // §6.1.4(b) comes before the counters are changed for the next certificate.
    if (level !== null) level = mapPolicies(level, certificate, state.policyMapping > 0);
    if (!certificate.selfIssued) countDown(state);
    applyConstraints(certificate, state);
  }
  return [];
}

/** §6.1.3(d)-(e) as RFC 9618 §5.2 replaces it; null is the NULL graph. */
function nextLevel(level: PolicyLevel | null, { decoded }: Certificate, allowsAny: boolean): PolicyLevel | null {
  if (level === null || decoded.certificatePolicies === undefined) return null;
  const expected = new Set([...level.values()].flat());
  const next = new Map<string, readonly string[]>();
  const asserted = decoded.certificatePolicies.map(({ oid }) => oid);
  for (const oid of asserted) {
    if (oid !== ANY_POLICY && (expected.has(oid) || level.has(ANY_POLICY))) next.set(oid, [oid]);
  }
  if (allowsAny && asserted.includes(ANY_POLICY)) {
    for (const oid of expected) if (!next.has(oid)) next.set(oid, [oid]);
  }
  return next.size === 0 ? null : next;
}

/** §6.1.4(b): what the certificate maps is expected under its other names, or dropped where mapping is inhibited. */
function mapPolicies(level: PolicyLevel, { decoded }: Certificate, isAllowed: boolean): PolicyLevel | null {
  if (decoded.policyMappings === undefined) return level;
  const mapped = Map.groupBy(decoded.policyMappings, ({ issuerDomain }) => issuerDomain);
  const next = new Map(level);
  for (const [issuerDomain, mappings] of mapped) {
    if (!isAllowed) next.delete(issuerDomain);
    else if (level.has(issuerDomain) || level.has(ANY_POLICY)) {
      next.set(
        issuerDomain,
        mappings.map(({ subjectDomain }) => subjectDomain),
      );
    }
  }
  return next.size === 0 ? null : next;
}

/** §6.1.4(h). */
function countDown(state: PolicyState): void {
  if (state.explicitPolicy > 0) state.explicitPolicy--;
  if (state.policyMapping > 0) state.policyMapping--;
  if (state.inhibitAnyPolicy > 0) state.inhibitAnyPolicy--;
}

/** §6.1.4(i), (j). */
function applyConstraints(certificate: Certificate, state: PolicyState): void {
  const { policyConstraints, inhibitAnyPolicy } = certificate.decoded;
  const required = policyConstraints?.requireExplicitPolicy ?? state.explicitPolicy;
  if (required < state.explicitPolicy) {
    state.explicitPolicy = required;
    state.demandedBy = certificate;
  }
  state.policyMapping = Math.min(state.policyMapping, policyConstraints?.inhibitPolicyMapping ?? state.policyMapping);
  state.inhibitAnyPolicy = Math.min(state.inhibitAnyPolicy, inhibitAnyPolicy ?? state.inhibitAnyPolicy);
}

/** §6.1.5(a), (b). */
function wrapUp(leaf: Certificate, state: PolicyState): void {
  if (state.explicitPolicy > 0) state.explicitPolicy--;
  if (leaf.decoded.policyConstraints?.requireExplicitPolicy !== 0) return;
  if (state.explicitPolicy > 0) state.demandedBy = leaf;
  state.explicitPolicy = 0;
}

/** §6.1.4(a): mapping from or to anyPolicy would give a CA every policy of the other. */
function anyPolicyMappingFaults(certificate: Certificate): Fault[] {
  const isMapped = certificate.decoded.policyMappings?.some(
    ({ issuerDomain, subjectDomain }) => issuerDomain === ANY_POLICY || subjectDomain === ANY_POLICY,
  );
  if (isMapped !== true) return [];
  const subject = certificate.subject.text;
  const detail = `${subject} maps a policy from or to anyPolicy`;
  return [{ code: 'policy_constraint_violation', certificate: certificate.sha256, detail, evidence: { subject } }];
}

function violation(certificate: Certificate, demandedBy: Certificate): Fault {
  return {
    code: 'policy_constraint_violation',
    certificate: certificate.sha256,
    detail: `${demandedBy.subject.text} demands an explicit policy, and none is left that is valid for ${certificate.subject.text}`,
    evidence: {
      subject: demandedBy.subject.text,
      demanded_by_sha256: demandedBy.sha256,
      policies: (certificate.decoded.certificatePolicies ?? []).slice(0, 10).map(({ oid }) => oid),
    },
  };
}

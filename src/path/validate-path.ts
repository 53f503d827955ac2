import type { Certificate } from '../domain/certificate.ts';
import type { Fault } from '../domain/fault.ts';
import { FINDING_CODES } from '../domain/finding-codes.ts';
import type { PathStep } from '../domain/path.ts';
import { nameComparisons, type nameConstraintFaults } from './name-constraints.ts';
import { policyFaults } from './policies.ts';
import { MAX_NAME_COMPARISONS } from './search-limits.ts';

export interface ValidationInput {
  /** Leaf first; the last is the anchor, or the uppermost certificate of a path that reaches none. */
  readonly steps: readonly PathStep[];
  readonly maxIntermediates: number;
  /** `nameConstraintFaults`, or the same with a memory. */
  readonly judgeNames: typeof nameConstraintFaults;
}

/**
 * RFC 5280 §6.1 for one path, all faults of the area of trust and not the first alone. Signatures and the chaining of
 * names (§6.1.3(a)(1), (4)) are the search's, which joined the certificates by them; dates and revocation
 * (§6.1.3(a)(2), (3)) are judged elsewhere. Extensions of the anchor's certificate count like those of any CA.
 */
export function validatePath({ steps, maxIntermediates, judgeNames }: ValidationInput): Fault[] {
  const certificates = steps.map(({ certificate }) => certificate);
  return [
    ...certificates.flatMap(readingFaults),
    ...certificates.flatMap(unknownExtensionFaults),
    ...steps.slice(1).flatMap(issuerFaults),
    ...pathLengthFaults(certificates),
    ...tooManyIntermediates(steps, maxIntermediates),
    ...nameFaults(certificates, judgeNames),
    ...policyFaults(certificates),
  ];
}

/** What the reader found malformed; faults of other areas are those areas' to report. */
export function readingFaults(certificate: Certificate): Fault[] {
  return certificate.faults
    .filter(({ code }) => FINDING_CODES[code].check === 'trust')
    .map((fault) => ({ ...fault, certificate: certificate.sha256 }));
}

/** RFC 5280 §4.2, §6.1.4(o), §6.1.5(f). */
export function unknownExtensionFaults({ extensions, sha256, subject }: Certificate): Fault[] {
  return extensions
    .filter(({ critical, recognised }) => critical && !recognised)
    .map(({ oid, offset }) => ({
      code: 'unknown_critical_extension',
      certificate: sha256,
      detail: `extension ${oid} is critical, and it is not one that is processed`,
      evidence: { oid, offset, subject: subject.text },
    }));
}

/** RFC 5280 §6.1.4(k), (n): what a certificate needs for issuing others. */
export function issuerFaults({ certificate, source }: PathStep): Fault[] {
  const { basicConstraints, keyUsage } = certificate.decoded;
  const subject = certificate.subject.text;
  const faults: Fault[] = [];
  // Versions 1 and 2 have no extension to say it; the operator who made it an anchor has (§6.1.4(k), "out-of-band").
  const isCaByDecision = source === 'anchor' && certificate.version < 3;
  if (basicConstraints?.ca !== true && !isCaByDecision) {
    const detail = `${subject} is used as an issuer, and its basicConstraints do not make it a CA`;
    const evidence = { subject, has_basic_constraints: basicConstraints !== undefined, version: certificate.version };
    faults.push({ code: 'issuer_not_ca', certificate: certificate.sha256, detail, evidence });
  }
  if (keyUsage !== undefined && !keyUsage.has('key_cert_sign')) {
    const detail = `${subject} is used as an issuer, and its keyUsage lacks keyCertSign`;
    const evidence = { subject, key_usage: [...keyUsage] };
    faults.push({ code: 'issuer_cannot_sign', certificate: certificate.sha256, detail, evidence });
  }
  return faults;
}

/**
 * RFC 5280 §4.2.1.9, §6.1.4(l), (m): whether a CA allows so many certificates between it and the last one.
 * @param intermediates below `issuer`, self-issued ones not counted
 */
function pathLengthFaults(certificates: readonly Certificate[]): Fault[] {
  let intermediates = 0;
  return certificates.slice(1).flatMap((issuer) => {
    const below = intermediates;
    if (!issuer.selfIssued) intermediates++;
    return exceedsPathLength(issuer, below) ? [pathLengthFault(issuer, below)] : [];
  });
}

export function exceedsPathLength({ decoded }: Certificate, intermediatesBelow: number): boolean {
  return intermediatesBelow > (decoded.basicConstraints?.pathLength ?? Number.POSITIVE_INFINITY);
}

function pathLengthFault(issuer: Certificate, intermediates: number): Fault {
  const subject = issuer.subject.text;
  const limit = issuer.decoded.basicConstraints?.pathLength ?? null;
  return {
    code: 'path_length_exceeded',
    certificate: issuer.sha256,
    detail: `${intermediates} intermediates stand below ${subject}, which allows ${limit}`,
    evidence: { subject, intermediates, limit },
  };
}

/** Only of a path to an anchor: of any other it is known already that it is not good, however long it is. */
function tooManyIntermediates(steps: readonly PathStep[], limit: number): Fault[] {
  if (steps.at(-1)?.source !== 'anchor') return [];
  const intermediates = steps.slice(1, -1).filter(({ certificate }) => !certificate.selfIssued).length;
  if (intermediates <= limit) return [];
  const detail = `the path has ${intermediates} intermediates, and policy.max_intermediates is ${limit}`;
  return [{ code: 'chain_too_long', detail, evidence: { intermediates, limit } }];
}

/** Whether the names of the certificate at `depth` (0 = leaf) are subject to constraints (RFC 5280 §6.1.3(b), (c)). */
export function isConstrained(certificate: Certificate, depth: number): boolean {
  return depth === 0 || !certificate.selfIssued;
}

/** Counted before anything is compared: what costs too much is not judged, and so not good. */
function nameFaults(certificates: readonly Certificate[], judgeNames: typeof nameConstraintFaults): Fault[] {
  const pairs = certificates.flatMap((constrainer, depth) =>
    constrainer.decoded.nameConstraints === undefined
      ? []
      : certificates
          .slice(0, depth)
          .filter(isConstrained)
          .map((constrained) => ({ constrainer, constrained })),
  );
  const comparisons = pairs.reduce((sum, pair) => sum + nameComparisons(pair.constrainer, pair.constrained), 0);
  if (comparisons > MAX_NAME_COMPARISONS) {
    const detail = `names times name constraints of the path are ${comparisons}; at most ${MAX_NAME_COMPARISONS} are compared`;
    const evidence = { limit_name: 'name_comparisons', limit: MAX_NAME_COMPARISONS, comparisons };
    return [{ code: 'budget_exhausted', detail, evidence }];
  }
  return pairs.flatMap(({ constrainer, constrained }) => judgeNames(constrainer, constrained));
}

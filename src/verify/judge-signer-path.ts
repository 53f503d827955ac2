import { judgeKeys } from '../checks/key.ts';
import { type PathContext, pathContext } from '../checks/path-context.ts';
import { judgeSignatures } from '../checks/signature.ts';
import { judgeValidity } from '../checks/validity.ts';
import { type AnchorSet, createAnchorSet } from '../domain/anchor-set.ts';
import type { Certificate } from '../domain/certificate.ts';
import type { Evidence } from '../domain/evidence.ts';
import type { Fault } from '../domain/fault.ts';
import type { Candidate, CertificationPath } from '../domain/path.ts';
import { severityOf } from '../domain/severity.ts';
import { buildPath } from '../path/build-path.ts';
import { checkCertificateSignature } from '../path/certificate-signature.ts';
import type { SearchLimits } from '../path/search-limits.ts';
import type { JudgeSignerPath } from '../revocation/crl-signers.ts';

/** A signer of CRLs stands one or two levels below the anchor; a caller may bring many that would like to. */
const SIGNER_LIMITS: Partial<SearchLimits> = { steps: 256, paths: 8, nameComparisons: 2 ** 16 };

/**
 * Judges whether a certificate may be taken for the issuer of CRLs: by RFC 5280 §6.3.3(f) its own path has to be valid
 * up to the very trust anchor of the certificate in question, with all constraints of names and policies on the way.
 * @param candidates certificates that its path may use
 */
export function createSignerPathJudge(
  found: Omit<Evidence, 'revocation'>,
  candidates: readonly Certificate[],
): JudgeSignerPath {
  // Made when the first signer comes, which most verifications never meet.
  let world: SignerWorld | null = null;
  return (signer, budget) => {
    world ??= signerWorld(found, candidates);
    const { judge, usable, anchors } = world;
    let isCut = false;
    const { path, trusted, exhausted } = buildPath({
      leaf: signer,
      candidates: usable,
      anchors,
      at: found.at,
      policy: found.policy,
      judge,
      limits: SIGNER_LIMITS,
      verify(issuer, certificate) {
        if (budget.spend(issuer, certificate.tbs)) return checkCertificateSignature(issuer, certificate);
        isCut = true;
        return 'unsupported';
      },
    });
    const errors = [...path.faults, ...judge(path)].filter(
      (fault) => severityOf(fault, found.policy.profile) === 'error',
    );
    if (trusted && errors.length === 0) return { objection: null };
    if (isCut || exhausted) return 'not_checked';
    return { objection: [...new Set(errors.map(({ code }) => code))].join(', ') || 'untrusted_root' };
  };
}

/** What the path of a signer may use, and how it is judged. */
interface SignerWorld {
  readonly anchors: AnchorSet;
  readonly usable: readonly Candidate[];
  readonly judge: (path: CertificationPath) => readonly Fault[];
}

function signerWorld(found: Omit<Evidence, 'revocation'>, candidates: readonly Certificate[]): SignerWorld {
  const steps = found.path?.steps ?? [];
  const anchor = steps.at(-1)?.certificate;
  const anchors = createAnchorSet({
    name: '',
    sha256: '',
    anchors: anchor === undefined ? [] : [anchor],
    intermediates: [],
    crls: [],
    skipped: [],
  });
  const context: PathContext = pathContext({ ...found, revocation: null });
  const judge = (path: CertificationPath): Fault[] => [
    ...judgeValidity(path, context),
    ...judgeKeys(path, context),
    ...judgeSignatures(path),
  ];
  const usable = [...steps.slice(1, -1).map(({ certificate }) => certificate), ...candidates].map(asCandidate);

  return { anchors, usable, judge };
}

function asCandidate(certificate: Certificate): Candidate {
  return { certificate, source: 'request', presentedIndex: null };
}

import type { AnchorSet } from '../domain/anchor-set.ts';
import type { Certificate } from '../domain/certificate.ts';
import type { Fault } from '../domain/fault.ts';
import type { SignatureOutcome } from '../x509/signature.ts';
import { linksOf, type PartialPath } from './partial-path.ts';

/** The links of a path whose signature does not verify (RFC 5280 §6.1.3(a)(1)), each at the certificate that was signed. */
export function linkFaults(path: PartialPath): Fault[] {
  return linksOf(path).flatMap(({ link, step, below }) =>
    link === 'invalid' || link === 'unsupported' ? [signatureFault(below.step.certificate, step, link)] : [],
  );
}

function signatureFault(
  signed: Certificate,
  { certificate: issuer, source }: PartialPath['step'],
  outcome: Exclude<SignatureOutcome, 'valid'>,
): Fault {
  const isAnchor = source === 'anchor';
  const keyIdentifier = signed.decoded.authorityKeyIdentifier?.keyIdentifier ?? null;
  const issuerKeyIdentifier = issuer.decoded.subjectKeyIdentifier ?? null;
  const isOtherKey = keyIdentifier !== null && issuerKeyIdentifier !== null && keyIdentifier !== issuerKeyIdentifier;
  return {
    code: 'signature_invalid',
    certificate: signed.sha256,
    detail: [
      outcome === 'invalid'
        ? `the signature of ${signed.subject.text} was not made by the key of ${isAnchor ? 'the anchor ' : ''}${issuer.subject.text}`
        : `the signature of ${signed.subject.text} (${signed.signature.algorithm.name}) cannot be checked with the key of ${issuer.subject.text}`,
      ...(isOtherKey ? ['its authorityKeyIdentifier names another key of that issuer'] : []),
    ].join('; '),
    evidence: {
      subject: signed.subject.text,
      issuer: issuer.subject.text,
      issuer_sha256: issuer.sha256,
      issuer_is_anchor: isAnchor,
      outcome,
      algorithm: signed.signature.algorithm.name,
      authority_key_identifier: keyIdentifier,
      issuer_key_identifier: issuerKeyIdentifier,
    },
  };
}

/**
 * Why a path ends without an anchor, at its uppermost certificate.
 * @param selfSignature whether that certificate's own key made its signature; null when it is not its own issuer
 */
export function endFaults(path: PartialPath, anchors: AnchorSet, selfSignature: SignatureOutcome | null): Fault[] {
  const { certificate } = path.step;
  if (selfSignature === null) return [issuerNotFound(certificate, anchors)];
  const isLeaf = path.below === null;
  const subject = certificate.subject.text;
  const sameName = fingerprints(anchors.bySubject(certificate.subject.key));
  const hint = sameName.length > 0 ? '; an anchor of this name exists, but with another key' : '';
  const fault: Fault = {
    code: isLeaf ? 'self_signed' : 'untrusted_root',
    certificate: certificate.sha256,
    detail: `${subject} is its own issuer and not among the anchors of ${anchors.name}${hint}`,
    evidence: { subject, ca: anchors.name, anchors_of_same_name: sameName },
  };
  return selfSignature === 'valid' ? [fault] : [fault, signatureFault(certificate, path.step, selfSignature)];
}

function issuerNotFound({ issuer, decoded, sha256, subject }: Certificate, anchors: AnchorSet): Fault {
  const keyIdentifier = decoded.authorityKeyIdentifier?.keyIdentifier ?? null;
  // A CA that was renamed keeps its key: then an anchor has the identifier, and the name differs.
  const sameKey =
    keyIdentifier === null
      ? []
      : anchors.anchors.filter((anchor) => anchor.decoded.subjectKeyIdentifier === keyIdentifier);
  const hint = sameKey.length > 0 ? '; an anchor has its key identifier, but another name' : '';
  return {
    code: 'issuer_not_found',
    certificate: sha256,
    detail: `no certificate of ${issuer.text}, which issued ${subject.text}, leads further${hint}`,
    evidence: {
      issuer: issuer.text,
      subject: subject.text,
      authority_key_identifier: keyIdentifier,
      anchors_of_same_key_identifier: fingerprints(sameKey),
    },
  };
}

/** Anchors that evidence lists. */
const MAX_LISTED = 5;

/** In an order that does not depend on the order in the bundle. */
function fingerprints(certificates: readonly Certificate[]): string[] {
  return certificates
    .map(({ sha256 }) => sha256)
    .sort()
    .slice(0, MAX_LISTED);
}

/** The server's own certificate is the anchor: trusted, and worth knowing. */
export function leafIsAnchor({ sha256, subject }: Certificate): Fault {
  const detail = `${subject.text} is itself among the anchors`;
  return { code: 'leaf_is_anchor', certificate: sha256, detail, evidence: { subject: subject.text } };
}

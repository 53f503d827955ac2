import type { Certificate, ReadCertificate } from './certificate.ts';
import type { Expectations } from './expectations.ts';
import type { Fault } from './fault.ts';
import type { HandshakeRecord } from './handshake.ts';
import type { CertificationPath, TrustEvidence } from './path.ts';
import type { Policy } from './policy.ts';
import type { RevocationEvidence } from './revocation.ts';
import type { Host } from './target.ts';

/** How the connection went, name look-up to the TCP handshake. Null members were not reached. */
export interface ConnectionEvidence {
  /** Address that was connected to; null when none could be. */
  readonly address: string | null;
  /** All addresses of the name that may be dialled, in the order tried. */
  readonly addresses: readonly string[];
  readonly faults: readonly Fault[];
}

/**
 * Everything known about a target when the judging begins: facts, no judgement. Checks read it and nothing else.
 * `connection` and `handshake` are null when nothing was dialled (`chain_pem`).
 */
export interface Evidence {
  readonly mode: 'connect' | 'chain';
  /** The reference identity; null when names are not judged. */
  readonly reference: Host | null;
  /** The moment to judge for: milliseconds since the epoch, floored to the second. */
  readonly at: number;
  readonly policy: Policy;
  /** What the leaf must meet beside the name of the host; null when nothing was asked. */
  readonly expect: Expectations | null;
  readonly connection: ConnectionEvidence | null;
  readonly handshake: HandshakeRecord | null;
  readonly handshakeFaults: readonly Fault[];
  /** As sent, index 0 = leaf; at most the limit of certificates that are judged. */
  readonly presented: readonly ReadCertificate[];
  /** How many were sent in all. */
  readonly presentedTotal: number;
  /** The leaf when it could be read. */
  readonly leaf: Certificate | null;
  /** One for each CA reference; empty while the leaf is unknown. */
  readonly trust: readonly TrustEvidence[];
  /** The path that the checks judge: of the first trusting reference, or the best near miss. Null without a leaf. */
  readonly path: CertificationPath | null;
  /** Null when it was not asked for. */
  readonly revocation: RevocationEvidence | null;
  /**
   * Whether a certificate's signature verifies under its own key; issuer and subject need not be equal
   * (what RFC 5280 §4.2.1.1 exempts from the authority key identifier). Asked of few certificates.
   */
  readonly isSelfSigned: (certificate: Certificate) => boolean;
  /** SHA-256 of each SubjectPublicKeyInfo that the operator holds for compromised. */
  readonly compromisedKeys: ReadonlySet<string>;
}

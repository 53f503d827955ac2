import type { ParseError } from './parse-error.ts';

/** Identities and pins that the leaf must meet. Null = not asked for; a list that is asked for is not empty. */
export interface Expectations {
  /** Mailboxes, each of which must be an rfc822Name or SmtpUTF8Mailbox of the leaf. */
  readonly emails: readonly string[] | null;
  /** Takes the place of the host as the reference identity. */
  readonly spiffeId: string | null;
  /** SHA-256 of the leaf, lower-case hex; one of them must match, as in the two lists below. */
  readonly sha256: readonly string[] | null;
  /** Of the leaf's SubjectPublicKeyInfo. */
  readonly spkiSha256: readonly string[] | null;
  /** Of the SubjectPublicKeyInfo of a CA certificate of the path, the anchor's included. */
  readonly issuerSpkiSha256: readonly string[] | null;
}

/** The part before the last at sign is the mailbox's own, in UTF-8 if need be; no mailbox has a space or a control character. */
const MAILBOX = /^[^\s\p{C}]+@[!-~]+$/u;
const FINGERPRINT = /^[0-9a-f]{64}$/;
/** SPIFFE-ID §2: a trust domain of lower-case letters, digits, dot, hyphen and underscore, then path segments. */
const SPIFFE_ID = /^spiffe:\/\/[a-z0-9._-]{1,255}(?:\/(?!\.{1,2}(?:\/|$))[A-Za-z0-9._-]+)+$/;
const MAX_SPIFFE_ID = 2048;

export interface Text {
  readonly text: string;
}

/** A mailbox to look for. It need not be well formed: the certificate's need not be either. */
export function parseMailbox(text: string): Text | ParseError {
  return MAILBOX.test(text)
    ? { text }
    : { error: 'is no mailbox: name@domain in visible characters, the domain in A-labels (xn--)' };
}

/** SHA-256 in hex, in either case, with or without colons. */
export function parseFingerprint(text: string): Text | ParseError {
  const hex = text.replaceAll(':', '').toLowerCase();
  return FINGERPRINT.test(hex) ? { text: hex } : { error: 'is no SHA-256: 64 hexadecimal digits' };
}

/** The identity of a workload (a path is needed: without one it is that of a signing authority). */
export function parseSpiffeId(text: string): Text | ParseError {
  const isOne = text.length <= MAX_SPIFFE_ID && SPIFFE_ID.test(text);
  return isOne ? { text } : { error: 'is no SPIFFE ID of a workload: spiffe://trust-domain/path' };
}

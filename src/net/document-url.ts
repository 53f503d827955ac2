import { type Host, parseHost } from '../domain/target.ts';

/** Where a document is fetched: an `http:` URL in parts that were all looked at. */
export interface DocumentUrl {
  readonly host: Host;
  readonly port: number;
  /** Path and query, percent-encoded, beginning with a slash. */
  readonly path: string;
  /** As the Host field names it. */
  readonly authority: string;
}

/** Longer than any real address of a CRL or responder; an OCSP request in a path adds some hundred octets. */
const MAX_URL_LENGTH = 2048;

/**
 * Reads an address out of a certificate. `unsupported_scheme` for anything but http (`ldap:`, `file:`, also `https:`,
 * whose own certificate would have to be judged first); `unusable` for what is no address, or carries a user name.
 */
export function parseDocumentUrl(text: string): DocumentUrl | { readonly error: 'unsupported_scheme' | 'unusable' } {
  if (!/^http:/i.test(text)) return { error: /^[a-z][a-z0-9+.-]*:/i.test(text) ? 'unsupported_scheme' : 'unusable' };
  // Only what stands as it is meant: the parser of URLs would drop control characters and turn backslashes around.
  if (text.length > MAX_URL_LENGTH || !/^http:\/\/[!-~]+$/i.test(text) || text.includes('\\'))
    return { error: 'unusable' };
  if (!URL.canParse(text)) return { error: 'unusable' };
  const url = new URL(text);
  const host = parseHost(url.hostname);
  if (url.username !== '' || url.password !== '' || 'error' in host) return { error: 'unusable' };
  return {
    host,
    port: url.port === '' ? 80 : Number(url.port),
    path: `${url.pathname}${url.search}`,
    authority: url.host,
  };
}

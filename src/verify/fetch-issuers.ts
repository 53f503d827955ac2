import type { Certificate } from '../domain/certificate.ts';
import type { FetchSession } from '../net/fetch-document.ts';
import { readIssuerDocument } from '../x509/pkcs7.ts';

/** The certificates that a certificate's caIssuers addresses give, for a path to the anchors of one CA reference. */
export type FetchIssuers = (certificate: Certificate, ca: string) => Promise<readonly Certificate[]>;

/** A chain in a CMS message takes some kilobytes. */
const MAX_DOCUMENT_BYTES = 256 * 1024;
/** Addresses of one certificate that are tried. */
const MAX_ADDRESSES = 2;

/**
 * Asks where a certificate says that its issuer's certificate is (RFC 5280 §4.2.2.1). What comes back are candidates
 * for this one search: a path counts by its signatures alone, wherever its certificates come from.
 * @param sessionFor what may be fetched depends on who brought the anchors
 */
export function createFetchIssuers(sessionFor: (ca: string) => FetchSession, timeoutMs: number): FetchIssuers {
  return async ({ decoded }, ca) => {
    const urls = (decoded.authorityInfoAccess?.caIssuers ?? []).filter((url) => /^http:/i.test(url));
    for (const url of urls.slice(0, MAX_ADDRESSES)) {
      const request = {
        body: null,
        accept: 'application/pkix-cert, application/pkcs7-mime, */*',
        maxBytes: MAX_DOCUMENT_BYTES,
      };
      const fetched = await sessionFor(ca).fetch(url, request, timeoutMs);
      const certificates = 'bytes' in fetched ? readIssuerDocument(fetched.bytes) : [];
      if (certificates.length > 0) return certificates;
    }
    return [];
  };
}

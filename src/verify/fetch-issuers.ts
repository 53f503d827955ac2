import { hash } from 'node:crypto';
import type { Certificate } from '../domain/certificate.ts';
import { Claimants } from '../net/claimants.ts';
import { TOO_MANY_DOCUMENTS, TURN_MISSED } from '../net/fetch-document.ts';
import { checkCertificateSignature } from '../path/certificate-signature.ts';
import { heldBytes, type Keepable, keepFailureMs, keepUntil } from '../revocation/document-cache.ts';
import { readIssuerDocument } from '../x509/pkcs7.ts';
import type { DocumentAccess } from './document-sources.ts';

/** What a certificate's caIssuers addresses give, for a path to the anchors of one CA reference. */
export type FetchIssuers = (certificate: Certificate, ca: string) => Promise<FetchedIssuers>;

export interface FetchedIssuers {
  readonly certificates: readonly Certificate[];
  /** Which bound of ours kept an address from being asked; null when none did, or another address had the issuer. */
  readonly notAsked: string | null;
}

/** A chain in a CMS message takes some kilobytes. */
const MAX_DOCUMENT_BYTES = 256 * 1024;
/** Addresses of one certificate that are tried. */
const MAX_ADDRESSES = 2;
/** Certificates of one document that are tried as the issuer. */
const MAX_ISSUERS = 4;

/** What an address gave: null = no document, or none with the issuer of the certificate in it. */
interface IssuerDocument {
  readonly bytes: Buffer | null;
  /** For whom it is null: everybody, one who met a bound of its own, or (its SHA-256) one certificate. */
  readonly uselessFor: 'all' | 'caller' | `certificate ${string}`;
}

const USELESS: IssuerDocument = { bytes: null, uselessFor: 'all' };
const USELESS_BYTES = 64;

/**
 * Asks where a certificate says that its issuer's certificate is (RFC 5280 §4.2.2.1). What comes back are candidates
 * for this one search: a path counts by its signatures alone, wherever its certificates come from. A document is of
 * use when it has the issuer in it, and is kept only then, as bytes, for whoever has a certificate that names the same
 * address and was signed by a key in it: such a search would have been given the same.
 * @param accessFor what may be fetched and kept depends on who brought the anchors
 */
export function createFetchIssuers(
  accessFor: (ca: string) => DocumentAccess,
  { caller, now }: { readonly caller: string; readonly now: () => number },
): FetchIssuers {
  return async (certificate, ca) => {
    const access = accessFor(ca);
    const urls = (certificate.decoded.authorityInfoAccess?.caIssuers ?? []).filter((url) => /^http:/i.test(url));
    let notAsked: string | null = null;
    for (const url of urls.slice(0, MAX_ADDRESSES)) {
      if (!access.session.takeOne()) return { certificates: [], notAsked: TOO_MANY_DOCUMENTS };
      const { bytes, uselessFor } = await loadIssuers(url, certificate, { access, caller, now });
      if (bytes !== null) return { certificates: readIssuerDocument(bytes), notAsked: null };
      if (uselessFor === 'caller') notAsked = TURN_MISSED.detail;
    }
    return { certificates: [], notAsked };
  };
}

interface Asker {
  readonly access: DocumentAccess;
  readonly caller: string;
  readonly now: () => number;
}

async function loadIssuers(url: string, certificate: Certificate, asker: Asker): Promise<IssuerDocument> {
  const { cache, patience } = asker.access;
  const make = (claimants: Claimants) => fetchIssuers(url, certificate, { ...asker, claimants });
  if (cache === null) return (await make(new Claimants(asker.caller))).document;
  const ours = `certificate ${certificate.sha256}`;
  const uselessKey = `no issuer ${url} ${certificate.sha256}`;
  if (cache.find(uselessKey) !== null) return USELESS;
  const fits = ({ bytes, uselessFor }: IssuerDocument): boolean =>
    bytes === null ? uselessFor === 'all' || uselessFor === ours : issuerIn(bytes, certificate) !== null;
  const key = `issuer ${url} ${hash('sha256', certificate.issuer.der)}`;
  const loaded = await cache.load(key, { caller: asker.caller, signal: patience(), fits }, make);
  if ('hadTurn' in loaded) return loaded.hadTurn ? USELESS : { bytes: null, uselessFor: 'caller' };
  const { document } = loaded;
  if (document.uselessFor === ours) cache.keep(uselessKey, { document, bytes: USELESS_BYTES, keepMs: keepFailureMs });
  return document;
}

async function fetchIssuers(
  url: string,
  certificate: Certificate,
  { access, claimants, now }: Asker & { readonly claimants: Claimants },
): Promise<Keepable<IssuerDocument>> {
  const request = {
    body: null,
    accept: 'application/pkix-cert, application/pkcs7-mime, */*',
    maxBytes: MAX_DOCUMENT_BYTES,
  };
  const fetched = await access.session.fetch(url, request, { timeoutMs: access.timeoutMs, claimants });
  if ('error' in fetched) {
    const isOurs = fetched.error === 'overloaded';
    const document = { bytes: null, uselessFor: isOurs ? 'caller' : 'all' } as const;
    return { document, bytes: USELESS_BYTES, keepMs: isOurs ? 0 : keepFailureMs };
  }
  const { bytes } = fetched;
  const issuer = issuerIn(bytes, certificate);
  if (issuer === null) {
    const document = { bytes: null, uselessFor: `certificate ${certificate.sha256}` } as const;
    return { document, bytes: 0, keepMs: 0 };
  }
  const document = { bytes, uselessFor: 'all' } as const;
  return { document, bytes: heldBytes(bytes), keepMs: keepUntil(issuer.notAfter, now()) };
}

/** The certificate in a document whose key made the signature of `certificate`. */
function issuerIn(bytes: Buffer, certificate: Certificate): Certificate | null {
  const named = readIssuerDocument(bytes).filter(({ subject }) => subject.key === certificate.issuer.key);
  const isIssuer = ({ spki }: Certificate) => checkCertificateSignature(spki, certificate) === 'valid';
  return named.slice(0, MAX_ISSUERS).find(isIssuer) ?? null;
}

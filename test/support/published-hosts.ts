import { createSecureContext } from 'node:tls';
import { certificateList } from './crl.ts';
import { type DocumentServer, startDocuments } from './document-server.ts';
import { ocspResponse } from './ocsp.ts';
import { intermediate, leaf, root } from './pki.ts';
import { startNodeTls } from './servers.ts';

const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;

/** Hosts under one CA that publishes everything: CRLs of both its levels, OCSP, and its intermediate. */
export interface PublishedHosts extends AsyncDisposable {
  readonly caPem: string;
  /** Every second one leaves its intermediate out. */
  readonly hosts: readonly string[];
  /** Of the TLS server that is all of them, by SNI. */
  readonly port: number;
  /** Of the server of documents. */
  readonly documentPort: number;
  /** How often each document was asked for so far, an OCSP response by what it was asked about. */
  requests(): ReadonlyMap<string, number>;
}

/**
 * @param now the moment around which everything is valid, read again for each document
 * @param crlLivesMs the CRL over the hosts is made anew for each request, and lives so long; the rest for a day
 */
export async function startPublishedHosts(
  count: number,
  { now, crlLivesMs = DAY_MS }: { readonly now: () => number; readonly crlLivesMs?: number },
): Promise<PublishedHosts> {
  const documents = await startDocuments();
  const dates = { notBefore: new Date(now() - DAY_MS), notAfter: new Date(now() + 365 * DAY_MS) };
  const ca = await root('Publishing Root', dates);
  const issuing = await intermediate(ca, 'Publishing CA', { ...dates, crlUrls: [documents.url('/root.crl')] });
  const leaves = await Promise.all(
    Array.from({ length: count }, (_, index) =>
      leaf(issuing, `host-${index}.published.example`, {
        ...dates,
        crlUrls: [documents.url('/issuing.crl')],
        ocspUrls: [documents.url(`/ocsp-${index}`)],
        issuerUrls: [documents.url('/issuing.cer')],
      }),
    ),
  );
  const fresh = (livesMs: number) => ({
    thisUpdate: new Date(now() - MINUTE_MS),
    nextUpdate: new Date(now() + livesMs),
  });
  documents.serve('/root.crl', certificateList({ issuer: ca, ...fresh(DAY_MS) }));
  documents.serve('/issuing.cer', issuing.der);
  documents.serve('/issuing.crl', (_request, response) =>
    response.end(certificateList({ issuer: issuing, ...fresh(crlLivesMs) })),
  );
  for (const [index, subject] of leaves.entries()) {
    documents.serve(`/ocsp-${index}`, ocspResponse({ issuer: issuing, subject, ...fresh(DAY_MS) }));
  }
  const contexts = leaves.map((each, index) =>
    createSecureContext({ cert: index % 2 === 0 ? each.pem + issuing.pem : each.pem, key: each.keyPem }),
  );
  const [first] = leaves;
  if (first === undefined) throw new Error('there is at least one host');
  const server = await startNodeTls({
    leaf: first,
    SNICallback: (name, done) => done(null, contexts[Number(/^host-(\d+)\./.exec(name)?.[1] ?? 0)]),
  });
  const close = async () => {
    await server.close();
    await documents.close();
  };
  return {
    caPem: ca.pem,
    hosts: leaves.map((_, index) => `host-${index}.published.example`),
    port: server.port,
    documentPort: documents.port,
    requests: () => countByUrl(documents),
    [Symbol.asyncDispose]: close,
  };
}

function countByUrl(documents: DocumentServer): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const { url } of documents.all()) counts.set(url, (counts.get(url) ?? 0) + 1);
  return counts;
}

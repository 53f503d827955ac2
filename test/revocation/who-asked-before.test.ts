import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Verdict } from '../../src/domain/verdict.ts';
import { certificateList, crlPem } from '../support/crl.ts';
import { context, oid, sequence, set, tlv, utf8 } from '../support/der.ts';
import { type DocumentServer, startDocuments } from '../support/document-server.ts';
import { bundle } from '../support/issued.ts';
import { ocspResponse } from '../support/ocsp.ts';
import { type Issued, intermediate, leaf, root } from '../support/pki.ts';
import { type AskedService, servingPort80, startService } from '../support/service.ts';

/*
 *  ca ── issuing ── server          rollover: the next key of issuing       signer: of indirect CRLs, below ca
 *           └── responder, without ocsp-nocheck
 */
const SERIAL = '0a41f0';
let ca: Issued;
let issuing: Issued;
let rollover: Issued;
let signer: Issued;
let responder: Issued;
let documents: DocumentServer;
let service: AskedService;
let folder: string;
let count = 0;

beforeAll(async () => {
  ca = await root('Root');
  issuing = await intermediate(ca, 'Issuing');
  rollover = await intermediate(ca, 'Issuing');
  signer = await intermediate(ca, 'CRL signer', { ca: false, keyUsage: ['crl_sign'] });
  responder = await intermediate(issuing, 'Responder', {
    ca: false,
    eku: ['1.3.6.1.5.5.7.3.9'],
    keyUsage: ['digital_signature'],
    serial: '0bad',
    notBefore: new Date('2026-05-15T00:00:00Z'),
  });
  documents = await startDocuments();
  folder = await mkdtemp(join(tmpdir(), 'ca-'));
  await writeFile(join(folder, 'corp.pem'), ca.pem);
  service = await startService({ CA_DIR: folder }, servingPort80(documents.port));
});
afterAll(async () => {
  await documents.close();
  await service[Symbol.asyncDispose]();
  await rm(folder, { recursive: true });
});

/** Those who ask about the same certificate, each with something of its own. */
const callers: readonly { readonly name: string; readonly body: () => object }[] = [
  { name: 'a named CA', body: () => ({ ca: 'corp' }) },
  { name: 'it and the next key', body: () => ({ ca: { refs: ['corp'], intermediates_pem: rollover.pem } }) },
  { name: 'it and a signer', body: () => ({ ca: { refs: ['corp'], intermediates_pem: signer.pem } }) },
  { name: 'it, for another day', body: () => ({ ca: 'corp', at: '2026-05-01T00:00:00Z' }) },
  { name: 'it, under webpki', body: () => ({ ca: 'corp', policy: { profile: 'webpki' } }) },
  {
    // It says nothing of the server itself: it covers some reasons alone.
    name: 'it and a CRL against the responder',
    body: () => {
      const entries = [{ serial: '0bad', reason: 1 }];
      const list = certificateList({ issuer: issuing, idp: someReasons, entries });
      return { ca: { refs: ['corp'], crls_pem: crlPem(list) } };
    },
  },
  { name: 'an inline CA and a signer', body: () => ({ ca: { pem: ca.pem, intermediates_pem: signer.pem } }) },
];

const flag = (number: number) => context(number, false, Buffer.from([0xff]));
const someReasons = context(3, false, Buffer.from([6, 0x40]));
const directory = (name: string) => context(4, true, sequence(set(sequence(oid('2.5.4.3'), utf8(name)))));
const uri = (text: string) => context(0, true, context(0, true, tlv(0x86, Buffer.from(text))));
const point = (url: string, ...more: readonly Buffer[]) => ({
  oid: '2.5.29.31',
  value: sequence(sequence(uri(url), ...more)),
});
const freshest = (url: string) => ({ oid: '2.5.29.46', value: sequence(sequence(uri(url))) });

/** What is published at the address that a certificate names, and the certificate. */
const publications: readonly {
  readonly name: string;
  readonly publish: (path: string, url: string) => Promise<Issued> | Issued;
}[] = [
  {
    name: 'a good CRL',
    publish: (path, url) => {
      documents.serve(path, certificateList({ issuer: issuing }));
      return host({ crlUrls: [url] });
    },
  },
  {
    name: 'a CRL of the next key',
    publish: (path, url) => {
      documents.serve(path, certificateList({ issuer: rollover, entries: [{ serial: SERIAL }] }));
      return host({ crlUrls: [url] });
    },
  },
  {
    name: 'an indirect CRL',
    publish: (path, url) => {
      const issuers = { oid: '2.5.29.29', critical: true, value: sequence(directory('Issuing')) };
      const entries = [{ serial: SERIAL, extensions: [issuers] }];
      documents.serve(path, certificateList({ issuer: signer, idp: flag(4), entries }));
      return host({ extensions: [point(url, context(2, true, directory('CRL signer')))] });
    },
  },
  {
    name: 'a CRL with a delta',
    publish: (path, url) => {
      documents.serve(path, certificateList({ issuer: issuing, extensions: [freshest(`${url}-delta`)] }));
      const delta = { number: 2, baseNumber: 1, entries: [{ serial: SERIAL }] };
      documents.serve(`${path}-delta`, certificateList({ issuer: issuing, ...delta }));
      return host({ crlUrls: [url] });
    },
  },
  {
    name: 'a CRL with a wrong signature',
    publish: (path, url) => {
      documents.serve(path, certificateList({ issuer: issuing, signingKey: ca.key }));
      return host({ crlUrls: [url] });
    },
  },
  {
    name: 'a CRL signed with SHA-1',
    publish: (path, url) => {
      documents.serve(path, certificateList({ issuer: issuing, digest: 'sha1' }));
      return host({ crlUrls: [url] });
    },
  },
  {
    name: 'an OCSP response of a responder that can be revoked, and was not appointed before May',
    publish: async (path, url) => {
      const server = await host({ ocspUrls: [url] });
      documents.serve(path, ocspResponse({ issuer: issuing, subject: server, responder }));
      return server;
    },
  },
  {
    name: 'nothing',
    publish: (_path, url) => host({ crlUrls: [url], ocspUrls: [`${url}-ocsp`] }),
  },
];

function host(options: object): Promise<Issued> {
  return leaf(issuing, 'host.example', { serial: SERIAL, ...options });
}

type Ask = (caller: (typeof callers)[number]) => Promise<unknown>;

/** A certificate with addresses that nobody has asked yet, for one round of callers. */
async function freshly({ publish }: (typeof publications)[number]): Promise<Ask> {
  const path = `/p${String(++count).padStart(6, '0')}`;
  const server = await publish(path, `http://127.0.0.1${path}`);
  return async ({ body }) => {
    const asked = { host: 'host.example', chain_pem: bundle(server, issuing), revocation: 'soft', ...body() };
    return told(await service.ask(asked), path);
  };
}

/** What an answer says of the certificate: all but whether it was said before, and what differs by round. */
function told({ verdict, checks, findings, revocation }: Verdict, path: string): unknown {
  const rows = revocation?.map((row) => ({
    ...row,
    cached: null,
    sources: row.sources.map((source) => ({ ...source, cached: null })),
  }));
  const said = findings.map(({ certificate, ...finding }) => ({ ...finding, index: certificate?.index }));
  const text = JSON.stringify({ verdict, checks, said, rows });
  return JSON.parse(text.replaceAll(path, '/PATH').replaceAll(/[0-9a-f]{64}/g, 'SHA256'));
}

describe.each(publications)('$name', (publication) => {
  it('is told to each caller as if nobody had asked before, or at the same time', { timeout: 60_000 }, async () => {
    for (const second of callers) {
      const alone = await (await freshly(publication))(second);
      for (const first of callers) {
        const pair = `${second.name}, after ${first.name}`;
        const one = await freshly(publication);
        await one(first);
        expect(await one(second), pair).toEqual(alone);
        const other = await freshly(publication);
        const [, together] = await Promise.all([other(first), other(second)]);
        expect(together, `${pair}, at once`).toEqual(alone);
      }
    }
  });
});

import { X509Certificate } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { createAnchorSet } from '../../../src/domain/anchor-set.ts';
import { isReadable } from '../../../src/domain/certificate.ts';
import { readCertificate } from '../../../src/x509/certificate.ts';
import { requestByContract } from '../../support/contract.ts';
import { intermediate, root } from '../../support/pki.ts';
import { testApp } from '../../support/test-app.ts';

const corpRoot = await root('Corp Root');
const corpIssuing = await intermediate(corpRoot, 'Corp Issuing');

function certificate(der: Buffer) {
  const read = readCertificate(der);
  if (!isReadable(read)) throw new Error(read.unreadable.detail);
  return read;
}

const corp = createAnchorSet({
  name: 'corp',
  sha256: 'c'.repeat(64),
  anchors: [certificate(corpRoot.der)],
  intermediates: [certificate(corpIssuing.der)],
  crls: [],
  skipped: [{ position: 1, reason: 'not a certificate' }],
});

const { app } = testApp({
  authorities: () => ({
    names: ['corp'],
    find: (name) => (name === 'corp' ? corp : null),
    missing: new Map([['system', 'there is no bundle']]),
  }),
  defaultRefs: ['corp'],
});

describe('GET /authorities', () => {
  it('lists what a request may name, and what it may not', async () => {
    const response = await requestByContract(app, '/authorities');
    expect(await response.json()).toEqual({
      authorities: [
        {
          name: 'corp',
          kind: 'configured',
          default: true,
          sha256: 'c'.repeat(64),
          anchors: 1,
          intermediates: 1,
          skipped: [{ position: 1, reason: 'not a certificate' }],
          url: '/authorities/corp',
        },
      ],
      missing: [{ name: 'system', reason: 'there is no bundle' }],
    });
  });
});

describe('GET /authorities/{name}', () => {
  it('shows its certificates with fingerprints and dates', async () => {
    const body = await (await requestByContract(app, '/authorities/corp')).json();
    expect(body).toMatchObject({
      anchors: [
        {
          subject: 'CN=Corp Root',
          sha256: new X509Certificate(corpRoot.der).fingerprint256.replaceAll(':', '').toLowerCase(),
          not_before: '2026-01-01T00:00:00Z',
          key: { type: 'ec', curve: 'P-256', bits: 256 },
        },
      ],
      intermediates: [{ subject: 'CN=Corp Issuing' }],
    });
  });

  it('gives its anchors as PEM, and nothing but them', async () => {
    const response = await requestByContract(app, '/authorities/corp?format=pem');
    expect(response.headers.get('Content-Type')).toBe('application/x-pem-file');
    const text = await response.text();
    expect(text.match(/BEGIN CERTIFICATE/g)).toHaveLength(1);
    expect(new X509Certificate(text).raw).toEqual(corpRoot.der);
  });

  it.each([
    { name: 'an unknown name', path: '/authorities/corp2', status: 404, code: 'not_found' },
    { name: 'a reference that this machine lacks', path: '/authorities/system', status: 404, code: 'not_found' },
    { name: 'a name that is no text', path: '/authorities/%ff', status: 404, code: 'not_found' },
    { name: 'an unknown format', path: '/authorities/corp?format=der', status: 400, code: 'invalid_request' },
    { name: 'an unknown parameter', path: '/authorities/corp?fromat=pem', status: 400, code: 'invalid_request' },
  ])('refuses $name', async ({ path, status, code }) => {
    const response = await requestByContract(app, path);
    expect(response.status).toBe(status);
    expect(await response.json()).toMatchObject({ code });
  });
});

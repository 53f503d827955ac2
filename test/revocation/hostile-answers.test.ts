import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { certificateList } from '../support/crl.ts';
import { tlv } from '../support/der.ts';
import { type Answer, type DocumentServer, startDocuments } from '../support/document-server.ts';
import { bundle } from '../support/issued.ts';
import { ocspError, ocspResponse } from '../support/ocsp.ts';
import { type Issued, intermediate, leaf, root } from '../support/pki.ts';
import { type AskedService, startService } from '../support/service.ts';

/* Under a named authority, whose callers are told what is wrong:  ca ── issuing ── server,   other: a stranger */
const SERIAL = '0a41f0';
const MEGABYTE = 2 ** 20;
let ca: Issued;
let issuing: Issued;
let other: Issued;
let server: Issued;
let noEku: Issued;
let documents: DocumentServer;
let service: AskedService;
let folder: string;
let path = '';
let count = 0;

beforeAll(async () => {
  ca = await root('Root');
  other = await root('Other');
  documents = await startDocuments();
  folder = await mkdtemp(join(tmpdir(), 'ca-'));
  await writeFile(join(folder, 'corp.pem'), ca.pem);
  service = await startService({ CA_DIR: folder, FETCH_PORTS: String(documents.port), FETCH_MAX_MB: '2' });
});
afterAll(async () => {
  await documents.close();
  await service[Symbol.asyncDispose]();
  await rm(folder, { recursive: true });
});
beforeEach(async () => {
  path = `/${++count}`;
  issuing = await intermediate(ca, 'Issuing', { serial: '0b', crlUrls: [documents.url(`${path}-root`)] });
  noEku = await intermediate(issuing, 'Responder', { ca: false, keyUsage: ['digital_signature'] });
  documents.serve(`${path}-root`, certificateList({ issuer: ca }));
});

/** Asks about a server whose certificate names these addresses. */
async function ask(kind: 'crl' | 'ocsp', answer: () => Answer, timeoutMs = 10_000) {
  const url = documents.url(path);
  server = await leaf(issuing, 'host.example', {
    serial: SERIAL,
    ...(kind === 'crl' ? { crlUrls: [url] } : { ocspUrls: [url] }),
  });
  documents.serve(path, answer());
  const asked = { host: 'host.example', chain_pem: bundle(server, issuing), ca: 'corp', timeout_ms: timeoutMs };
  const { findings, revocation } = await service.ask(asked);
  const told = findings.filter(({ check }) => check === 'revocation');
  return {
    status: revocation?.[0]?.status,
    codes: told.map(({ code, rule }) => `${code} ${rule ?? ''}`.trim()).toSorted(),
    tried: told.find(({ code }) => code === 'revocation_unknown')?.evidence.tried,
    rows: revocation,
  };
}

const crl = (options: object = {}) => certificateList({ issuer: issuing, ...options });
const ocsp = (options: object = {}) => ocspResponse({ issuer: issuing, subject: server, ...options });
const day = (text: string) => new Date(`${text}T00:00:00Z`);
const UNKNOWN = 'revocation_unknown revocation.soft';

type Row = { name: string; answer: () => Answer; status: string; codes: readonly string[] };

const crls: readonly Row[] = [
  { name: 'good', answer: () => crl(), status: 'good', codes: [] },
  { name: 'revoked', answer: () => crl({ entries: [{ serial: SERIAL }] }), status: 'revoked', codes: ['cert_revoked'] },
  {
    name: 'a serial of which it is a part',
    answer: () => crl({ entries: [{ serial: `5e${SERIAL}` }] }),
    status: 'good',
    codes: [],
  },
  {
    name: 'a serial that is a part of it',
    answer: () => crl({ entries: [{ serial: '41f0' }] }),
    status: 'good',
    codes: [],
  },
  {
    name: 'expired',
    answer: () => crl({ nextUpdate: day('2026-06-14') }),
    status: 'unknown',
    codes: ['crl_expired crl.expired', UNKNOWN],
  },
  {
    name: 'good, with the next one overdue',
    answer: () =>
      crl({ extensions: [{ oid: '1.3.6.1.4.1.311.21.4', value: tlv(0x17, Buffer.from('260614000000Z')) }] }),
    status: 'good',
    codes: ['crl_expired crl.next_publish_overdue'],
  },
  {
    name: 'of the future',
    answer: () => crl({ thisUpdate: day('2026-06-16') }),
    status: 'unknown',
    codes: ['crl_invalid crl.not_yet_valid', UNKNOWN],
  },
  {
    name: 'of a wrong issuer',
    answer: () => crl({ issuer: other }),
    status: 'unknown',
    codes: ['crl_invalid crl.issuer_not_found', UNKNOWN],
  },
  {
    name: 'with a wrong signature',
    answer: () => crl({ signingKey: other.key }),
    status: 'unknown',
    codes: ['crl_invalid crl.signature', UNKNOWN],
  },
  {
    name: 'truncated',
    answer: () => crl().subarray(0, -9),
    status: 'unknown',
    codes: ['crl_invalid crl.encoding', UNKNOWN],
  },
  {
    name: 'HTML',
    answer: () => Buffer.from('<!doctype html>'),
    status: 'unknown',
    codes: ['crl_invalid crl.encoding', UNKNOWN],
  },
];

const responses: readonly Row[] = [
  { name: 'good', answer: () => ocsp(), status: 'good', codes: [] },
  { name: 'revoked', answer: () => ocsp({ status: 'revoked' }), status: 'revoked', codes: ['cert_revoked'] },
  { name: 'unknown', answer: () => ocsp({ status: 'unknown' }), status: 'unknown', codes: [UNKNOWN] },
  { name: 'an error', answer: () => ocspError(6), status: 'unknown', codes: [UNKNOWN] },
  {
    name: 'expired',
    answer: () => ocsp({ nextUpdate: day('2026-06-15') }),
    status: 'unknown',
    codes: ['ocsp_response_invalid ocsp.expired', UNKNOWN],
  },
  {
    name: 'of the future',
    answer: () => ocsp({ thisUpdate: day('2026-06-16') }),
    status: 'unknown',
    codes: ['ocsp_response_invalid ocsp.not_yet_valid', UNKNOWN],
  },
  {
    name: 'of a wrong issuer',
    answer: () => ocsp({ issuer: other }),
    status: 'unknown',
    codes: ['ocsp_response_invalid ocsp.other_certificate', UNKNOWN],
  },
  {
    name: 'with a wrong signature',
    answer: () => ocsp({ signingKey: other.key }),
    status: 'unknown',
    codes: ['ocsp_response_invalid ocsp.signature', UNKNOWN],
  },
  {
    name: 'of a responder without the EKU',
    answer: () => ocsp({ responder: noEku }),
    status: 'unknown',
    codes: ['ocsp_response_invalid ocsp.responder_not_authorized', UNKNOWN],
  },
  {
    name: 'signed by the server itself',
    answer: () => ocsp({ responder: server }),
    status: 'unknown',
    codes: ['ocsp_response_invalid ocsp.responder_not_authorized', UNKNOWN],
  },
  {
    name: 'truncated',
    answer: () => ocsp().subarray(0, -9),
    status: 'unknown',
    codes: ['ocsp_response_invalid ocsp.encoding', UNKNOWN],
  },
  {
    name: 'HTML',
    answer: () => Buffer.from('<!doctype html>'),
    status: 'unknown',
    codes: ['ocsp_response_invalid ocsp.encoding', UNKNOWN],
  },
];

/** Octets that the flooding server could hand over before it was left. */
let flooded = 0;

function flood(announced?: number): Answer {
  return (_request, response) => {
    response.writeHead(200, announced === undefined ? {} : { 'Content-Length': announced });
    const block = Buffer.alloc(MEGABYTE / 4, 0x30);
    flooded = 0;
    const more = (): void => {
      if (response.destroyed) return;
      flooded += block.length;
      if (response.write(block)) setImmediate(more);
      else response.once('drain', more);
    };
    more();
  };
}

/** What never becomes a document: the reason, and what callers of a named authority are told of it. */
const failures: readonly { name: string; answer: () => Answer; told: RegExp; timeoutMs?: number }[] = [
  { name: 'no answer', answer: () => () => {}, told: /: unreachable/, timeoutMs: 500 },
  {
    name: 'a slow drip',
    answer: () => (_request, response) => {
      const timer = setInterval(() => response.write('0'), 20);
      response.on('close', () => clearInterval(timer));
    },
    told: /: unreachable/,
    timeoutMs: 500,
  },
  {
    name: 'a closed connection',
    answer: () => (_request, response) => response.destroy(),
    told: /: unreachable \(.*connection/,
  },
  { name: 'a gigabyte', answer: () => flood(), told: /: unusable \(.*longer/ },
  { name: 'a gigabyte that is announced', answer: () => flood(2 ** 30), told: /: unusable \(.*longer/ },
  {
    name: 'a redirect',
    answer: () => (_request, response) => response.writeHead(302, { Location: documents.url('/elsewhere') }).end(),
    told: /: unusable \(.*redirect/,
  },
  {
    name: 'a compressed bomb',
    answer: () => {
      const bomb = gzipSync(Buffer.alloc(64 * MEGABYTE));
      return (_request, response) => response.writeHead(200, { 'Content-Encoding': 'gzip' }).end(bomb);
    },
    told: /: unusable \(.*compressed/,
  },
  {
    name: 'fewer octets than announced',
    answer: () => (_request, response) => {
      response.writeHead(200, { 'Content-Length': 5000 });
      response.write('0');
      setTimeout(() => response.destroy(), 20);
    },
    told: /: unusable \(.*cut/,
  },
  {
    name: 'an error',
    answer: () => (_request, response) => response.writeHead(503).end(),
    told: /: unusable \(.*503/,
  },
];

describe('the CRL at the address of a certificate', () => {
  it.each(crls)('$name: $status, $codes', async ({ answer, status, codes }) => {
    expect(await ask('crl', answer)).toMatchObject({ status, codes });
  });

  it('revokes an intermediate', async () => {
    documents.serve(`${path}-root`, certificateList({ issuer: ca, entries: [{ serial: '0b' }] }));
    const { rows, codes } = await ask('crl', () => crl());
    expect(rows?.map(({ status }) => status)).toEqual(['good', 'revoked']);
    expect(codes).toEqual(['chain_cert_revoked']);
  });
});

describe('the OCSP response at the address of a certificate', () => {
  it.each(responses)('$name: $status, $codes', async ({ answer, status, codes }) => {
    expect(await ask('ocsp', answer)).toMatchObject({ status, codes });
  });
});

describe.each(['crl', 'ocsp'] as const)('what is no document, where %s is asked for', (kind) => {
  it.each(failures)('$name', async ({ answer, told, timeoutMs }) => {
    const { status, codes, tried } = await ask(kind, answer, timeoutMs);
    expect({ status, codes }).toEqual({ status: 'unknown', codes: [UNKNOWN] });
    expect(tried).toEqual([expect.stringMatching(told)]);
    expect(documents.seen('/elsewhere')).toEqual([]);
  });

  it.each([undefined, 2 ** 30])(
    'is left after a little more than was to be read (announced: %s)',
    async (announced) => {
      await ask(kind, () => flood(announced));
      // What was read, and what the sockets hold on both sides.
      expect(flooded).toBeLessThan(32 * MEGABYTE);
    },
  );
});

it('leaves memory flat', async () => {
  const askEach = async (rounds: number): Promise<void> => {
    for (let round = 0; round < rounds; round++) {
      for (const { answer } of [...failures, ...crls]) await ask('crl', answer, 150);
      for (const { answer } of [...failures, ...responses]) await ask('ocsp', answer, 150);
    }
  };
  await askEach(1);
  const before = await heldBytes();
  await askEach(4);
  // Each flood that was held would be two megabytes; what is kept of failures is some kilobytes each.
  expect((await heldBytes()) - before).toBeLessThan(12 * MEGABYTE);
}, 60_000);

/** What is reachable in this process, the service and the server of the documents together. */
async function heldBytes(): Promise<number> {
  setFlagsFromString('--expose-gc');
  await runInNewContext('gc')({ execution: 'async' });
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

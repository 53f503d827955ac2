import { sign, verify } from 'node:crypto';
import { type Certificate, isReadable } from '../../../src/domain/certificate.ts';
import type { OcspResponse, ReadOcspResponse } from '../../../src/domain/ocsp-response.ts';
import { severityOf } from '../../../src/domain/severity.ts';
import { judgeOcsp } from '../../../src/revocation/ocsp-judgement.ts';
import { parseCertificate } from '../../../src/x509/certificate.ts';
import { keyObjectOf } from '../../../src/x509/key-object.ts';
import { readOcspResponse } from '../../../src/x509/ocsp-response.ts';
import { integer, nil, octets } from '../../support/der.ts';
import { type OcspOptions, ocspError, ocspResponse } from '../../support/ocsp.ts';
import { issue } from '../../support/pki.ts';
import type { DerElement } from '../der-elements.ts';
import { FUZZED_AT, fixedKey, fixedPki } from '../fixed-pki.ts';
import { type FuzzTarget, promise } from '../fuzz-target.ts';
import { mutateDer } from '../mutate-der.ts';
import { signedAgain } from '../sign-again.ts';

/** The OCSP reader alone. */
export async function ocspTarget(): Promise<FuzzTarget> {
  const { corpus } = await fixedResponses();
  return { corpus, mutate: mutateDer, check: checkResponse };
}

/** The judgement on an OCSP response, whose changes its responder signs in half of the cases. */
export async function ocspJudgementTarget(): Promise<FuzzTarget> {
  const { corpus, issuing, server, responder } = await fixedResponses();
  const subject = { certificate: readable(server.der), issuer: readable(issuing.der) };
  const genuine = new Map(corpus.map((der) => [toBeSignedOf(der), statusOf(der)]));
  return {
    corpus,
    mutate: (input, random, donor) => {
      const changed = mutateDer(input, random, donor);
      const { key } = random.pick([issuing, responder]);
      return random.once(2) ? signedAgain(changed, (tbs) => sign(null, tbs, key), basicResponse) : changed;
    },
    check: (input) => checkJudgement(input, subject, genuine),
  };
}

async function fixedResponses() {
  const { issuing, server, top } = await fixedPki();
  const responder = await issue({
    ...{ issuer: issuing, subject: 'CN=Responder', key: fixedKey(11), serial: '6001' },
    ...{ keyUsage: ['digital_signature'], eku: ['1.3.6.1.5.5.7.3.9'] },
    extensions: [{ oid: '1.3.6.1.5.5.7.48.1.5', value: nil() }],
  });
  const stranger = await issue({ issuer: top, subject: 'CN=Responder', key: fixedKey(12), serial: '6002' });
  const response = (options: Partial<OcspOptions>) => ocspResponse({ issuer: issuing, subject: server, ...options });
  const corpus = [
    response({}),
    response({ status: 'revoked', reason: 1, byKey: true }),
    response({ status: 'unknown', idDigest: 'sha256', nextUpdate: null }),
    response({ responder }),
    response({ responder, byKey: true, status: 'revoked', reason: 6 }),
    response({ responder: stranger, certificates: [stranger, responder] }),
    response({ subject: issuing }),
    response({
      extensions: [{ oid: '1.3.6.1.5.5.7.48.1.2', value: octets(Buffer.alloc(16, 7)) }],
      singleExtensions: [{ oid: '1.2.3.4', critical: true, value: integer(1) }],
    }),
    ...[1, 2, 3, 4, 5, 6].map(ocspError),
  ];
  return { corpus, issuing, server, responder };
}

/** BasicOCSPResponse is the SEQUENCE in the OCTET STRING. */
function basicResponse(elements: readonly DerElement[]): DerElement | undefined {
  return elements.find(({ parent, tag }) => tag === 0x30 && elements[parent]?.tag === 0x04);
}

function readable(der: Buffer): Certificate {
  const certificate = parseCertificate(der);
  if (!isReadable(certificate)) throw new Error('the corpus is readable');
  return certificate;
}

function toBeSignedOf(der: Buffer): string {
  const read = readOcspResponse(der);
  return read.kind === 'response' ? read.response.tbs.toString('latin1') : '';
}

function statusOf(der: Buffer): string | undefined {
  const read = readOcspResponse(der);
  return read.kind === 'response' ? read.response.responses[0]?.status : undefined;
}

function checkResponse(der: Buffer): string {
  const read = readOcspResponse(der);
  if (read.kind === 'error') return read.status;
  const faults = read.kind === 'unreadable' ? [read.fault] : read.response.faults;
  promise(faults.length <= 100, 'faults are bounded');
  for (const { rule, evidence } of faults) {
    const offset = Number(evidence?.offset);
    promise(
      rule !== undefined && offset >= 0 && offset <= der.length,
      'a fault names a rule and a place in the octets',
    );
  }
  const rules = [...new Set(faults.map(({ rule, evidence }) => `${rule} ${evidence?.departure ?? ''}`))].join(', ');
  if (read.kind === 'unreadable') return rules;
  const { tbs, responses, certificates } = read.response;
  promise(der.includes(tbs), 'what is signed is what was given');
  promise(responses.length <= 100 && certificates.length <= 10, 'lists are bounded');
  return `${responses.map(({ status }) => status).join(' ')} ${certificates.length} ${rules}`;
}

type Subject = { readonly certificate: Certificate; readonly issuer: Certificate };

async function checkJudgement(
  der: Buffer,
  subject: Subject,
  genuine: ReadonlyMap<string, string | undefined>,
): Promise<string> {
  const read: ReadOcspResponse = readOcspResponse(der);
  const isRevoked = async () => false;
  const { said, faults, authentic } = await judgeOcsp(read, subject, { at: FUZZED_AT, profile: 'default', isRevoked });
  const { status, reason, thisUpdate } = said;
  const rules = [...new Set(faults.map(({ rule }) => rule))].join(' ');
  if (status !== 'unknown') promise(authentic, 'what decides is authentic');
  if (!authentic || read.kind !== 'response') {
    promise(status === 'unknown', 'nothing else decides');
    return `${status} ${reason} ${rules}`;
  }
  requireSigned(read.response, subject);
  const original = genuine.get(read.response.tbs.toString('latin1'));
  if (status === 'good') {
    promise(original === undefined || original === 'good', 'what was not good does not become it');
    promise(
      faults.every((fault) => ['info', 'off'].includes(severityOf(fault, 'default'))),
      'a good response has no fault that matters',
    );
    promise(thisUpdate !== null && thisUpdate <= FUZZED_AT + 300_000, 'a good response is of now');
  }
  return `${status} ${reason} ${rules}`;
}

/** By the CA, or by a responder whose certificate the CA has signed. */
function requireSigned({ tbs, signature, certificates }: OcspResponse, { issuer }: Subject): void {
  const isBy = (signer: Certificate, data: Buffer, value: Buffer): boolean => {
    const key = keyObjectOf(signer.spki);
    return key !== null && verify(null, data, key, value);
  };
  const responders = certificates.filter((each) => isBy(issuer, each.tbs, each.signature.value));
  promise(
    [issuer, ...responders].some((each) => isBy(each, tbs, signature.value)),
    'what decides is signed by who may',
  );
}

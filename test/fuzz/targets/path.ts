import { verify } from 'node:crypto';
import { createAnchorSet } from '../../../src/domain/anchor-set.ts';
import { type Certificate, isReadable } from '../../../src/domain/certificate.ts';
import type { Fault } from '../../../src/domain/fault.ts';
import { FINDING_CODES } from '../../../src/domain/finding-codes.ts';
import type { Candidate, TrustEvidence } from '../../../src/domain/path.ts';
import { DEFAULT_POLICY, type Profile } from '../../../src/domain/policy.ts';
import { severityOf } from '../../../src/domain/severity.ts';
import { searchPath } from '../../../src/path/build-path.ts';
import type { CertificateSignatureCheck } from '../../../src/path/certificate-signature.ts';
import { SEARCH_LIMITS, type SearchLimits } from '../../../src/path/search-limits.ts';
import { readCertificate } from '../../../src/x509/certificate.ts';
import { keyObjectOf } from '../../../src/x509/key-object.ts';
import { FUZZED_AT, fixedPki } from '../fixed-pki.ts';
import { fromFrames, toFrames } from '../frames.ts';
import { type FuzzTarget, promise } from '../fuzz-target.ts';
import { mutateDer } from '../mutate-der.ts';
import type { Random } from '../random.ts';

const MAX_CERTIFICATES = 12;
const PROFILES: readonly Profile[] = ['default', 'rfc5280', 'webpki'];

/** First octet of the first frame: the profile, and whether signatures count. */
const MODES = [0, 1, 2, 3, 4, 5];
/** Every CA would sign anything: so the rules of RFC 5280 §6.1 are met with documents that no CA has signed. */
const signsAnything: CertificateSignatureCheck = () => 'valid';

/** The path builder: a leaf and what a server sends with it, one of them changed, in any order and number. */
export async function pathTarget(): Promise<FuzzTarget> {
  const { top, second, issuing, cross, below, server, deep, renewed } = await fixedPki();
  const chains = [
    [server, issuing],
    [server, cross, issuing, top],
    [deep, below, issuing],
    [deep, issuing, cross, below, renewed, second],
  ];
  const anchors = [top, second].map(({ der }) => readCertificate(der)).filter(isReadable);
  const set = createAnchorSet({ name: 'fixed', sha256: '', anchors, intermediates: [], crls: [], skipped: [] });
  const genuine = new Set(
    [top, second, issuing, cross, below, server, deep, renewed].map(({ der }) => readable(der).tbs.toString('latin1')),
  );
  return {
    corpus: chains.flatMap((chain) =>
      MODES.map((mode) => toFrames([Buffer.from([mode]), ...chain.map(({ der }) => der)])),
    ),
    mutate: mutateChain,
    check: (input) => checkPath(input, (certificates, mode) => judge(certificates, mode, set), genuine),
  };
}

function readable(der: Buffer): Certificate {
  const certificate = readCertificate(der);
  if (!isReadable(certificate)) throw new Error('the corpus is readable');
  return certificate;
}

function mutateChain(input: Buffer, random: Random, donor: Buffer): Buffer {
  const [mode = Buffer.alloc(1), ...chain] = fromFrames(input);
  const others = fromFrames(donor).slice(1);
  for (let changes = random.once(2) ? 1 : 2; changes > 0; changes--) {
    const at = random.below(Math.max(1, chain.length));
    const der = chain[at] ?? Buffer.alloc(0);
    const edit = random.below(8);
    if (edit === 0) chain.splice(at, 1);
    else if (edit === 1) chain.splice(random.below(chain.length + 1), 0, der);
    else if (edit === 2) chain.splice(random.below(chain.length + 1), 0, random.pick([der, ...others]));
    else if (edit === 3) chain.splice(random.below(chain.length + 1), 0, ...chain.splice(at, 1));
    else chain[at] = mutateDer(der, random, random.pick([der, ...others]));
  }
  return toFrames([random.once(8) ? Buffer.from([random.pick(MODES)]) : mode, ...chain.slice(0, MAX_CERTIFICATES)]);
}

interface Mode {
  readonly profile: Profile;
  readonly verify: CertificateSignatureCheck | undefined;
}

function judge(
  [leaf, ...others]: readonly Certificate[],
  { profile, verify }: Mode,
  anchors: ReturnType<typeof createAnchorSet>,
) {
  const candidates: Candidate[] = others.map((certificate, index) => ({
    certificate,
    source: 'presented',
    presentedIndex: 1 + index,
  }));
  const policy = { ...DEFAULT_POLICY, profile };
  const input = { candidates, anchors, at: FUZZED_AT, policy, judge: () => [], ...(verify && { verify }) };
  return leaf === undefined ? null : searchPath({ leaf, ...input });
}

function checkPath(
  input: Buffer,
  search: (certificates: readonly Certificate[], mode: Mode) => ReturnType<typeof judge>,
  genuine: ReadonlySet<string>,
): string {
  const [head, ...ders] = fromFrames(input);
  const number = (head?.[0] ?? 0) % MODES.length;
  const profile = PROFILES[number % PROFILES.length] ?? 'default';
  const mode: Mode = { profile, verify: number < PROFILES.length ? undefined : signsAnything };
  const certificates = ders.slice(0, MAX_CERTIFICATES).map(readCertificate);
  const [leaf, ...others] = certificates;
  if (leaf === undefined || !isReadable(leaf)) return 'no leaf';
  const readableOthers = others.filter(isReadable);
  const result = search([leaf, ...readableOthers], mode);
  if (result === null) return 'no leaf';
  requireBounds(result.work);
  const { evidence } = result;
  // Now and then; which inputs it is must not be a matter of chance.
  if (input.length % 4 === 0) {
    const reversed = search([leaf, ...readableOthers.toReversed()], mode)?.evidence;
    promise(reversed?.trusted === evidence.trusted, 'trust does not depend on the order of candidates');
  }
  if (evidence.trusted) {
    requireLawful(evidence, profile);
    if (mode.verify === undefined) requireGenuine(evidence, genuine);
  }
  const rules = new Set(evidence.path.faults.map(({ code, rule }) => rule ?? code));
  return `${mode.verify === undefined ? 'signed' : 'unsigned'} ${evidence.trusted} ${evidence.path.steps.length} ${[...rules].join(' ')}`;
}

function requireBounds(work: SearchLimits): void {
  for (const [name, limit] of Object.entries(SEARCH_LIMITS)) {
    promise(work[name as keyof SearchLimits] <= limit, `${name} stays within its limit`);
  }
}

/** What RFC 5280 §6.1 asks of every path, asked once more in the plainest way. */
function requireLawful({ path, exhausted }: TrustEvidence, profile: Profile): void {
  promise(path.anchored && !exhausted, 'a trusted path ends at an anchor');
  promise(
    path.faults.every((fault) => severityOf(fault, profile) !== 'error'),
    'a trusted path has no error',
  );
  const certificates = path.steps.map(({ certificate }) => certificate);
  promise(
    new Set(certificates.map(({ sha256 }) => sha256)).size === certificates.length,
    'no certificate stands twice',
  );
  for (const [index, certificate] of certificates.entries()) {
    const issuer = certificates[index + 1];
    if (issuer !== undefined) promise(certificate.issuer.key === issuer.subject.key, 'names follow each other');
    // The anchor is trusted as it is.
    if (issuer === undefined) continue;
    promise(
      certificate.extensions.every(({ critical, recognised }) => !critical || recognised),
      'nothing critical is unknown',
    );
    promise(
      certificate.faults.every((fault) => !isOfTrust(fault) || severityOf(fault, profile) !== 'error'),
      'no certificate has an error',
    );
    if (index > 0) requireAuthority(certificate, certificates.slice(1, index));
  }
}

/** Weak keys, odd names and the like are judged by other areas. */
function isOfTrust({ code }: Fault): boolean {
  return FINDING_CODES[code].check === 'trust';
}

function requireAuthority({ decoded }: Certificate, below: readonly Certificate[]): void {
  promise(decoded.basicConstraints?.ca === true, 'an issuer is a CA');
  promise(decoded.keyUsage === undefined || decoded.keyUsage.has('key_cert_sign'), 'an issuer may sign certificates');
  const counted = below.filter(({ selfIssued }) => !selfIssued).length;
  promise(counted <= (decoded.basicConstraints.pathLength ?? counted), 'no more CAs stand below than are allowed');
}

/** What is signed of each certificate is what a CA of the corpus has signed, and OpenSSL agrees that its issuer did. */
function requireGenuine({ path }: TrustEvidence, genuine: ReadonlySet<string>): void {
  for (const [index, { certificate }] of path.steps.entries()) {
    promise(genuine.has(certificate.tbs.toString('latin1')), 'nothing that was changed is trusted');
    const issuer = path.steps[index + 1]?.certificate;
    const key = issuer === undefined ? null : keyObjectOf(issuer.spki);
    if (key !== null)
      promise(verify(null, certificate.tbs, key, certificate.signature.value), 'each signature is good');
  }
}

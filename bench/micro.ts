/**
 * The parts of a verification that are no handshake, microseconds of processor time each, and how they grow:
 *   npm run bench -- micro
 * Each row is measured in turn with the others, several times, and the median is shown; the last column is the price
 * for each unit of what grows, beside that of the row before: 1 is linear growth, less is better.
 */
import { matchHostname } from '../src/checks/hostname.ts';
import { type Certificate, isReadable } from '../src/domain/certificate.ts';
import { DEFAULT_POLICY } from '../src/domain/policy.ts';
import { parseHost } from '../src/domain/target.ts';
import { parseVerifyRequest } from '../src/http/parse-verify-request.ts';
import { buildPath } from '../src/path/build-path.ts';
import { anchorSetOf } from '../src/trust/bundle.ts';
import { parseCertificate } from '../src/x509/certificate.ts';
import { bundle } from '../test/support/issued.ts';
import { type Issued, intermediate, issue, root } from '../test/support/pki.ts';
import { startService } from '../test/support/service.ts';

const SAMPLES = 9;
/** Of one sample; long enough for the clock of the process, short enough to alternate. */
const SAMPLE_MS = 20;
const AT = Date.UTC(2026, 5, 15);

/** What `read` has read. */
const known = new Map<Issued, Certificate>();

interface Part {
  readonly name: string;
  /** How much of what grows. */
  readonly size: number;
  readonly run: () => unknown;
}

const rows = [
  ...(await measure(await readerParts())),
  ...(await measure(await pathParts())),
  ...(await measure(await bundleParts())),
  ...(await measure(await nameParts())),
  ...(await measure(await answerParts())),
];
console.table(rows);

async function readerParts(): Promise<Part[]> {
  const authority = await root();
  return Promise.all(
    [10, 100, 1000].map(async (size) => {
      const { der } = await issue({ issuer: authority, dns: namesOf(size) });
      return { name: 'read a certificate, by names', size, run: () => parseCertificate(der) };
    }),
  );
}

async function pathParts(): Promise<Part[]> {
  const authority = await root();
  const anchors = anchorSetOf('bench', { anchors: [read(authority)] });
  return Promise.all(
    [1, 10].map(async (size) => {
      const issuers: Issued[] = [];
      for (let depth = 0; depth < size; depth++)
        issuers.push(await intermediate(issuers.at(-1) ?? authority, `CA ${depth}`));
      const leaf = read(await issue({ issuer: issuers.at(-1) ?? authority, dns: ['host.example'] }));
      return { name: 'find a path, by intermediates', size, run: () => find(leaf, issuers, anchors) };
    }),
  );
}

async function bundleParts(): Promise<Part[]> {
  const authority = await root();
  const issuing = await intermediate(authority);
  const leaf = read(await issue({ issuer: issuing, dns: ['host.example'] }));
  const others: Certificate[] = [];
  for (let number = 0; number < 10_000; number++) others.push(read(await root(`Other ${number}`, { key: authority })));
  return [1, 100, 10_000].map((size) => {
    const anchors = anchorSetOf('bench', { anchors: [read(authority), ...others.slice(0, size - 1)] });
    return { name: 'find a path, by anchors', size, run: () => find(leaf, [issuing], anchors) };
  });
}

async function nameParts(): Promise<Part[]> {
  const host = parseHost('no-match.bench.example');
  if ('error' in host) throw new Error(host.error);
  return Promise.all(
    [10, 100, 1000].map(async (size) => {
      const leaf = read(await issue({ dns: namesOf(size) }));
      return { name: 'match a name, by names', size, run: () => matchHostname(leaf, host, 'default') };
    }),
  );
}

async function answerParts(): Promise<Part[]> {
  const authority = await root();
  const issuing = await intermediate(authority);
  const host = await issue({ issuer: issuing, dns: ['host.example'] });
  await using service = await startService();
  const request = { host: 'host.example', chain_pem: bundle(host, issuing), ca: { pem: authority.pem } };
  const verdict = await service.ask(request);
  const body = JSON.stringify({ host: 'host.example', port: 443, ca: 'corp', policy: { profile: 'webpki' } });
  return [
    { name: 'write a verdict', size: 1, run: () => JSON.stringify(verdict) },
    { name: 'read a request', size: 1, run: () => parseVerifyRequest(body, { timeoutMs: 10_000, presets: new Map() }) },
  ];
}

function find(leaf: Certificate, issuers: readonly Issued[], anchors: ReturnType<typeof anchorSetOf>): void {
  const candidates = issuers.map((issued, index) => ({
    certificate: read(issued),
    source: 'presented' as const,
    presentedIndex: index + 1,
  }));
  const { trusted } = buildPath({ leaf, candidates, anchors, at: AT, policy: DEFAULT_POLICY, judge: () => [] });
  if (!trusted) throw new Error('no path');
}

function read(issued: Issued): Certificate {
  const certificate = known.get(issued) ?? parseCertificate(issued.der);
  if (!isReadable(certificate)) throw new Error('not readable');
  known.set(issued, certificate);
  return certificate;
}

function namesOf(count: number): string[] {
  return Array.from({ length: count }, (_, index) => `name-${index}.bench.example`);
}

async function measure(parts: readonly Part[]) {
  const times = parts.map(({ run }) => Math.max(1, Math.round(SAMPLE_MS / costMs(run, 2000))));
  const samples = parts.map((): number[] => []);
  for (let sample = 0; sample < SAMPLES; sample++) {
    for (const [index, { run }] of parts.entries()) samples[index]?.push(costMs(run, times[index] ?? 1) * 1000);
  }
  const medians = samples.map((all) => all.toSorted((a, b) => a - b)[Math.floor(SAMPLES / 2)] ?? 0);
  return parts.map(({ name, size }, index) => {
    const before = parts[index - 1];
    const isSame = before?.name === name;
    const growth = isSame && (medians[index] ?? 0) / (medians[index - 1] ?? 1) / (size / before.size);
    return { part: name, size, us: medians[index]?.toFixed(1), 'beside linear': growth ? growth.toFixed(2) : '' };
  });
}

/** Processor time of one run, milliseconds. */
function costMs(run: () => unknown, times: number): number {
  const before = process.cpuUsage();
  for (let time = 0; time < times; time++) run();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1000 / times;
}

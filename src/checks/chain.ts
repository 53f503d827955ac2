import { type Certificate, isReadable } from '../domain/certificate.ts';
import { type Check, type Judgement, judged, unknown } from '../domain/check.ts';
import type { Evidence } from '../domain/evidence.ts';
import type { Fault } from '../domain/fault.ts';
import type { CertificationPath } from '../domain/path.ts';
import { rootOf } from './path-context.ts';

/** Certificates that one finding lists. */
const MAX_LISTED = 20;
/** A larger certificate is not repeated as PEM inside a finding. */
const MAX_PEM_DER_BYTES = 16_384;

/** A readable certificate with the places at which it was sent. */
interface Sent {
  readonly certificate: Certificate;
  readonly positions: readonly number[];
}

/**
 * Is what the server sends (or what is about to be deployed) the path itself, in order and nothing else
 * (RFC 8446 §4.4.2, RFC 5246 §7.4.2)?
 */
export const chainCheck: Check = {
  id: 'chain',
  codes: [
    'missing_intermediate',
    'chain_wrong_order',
    'chain_extra_certs',
    'chain_includes_root',
    'chain_duplicate_certs',
  ],
  run: judgeChain,
};

function judgeChain(evidence: Evidence): Judgement {
  const { path } = evidence;
  if (path === null) return unknown();
  const sent = collect(evidence);
  const faults = [
    ...missingIntermediates(path),
    ...wrongOrder(path, sent),
    ...includedRoots(path, sent),
    ...extras(path, sent),
    ...duplicates(sent),
  ];
  // The last certificate names an issuer that nobody knows: whether the server should have sent it cannot be told.
  const isOpenEnded = !path.anchored && path.steps.at(-1)?.certificate.selfIssued === false;
  return isOpenEnded && faults.every((fault) => fault.code !== 'missing_intermediate')
    ? unknown(...faults)
    : judged(faults);
}

function collect({ presented }: Evidence): Sent[] {
  const sent = new Map<string, { certificate: Certificate; positions: number[] }>();
  for (const [position, certificate] of presented.entries()) {
    if (!isReadable(certificate)) continue;
    const known = sent.get(certificate.sha256);
    if (known) known.positions.push(position);
    else sent.set(certificate.sha256, { certificate, positions: [position] });
  }
  return [...sent.values()];
}

function missingIntermediates(path: CertificationPath): Fault[] {
  return path.steps.flatMap(({ certificate, source }) => {
    if (source === 'presented' || source === 'anchor') return [];
    const subject = certificate.subject.text;
    return [
      {
        code: 'missing_intermediate',
        certificate: certificate.sha256,
        detail: `The path is complete only after adding ${subject}, found by ${source}`,
        evidence: {
          missing_subject: subject,
          found_by: source,
          pem: certificate.der.length <= MAX_PEM_DER_BYTES ? pemOf(certificate.der) : null,
        },
      },
    ];
  });
}

/** Clients that walk the list expect that each certificate certifies the one before it. */
function wrongOrder(path: CertificationPath, sent: readonly Sent[]): Fault[] {
  const leafAt = misplacedLeaf(sent);
  if (leafAt !== null) {
    return [
      orderFault(
        `The first certificate is a CA's; the server certificate is number ${leafAt + 1}`,
        [leafAt],
        sent[0]?.certificate.subject.text ?? '',
      ),
    ];
  }
  const positions = path.steps.flatMap(({ certificate }) => {
    const entry = sent.find((candidate) => candidate.certificate.sha256 === certificate.sha256);
    return entry?.positions[0] ?? [];
  });
  if (positions.every((position, index) => index === 0 || position > (positions[index - 1] ?? 0))) return [];
  const order = positions.join(', ');
  return [
    orderFault(
      `From the server certificate upwards the certificates stand at positions ${order}, counted from 0`,
      positions,
      path.steps[0]?.certificate.subject.text ?? '',
    ),
  ];
}

function orderFault(detail: string, order: readonly number[], subject: string): Fault {
  return { code: 'chain_wrong_order', detail, evidence: { order: order.slice(0, MAX_LISTED), first_subject: subject } };
}

/** Where the leaf stands when the first certificate is the CA that issued it. */
function misplacedLeaf(sent: readonly Sent[]): number | null {
  const first = sent[0];
  if (first === undefined || first.positions[0] !== 0 || first.certificate.decoded.basicConstraints?.ca !== true)
    return null;
  const leaf = sent.find(
    ({ certificate }) =>
      certificate.decoded.basicConstraints?.ca !== true && certificate.issuer.key === first.certificate.subject.key,
  );
  return leaf?.positions[0] ?? null;
}

/** A root that was sent: the path's own, or another certificate of its name and key. */
function isRootOf(path: CertificationPath, certificate: Certificate): boolean {
  const root = rootOf(path)?.certificate;
  if (root === undefined || !certificate.selfIssued) return false;
  return certificate.spki.sha256 === root.spki.sha256 && certificate.subject.key === root.subject.key;
}

function includedRoots(path: CertificationPath, sent: readonly Sent[]): Fault[] {
  return sent
    .filter(({ certificate, positions }) => positions[0] !== 0 && isRootOf(path, certificate))
    .map(({ certificate, positions }) => ({
      code: 'chain_includes_root',
      certificate: certificate.sha256,
      detail: `${certificate.subject.text} is a root; clients have their own copy or do not trust it`,
      evidence: { subject: certificate.subject.text, positions: positions.slice(0, MAX_LISTED) },
    }));
}

/** Only known once there is a whole path: until then any certificate may be the one that leads on. */
function extras(path: CertificationPath, sent: readonly Sent[]): Fault[] {
  if (!path.anchored) return [];
  const used = new Set(path.steps.map((step) => step.certificate.sha256));
  const unused = sent.filter(({ certificate }) => !used.has(certificate.sha256) && !isRootOf(path, certificate));
  if (unused.length === 0) return [];
  const subjects = unused.slice(0, MAX_LISTED).map(({ certificate }) => certificate.subject.text);
  return [
    {
      code: 'chain_extra_certs',
      detail: `Sent and not needed: ${subjects.slice(0, 3).join('; ')}${unused.length > 3 ? ` and ${unused.length - 3} more` : ''}`,
      evidence: {
        subjects,
        positions: unused.flatMap(({ positions }) => positions).slice(0, MAX_LISTED),
        total: unused.length,
      },
    },
  ];
}

function duplicates(sent: readonly Sent[]): Fault[] {
  return sent
    .filter(({ positions }) => positions.length > 1)
    .map(({ certificate, positions }) => ({
      code: 'chain_duplicate_certs',
      certificate: certificate.sha256,
      detail: `${certificate.subject.text} was sent ${positions.length} times`,
      evidence: {
        subject: certificate.subject.text,
        positions: positions.slice(0, MAX_LISTED),
        total: positions.length,
      },
    }));
}

function pemOf(der: Buffer): string {
  const lines = der.toString('base64').match(/.{1,64}/g) ?? [];
  return ['-----BEGIN CERTIFICATE-----', ...lines, '-----END CERTIFICATE-----', ''].join('\n');
}

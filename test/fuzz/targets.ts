import type { FuzzTarget } from './fuzz-target.ts';
import { certificateTarget } from './targets/certificate.ts';
import { crlJudgementTarget, crlTarget } from './targets/crl.ts';
import { flightTarget, messageTarget } from './targets/handshake.ts';
import { httpResponseTarget } from './targets/http-response.ts';
import { jsonTarget } from './targets/json.ts';
import { nameTarget } from './targets/name.ts';
import { ocspJudgementTarget, ocspTarget } from './targets/ocsp.ts';
import { pathTarget } from './targets/path.ts';
import { pemTarget } from './targets/pem.ts';

export interface TargetRow {
  readonly name: string;
  /** Of a run over all targets, in parts of the sum. */
  readonly share: number;
  /** @param more certificates that the corpus has besides its own */
  readonly load: (more: readonly Buffer[]) => Promise<FuzzTarget>;
}

/** Everything that takes octets of a stranger. */
export const TARGETS: readonly TargetRow[] = [
  { name: 'certificate', share: 10, load: certificateTarget },
  { name: 'pem', share: 15, load: pemTarget },
  { name: 'name', share: 10, load: nameTarget },
  { name: 'path', share: 5, load: pathTarget },
  { name: 'crl', share: 6, load: crlTarget },
  { name: 'crl-judgement', share: 5, load: crlJudgementTarget },
  { name: 'ocsp', share: 6, load: ocspTarget },
  { name: 'ocsp-judgement', share: 5, load: ocspJudgementTarget },
  { name: 'tls-message', share: 15, load: messageTarget },
  { name: 'tls-flight', share: 10, load: flightTarget },
  { name: 'http-response', share: 5, load: httpResponseTarget },
  { name: 'json', share: 8, load: jsonTarget },
];

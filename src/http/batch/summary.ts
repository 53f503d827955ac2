import type { Verdict } from '../../domain/verdict.ts';
import type { BatchResult, BatchSummary } from '../schemas/batch.ts';
import type { BatchItem } from './targets.ts';

/** Groups of one kind that a summary shows. */
const MAX_GROUPS = 100;

/** What the caller could not be told about: no verdict (the exit code that Nagios calls UNKNOWN). */
const EXIT_NOT_ASKED = 3;

type Members<T> = Map<string, { readonly group: T; readonly hosts: { index: number; host: string }[] }>;

/** Adds up the results of a batch as they come; keeps no verdict. */
export class BatchTally {
  readonly verdicts = { pass: 0, warn: 0, fail: 0, unreachable: 0 };
  problems = 0;
  #exitCode = 0;
  #breaksAt: BatchSummary['breaks_at'] = null;
  readonly #codes = new Map<string, number>();
  readonly #certificates: Members<{ sha256: string; subject: string | null }> = new Map();
  readonly #issuers: Members<{ issuer: string }> = new Map();
  readonly #faults: Members<{ code: string; sha256: string | null }> = new Map();

  add(result: BatchResult, item: BatchItem): void {
    if ('problem' in result) {
      this.problems++;
      return;
    }
    const { verdict, index } = result;
    const host = { index, host: item.label ?? `#${index}` };
    this.verdicts[verdict.verdict]++;
    this.#exitCode = Math.max(this.#exitCode, verdict.exit_code);
    this.#addFindings(verdict, host);
    this.#addLeaf(verdict, host);
    const breaks = verdict.breaks_at;
    if (breaks !== null && (this.#breaksAt === null || breaks.time < this.#breaksAt.time)) {
      this.#breaksAt = { time: breaks.time, code: breaks.code, host: host.host };
    }
  }

  summary(durationMs: number): BatchSummary {
    const { pass, warn, fail, unreachable } = this.verdicts;
    return {
      ok: this.problems + fail + unreachable === 0,
      exit_code: this.problems > 0 ? EXIT_NOT_ASKED : this.#exitCode,
      targets: pass + warn + fail + unreachable + this.problems,
      verdicts: { ...this.verdicts },
      problems: this.problems,
      codes: Object.fromEntries([...this.#codes].toSorted(([a], [b]) => (a < b ? -1 : 1))),
      breaks_at: this.#breaksAt,
      groups: {
        certificates: shared(this.#certificates),
        issuers: shared(this.#issuers),
        faults: shared(this.#faults),
      },
      duration_ms: Math.round(durationMs),
    };
  }

  #addFindings({ findings }: Verdict, host: { index: number; host: string }): void {
    const serious = findings.filter(({ severity, waived }) => severity !== 'info' && !waived);
    for (const code of new Set(serious.map((finding) => finding.code))) {
      this.#codes.set(code, (this.#codes.get(code) ?? 0) + 1);
    }
    for (const { code, certificate } of serious) {
      // A leaf is each host's own; a CA certificate at fault is one fault for all hosts below it.
      const sha256 = certificate === null || certificate.role === 'leaf' ? null : certificate.sha256;
      join(this.#faults, `${code} ${sha256}`, { code, sha256 }, host);
    }
  }

  #addLeaf({ presented: [leaf] }: Verdict, host: { index: number; host: string }): void {
    if (leaf === undefined) return;
    join(this.#certificates, leaf.sha256, { sha256: leaf.sha256, subject: leaf.subject }, host);
    if (leaf.issuer !== null) join(this.#issuers, leaf.issuer, { issuer: leaf.issuer }, host);
  }
}

function join<T>(groups: Members<T>, key: string, group: T, host: { index: number; host: string }): void {
  const members = groups.get(key);
  if (members === undefined) groups.set(key, { group, hosts: [host] });
  else if (members.hosts.at(-1)?.index !== host.index) members.hosts.push(host);
}

function shared<T>(groups: Members<T>): (T & { hosts: string[] })[] {
  return [...groups.values()]
    .filter(({ hosts }) => hosts.length > 1)
    .toSorted((a, b) => b.hosts.length - a.hosts.length)
    .slice(0, MAX_GROUPS)
    .map(({ group, hosts }) => ({
      ...group,
      hosts: hosts.toSorted((a, b) => a.index - b.index).map(({ host }) => host),
    }));
}

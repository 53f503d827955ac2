import type { Verdict } from '../domain/verdict.ts';
import type { BatchResult } from '../http/schemas/batch.ts';

/** What became of one target. */
export type SweepResult = { readonly target: string } & (
  | { readonly verdict: Extract<BatchResult, { verdict: unknown }>['verdict'] }
  | { readonly problem: Extract<BatchResult, { problem: unknown }>['problem'] }
);

/** Groups of one kind that a summary shows, and hosts that each of them names. */
const MAX_GROUPS = 100;
const MAX_HOSTS = 20;
/** Groups of one kind that are counted. */
const MAX_COUNTED = 65_536;

/** What the caller could not be told about: no verdict. */
const EXIT_NOT_ASKED = 3;

interface Group {
  /** How many of them there are. */
  hosts_total: number;
  /** `host:port` of the first ones, sorted. */
  readonly hosts: string[];
}

/** The summary of a batch, with as many hosts of each group as people read. */
export interface SweepSummary {
  readonly ok: boolean;
  /** The worst of all verdicts; 3 when a target could not be asked. */
  readonly exit_code: number;
  readonly targets: number;
  readonly verdicts: Readonly<Record<Verdict['verdict'], number>>;
  readonly problems: number;
  readonly codes: Readonly<Record<string, number>>;
  readonly breaks_at: { readonly time: string; readonly code: string; readonly host: string } | null;
  readonly groups: {
    readonly certificates: readonly (Group & { readonly sha256: string; readonly subject: string | null })[];
    readonly issuers: readonly (Group & { readonly issuer: string })[];
    readonly faults: readonly (Group & { readonly code: string; readonly sha256: string | null })[];
  };
  /** False when there were too many groups to count, and those with few hosts may be missing or short. */
  readonly groups_complete: boolean;
  readonly duration_ms: number;
}

/** Adds up results as they come, in memory that does not grow with their number. */
export class SweepTally {
  readonly #verdicts = { pass: 0, warn: 0, fail: 0, unreachable: 0 };
  readonly #codes = new Map<string, number>();
  readonly #certificates = new Groups<{ sha256: string; subject: string | null }>();
  readonly #issuers = new Groups<{ issuer: string }>();
  readonly #faults = new Groups<{ code: string; sha256: string | null }>();
  #problems = 0;
  #exitCode = 0;
  #breaksAt: SweepSummary['breaks_at'] = null;

  get targets(): number {
    return Object.values(this.#verdicts).reduce((sum, count) => sum + count, this.#problems);
  }

  get verdicts(): SweepSummary['verdicts'] {
    return this.#verdicts;
  }

  get problems(): number {
    return this.#problems;
  }

  add(result: SweepResult): void {
    if ('problem' in result) {
      this.#problems++;
      return;
    }
    const { verdict, target } = result;
    this.#verdicts[verdict.verdict]++;
    this.#exitCode = Math.max(this.#exitCode, verdict.exit_code);
    this.#addFindings(verdict, target);
    const [leaf] = verdict.presented;
    if (leaf !== undefined) {
      this.#certificates.add(leaf.sha256, { sha256: leaf.sha256, subject: leaf.subject }, target);
      if (leaf.issuer !== null) this.#issuers.add(leaf.issuer, { issuer: leaf.issuer }, target);
    }
    const breaks = verdict.breaks_at;
    if (breaks !== null && (this.#breaksAt === null || breaks.time < this.#breaksAt.time)) {
      this.#breaksAt = { time: breaks.time, code: breaks.code, host: target };
    }
  }

  summary(durationMs: number): SweepSummary {
    const { fail, unreachable } = this.#verdicts;
    const groups = [this.#certificates, this.#issuers, this.#faults];
    return {
      ok: this.#problems + fail + unreachable === 0,
      exit_code: this.#problems > 0 ? EXIT_NOT_ASKED : this.#exitCode,
      targets: this.targets,
      verdicts: { ...this.#verdicts },
      problems: this.#problems,
      codes: Object.fromEntries([...this.#codes].toSorted(([a], [b]) => (a < b ? -1 : 1))),
      breaks_at: this.#breaksAt,
      groups: {
        certificates: this.#certificates.shared(),
        issuers: this.#issuers.shared(),
        faults: this.#faults.shared(),
      },
      groups_complete: groups.every(({ isComplete }) => isComplete),
      duration_ms: Math.round(durationMs),
    };
  }

  #addFindings({ findings }: Verdict, target: string): void {
    const serious = findings.filter(({ severity, waived }) => severity !== 'info' && !waived);
    for (const code of new Set(serious.map((finding) => finding.code))) {
      this.#codes.set(code, (this.#codes.get(code) ?? 0) + 1);
    }
    const seen = new Set<string>();
    for (const { code, certificate } of serious) {
      // A leaf is each host's own; a CA certificate at fault is one fault for all hosts below it.
      const sha256 = certificate === null || certificate.role === 'leaf' ? null : certificate.sha256;
      const key = `${code} ${sha256}`;
      if (!seen.has(key)) this.#faults.add(key, { code, sha256 }, target);
      seen.add(key);
    }
  }
}

/** Counts members by what they share. When there is no room for more, those that nobody shares yet make it. */
class Groups<About extends object> {
  readonly #groups = new Map<string, Group & About>();
  isComplete = true;

  /** Once for each target. */
  add(key: string, about: About, target: string): void {
    const group = this.#groups.get(key);
    if (group === undefined) {
      if (this.#groups.size >= MAX_COUNTED) this.#makeRoom();
      this.#groups.set(key, { ...about, hosts_total: 1, hosts: [target] });
      return;
    }
    group.hosts_total++;
    if (group.hosts.length < MAX_HOSTS) group.hosts.push(target);
  }

  shared(): (Group & About)[] {
    return [...this.#groups.values()]
      .filter(({ hosts_total }) => hosts_total > 1)
      .toSorted((a, b) => b.hosts_total - a.hosts_total)
      .slice(0, MAX_GROUPS)
      .map((group) => ({ ...group, hosts: group.hosts.toSorted() }));
  }

  #makeRoom(): void {
    this.isComplete = false;
    for (let least = 1; this.#groups.size > MAX_COUNTED / 2; least *= 2) {
      for (const [key, { hosts_total }] of this.#groups) if (hosts_total <= least) this.#groups.delete(key);
    }
  }
}

import { mkdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import type { Caller } from '../domain/caller.ts';
import { Problem } from '../domain/problem.ts';
import { runBatch } from '../http/batch/run-batch.ts';
import { type BatchItem, readTarget } from '../http/batch/targets.ts';
import type { RequestDefaults } from '../http/schemas/verify-request.ts';
import type { Verify } from '../verify/verify.ts';
import type { SweepOptions } from './options.ts';
import { type ProgressSink, showProgress } from './progress.ts';
import { ResultFile, readResults, type SweepHeader, type SweepLine } from './result-file.ts';
import { countRounds, countTargets, roundOf, targetsOf } from './rounds.ts';
import { type LockOptions, lockShard } from './shard-lock.ts';
import { type SweepSummary, SweepTally } from './tally.ts';
import { TargetFile, type TargetLine } from './target-file.ts';
import { TargetSet } from './target-set.ts';

const SWEEP: Caller = { id: 'sweep', grant: null };
/** Targets read ahead of the results: what waits for its endpoint is bounded by it. */
const WINDOW = 4096;

export interface SweepWorld {
  readonly verify: Verify;
  /** Throws a `Problem` for a request that this service would refuse whatever its target is. */
  readonly accept: (request: Exclude<BatchItem['request'], Problem>) => void;
  readonly defaults: RequestDefaults;
  /** Verifications of one host and port at once. */
  readonly perEndpoint: number;
  /** Ends the work: what is under way is aborted and done again when it goes on. */
  readonly signal: AbortSignal;
  /** Of the list, what one round is made for; as `ROUND_BYTES` when left out. */
  readonly roundBytes?: number;
  readonly lock: Omit<LockOptions, 'signal'>;
  readonly progress: ProgressSink;
  /** A result that could not be used was found at the end of the file, and what is behind it is done again. */
  readonly onDamage: (keptBytes: number) => void;
  readonly onProblem: (problem: Problem) => void;
  readonly requestId: string;
}

/** Thrown for a folder whose results are not those of this sweep. */
export class OtherSweepError extends Error {}

/** Name of the file that has the results of a part. */
export function resultFileName(index: number, of: number): string {
  return `shard-${index}-of-${of}.ndjson`;
}

/**
 * Judges every target of one part of a list exactly once, over as many attempts as it takes: results that stand in the
 * file are kept, and what is not there is done. Memory does not grow with the list. Resolves with the summary, or null
 * when it was stopped before the end.
 * Throws `Problem` for a request that would be refused for every target, `OtherSweepError`, and what files throw.
 */
export async function runSweep(options: SweepOptions, world: SweepWorld): Promise<SweepSummary | null> {
  const { shard, out } = options;
  const { signal } = world;
  const request = {
    ...(options.ca.length > 0 && { ca: options.ca }),
    ...(options.preset && { preset: options.preset }),
  };
  const list = new TargetFile(options.targets, acceptedPort(request, world));
  await mkdir(out, { recursive: true });
  const path = join(out, resultFileName(shard.index, shard.of));
  const lock = await lockShard(`${path}.lock`, { ...world.lock, signal });
  try {
    const { bytes, sha256 } = await list.measure(signal);
    const about = { shard: `${shard.index}/${shard.of}`, targets_sha256: sha256, request };
    const tally = new SweepTally();
    const begun = new TargetSet();
    const before = await recover(path, about, begun, tally);
    if (before.summary !== null) return before.summary;
    const part = { list, shard, rounds: before.header?.rounds ?? countRounds(bytes, shard.of, world.roundBytes) };
    const header = before.header ?? { ...about, targets: await countTargets(part, begun, signal), rounds: part.rounds };
    const results = await ResultFile.open(path, before.length);
    try {
      if (before.isDamaged) world.onDamage(before.length);
      if (before.header === null) await results.append({ sweep: header });
      const progress = showProgress(tally, { targets: header.targets, resumed: tally.targets }, world.progress);
      const startedAt = performance.now();
      try {
        for (let round = before.round; round < part.rounds && !signal.aborted; round++) {
          if (round > before.round) begun.clear();
          const items = take(targetsOf(part, round), begun, request, world.defaults);
          await judgeAll(items, { tally, results, options, world });
        }
      } finally {
        progress.stop();
      }
      if (signal.aborted) return null;
      if (tally.targets !== header.targets) throw new OtherSweepError(`${options.targets} was changed meanwhile`);
      await results.sync();
      const summary = tally.summary(performance.now() - startedAt);
      await results.append({ summary });
      return summary;
    } finally {
      await results.close();
    }
  } finally {
    list.close();
    await lock.release();
  }
}

/** The port of a line without one, from a request that is good but for its target. */
function acceptedPort(request: Readonly<Record<string, unknown>>, { accept, defaults }: SweepWorld): number {
  const sample = readTarget(0, 'target.invalid', request, [], defaults).request;
  if (sample instanceof Problem) throw sample;
  accept(sample);
  return sample.target?.port ?? 443;
}

/**
 * What an earlier attempt left: its results enter the tally, and those of the round that it came to the set. All rounds
 * before that were finished, since one begins when all results of the one before are written.
 */
async function recover(
  path: string,
  about: Omit<SweepHeader, 'targets' | 'rounds'>,
  begun: TargetSet,
  tally: SweepTally,
) {
  let header: SweepHeader | null = null;
  let length = 0;
  let round = 0;
  let summary: SweepSummary | null = null;
  for await (const { line, end } of readResults(path)) {
    if (header === null) {
      header = requireHeader(path, line, about);
    } else if ('summary' in line) {
      summary = line.summary;
    } else if ('target' in line) {
      const own = roundOf(line.target, header.rounds);
      if (own < round) throw new OtherSweepError(`${path} was not written by a sweep: give another --out`);
      if (own > round) begun.clear();
      round = own;
      if (begun.add(line.target)) tally.add(line);
    }
    length = end;
  }
  const size = (await stat(path).catch(() => null))?.size ?? 0;
  return {
    header,
    length,
    round,
    isDamaged: size > length,
    summary: tally.targets === header?.targets ? summary : null,
  };
}

function requireHeader(path: string, line: SweepLine, about: Omit<SweepHeader, 'targets' | 'rounds'>): SweepHeader {
  if ('sweep' in line) {
    const { targets, rounds, ...rest } = line.sweep;
    if (isDeepStrictEqual(rest, about) && Number.isSafeInteger(targets) && Number.isSafeInteger(rounds))
      return line.sweep;
  }
  throw new OtherSweepError(`${path} has the results of another list or other options: give another --out`);
}

/** Targets that are still to be judged, each once. */
function* take(
  lines: Iterable<TargetLine | null>,
  begun: TargetSet,
  request: Readonly<Record<string, unknown>>,
  defaults: RequestDefaults,
): Generator<BatchItem | null> {
  let index = 0;
  for (const line of lines) {
    if (line === null) yield null;
    else if (begun.add(line.label)) {
      yield { ...readTarget(index++, line.text, request, [], defaults), label: line.label };
    }
  }
}

interface Judging {
  readonly tally: SweepTally;
  readonly results: ResultFile;
  readonly options: SweepOptions;
  readonly world: SweepWorld;
}

async function judgeAll(items: Iterable<BatchItem | null>, { tally, results, options, world }: Judging): Promise<void> {
  let written = 0;
  await runBatch(items, {
    verify: world.verify,
    concurrency: options.concurrency,
    perEndpoint: world.perEndpoint,
    signal: world.signal,
    requestId: world.requestId,
    caller: () => SWEEP,
    async write(result, { label }) {
      written++;
      // What was cut is no result: the next attempt has it again.
      if (world.signal.aborted || label === null) return;
      const line =
        'verdict' in result ? { target: label, verdict: result.verdict } : { target: label, problem: result.problem };
      await results.append(line);
      tally.add(line);
    },
    isDue: (index) => index < written + WINDOW,
    onProblem: world.onProblem,
  });
}

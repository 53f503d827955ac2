import { hash } from 'node:crypto';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { type Shard, shardOf } from './shard.ts';
import type { TargetFile, TargetLine } from './target-file.ts';
import type { TargetSet } from './target-set.ts';

/** Octets of a list, of all its parts together, whose targets are judged in one round: 1.4 million of usual length. */
const ROUND_BYTES = 32 * 2 ** 20;

/**
 * How many rounds a part is judged in. A round is the targets whose hash falls into it, so that what stands twice in a
 * list is seen twice in one round, and only the targets of one round have to be remembered, however long the list is.
 * Each takes a walk through the list, of microseconds a line, where a verification takes milliseconds.
 */
export function countRounds(listBytes: number, shards: number, roundBytes: number = ROUND_BYTES): number {
  return Math.max(1, Math.ceil(listBytes / shards / roundBytes));
}

/** The round of a target, from 0: other octets of its SHA-256 than those by which `TargetSet` has its places. */
export function roundOf(label: string, rounds: number): number {
  return rounds === 1 ? 0 : hash('sha256', label, 'buffer').readUInt32BE(28) % rounds;
}

/** The targets that one process judges, in as many rounds as it takes. */
export interface Part {
  readonly list: TargetFile;
  readonly shard: Shard;
  readonly rounds: number;
}

/** Those of one round in their order, as often as they stand in the list; null where others should have a turn. */
export function* targetsOf({ list, shard, rounds }: Part, round: number): Generator<TargetLine | null> {
  for (const line of list.lines()) {
    if (line === null) yield null;
    else if (shardOf(line.host, shard.of) === shard.index && roundOf(line.label, rounds) === round) yield line;
  }
}

/** How many there are, each counted once. @param seen used for it, and left empty */
export async function countTargets(part: Part, seen: TargetSet, signal: AbortSignal): Promise<number> {
  let count = 0;
  for (let round = 0; round < part.rounds; round++) {
    for (const line of targetsOf(part, round)) {
      if (line !== null) {
        seen.add(line.label);
        continue;
      }
      await nextTurn();
      signal.throwIfAborted();
    }
    count += seen.size;
    seen.clear();
  }
  return count;
}

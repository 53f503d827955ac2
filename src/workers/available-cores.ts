import { readFile } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';

const CGROUP_ROOT = '/sys/fs/cgroup';

/**
 * Cores that this process may use: those it is bound to (sched_setaffinity(2), cpusets) and no more than the processor
 * time that its container may have, rounded down, since a worker that has only a part of a core is throttled
 * together with all others. At least 1.
 *
 * libuv looks at the quota of the group that /proc/self/cgroup names. Where a container sees the path of the host there,
 * that finds nothing, and the limit stands at the root that is mounted for it.
 */
export async function countCores({ parallelism = availableParallelism(), root = CGROUP_ROOT } = {}): Promise<number> {
  const quota = (await readUnified(root)) ?? (await readLegacy(root)) ?? parallelism;
  return Math.max(1, Math.min(parallelism, Math.floor(quota)));
}

/** cgroup v2, `cpu.max`: `$MAX $PERIOD` in microseconds, `max` for no limit. Null where there is no limit. */
async function readUnified(root: string): Promise<number | null> {
  const [quota, period] = (await read(join(root, 'cpu.max'))).split(' ');
  return ratioOf(quota, period);
}

/** cgroup v1: -1 for no limit. */
async function readLegacy(root: string): Promise<number | null> {
  return ratioOf(await read(join(root, 'cpu', 'cpu.cfs_quota_us')), await read(join(root, 'cpu', 'cpu.cfs_period_us')));
}

function ratioOf(quota: string | undefined, period: string | undefined): number | null {
  const cores = Number(quota) / Number(period);
  return Number.isFinite(cores) && cores > 0 ? cores : null;
}

/** Empty for a file that is not there. */
async function read(file: string): Promise<string> {
  return (await readFile(file, 'utf8').catch(() => '')).trim();
}

import type { FuzzTarget } from './fuzz-target.ts';
import { Random } from './random.ts';
import { shrink } from './shrink.ts';

export interface CampaignOptions {
  readonly name: string;
  readonly seed: number;
  readonly executions: number;
  /** Ends earlier when this time (`performance.now`) has come. */
  readonly endAtMs?: number;
}

export interface Finding {
  /** From 0: with the same seed it is met again there. */
  readonly execution: number;
  /** Shrunk. */
  readonly input: Buffer;
  readonly error: unknown;
}

export interface Campaign {
  readonly executions: number;
  /** Different behaviours that were seen. */
  readonly behaviours: number;
  readonly finding: Finding | null;
}

/** Inputs that are mutated further, and the octets of one. */
const MAX_POOL = 4096;
const MAX_POOLED_BYTES = 8 * 1024;
/** No input of these sizes takes a hundredth of it. */
const MAX_PROCESSOR_MS = 1000;
const EXECUTIONS_A_LOOK = 256;

/** Executes `target` until it breaks a promise or the executions or the time are used up. */
export async function runCampaign(target: FuzzTarget, options: CampaignOptions): Promise<Campaign> {
  const random = new Random(options.seed, options.name);
  const pool = [...target.corpus];
  const behaviours = new Set<string>();
  let execution = 0;
  // Readers throw and catch errors of their own by the million, whose stacks nobody reads.
  const { stackTraceLimit } = Error;
  Error.stackTraceLimit = 0;
  for (; execution < options.executions && !isOver(execution, options); execution++) {
    const input = pool[execution] ?? target.mutate(random.pick(pool), random, random.pick(pool));
    try {
      const behaviour = await executed(target, input);
      if (behaviours.has(behaviour) || behaviours.size >= MAX_POOL) continue;
      behaviours.add(behaviour);
      if (execution >= target.corpus.length && input.length <= MAX_POOLED_BYTES) pool.push(Buffer.from(input));
    } catch {
      const smallest = await shrink(input, async (smaller) => (await failureOf(target, smaller)) !== null);
      Error.stackTraceLimit = stackTraceLimit;
      const error = await failureOf(target, smallest);
      return { executions: execution + 1, behaviours: behaviours.size, finding: { execution, input: smallest, error } };
    }
  }
  Error.stackTraceLimit = stackTraceLimit;
  return { executions: execution, behaviours: behaviours.size, finding: null };
}

/** What an input does to a target that breaks a promise for it; null when it keeps them. */
async function failureOf(target: FuzzTarget, input: Buffer): Promise<unknown> {
  try {
    await executed(target, input);
    return null;
  } catch (error) {
    return error ?? 'undefined was thrown';
  }
}

async function executed(target: FuzzTarget, input: Buffer): Promise<string> {
  const startedAt = performance.now();
  const given = target.check(input);
  const behaviour = typeof given === 'string' ? given : await given;
  if (performance.now() - startedAt > MAX_PROCESSOR_MS) await requireFast(target, input);
  return behaviour;
}

/** A look at the clock may have fallen on a busy machine: what counts is the processor's time, asked again. */
async function requireFast(target: FuzzTarget, input: Buffer): Promise<void> {
  const before = process.cpuUsage();
  await target.check(input);
  const { user, system } = process.cpuUsage(before);
  const spentMs = (user + system) / 1000;
  if (spentMs > MAX_PROCESSOR_MS) throw new Error(`takes ${spentMs} ms of processor time`);
}

function isOver(execution: number, { endAtMs }: CampaignOptions): boolean {
  return endAtMs !== undefined && execution % EXECUTIONS_A_LOOK === 0 && performance.now() >= endAtMs;
}

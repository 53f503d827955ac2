import { parseArgs } from 'node:util';
import { parseShard, type Shard } from './shard.ts';

export interface SweepOptions {
  readonly command: 'sweep';
  /** Path of the list. */
  readonly targets: string;
  readonly shard: Shard;
  /** Folder for the results. */
  readonly out: string;
  /** CA references; empty = those of the preset, or the default. */
  readonly ca: readonly string[];
  readonly preset: string | null;
  readonly concurrency: number;
  /** Whether verdicts make no difference to the exit status. */
  readonly exitZero: boolean;
}

export interface MergeOptions {
  readonly command: 'merge';
  /** Path of the report. */
  readonly out: string;
  /** Folders with the results of the parts. */
  readonly folders: readonly string[];
  readonly exitZero: boolean;
}

/** Thrown with every mistake on the command line, one a line. */
export class UsageError extends Error {
  constructor(complaints: readonly string[]) {
    super(complaints.join('\n'));
    this.name = 'UsageError';
  }
}

export const USAGE = `usage: sweep --targets FILE --out DIR [--shard I/N] [--ca NAME]... [--preset NAME]
             [--concurrency N] [--exit-zero]
       sweep merge --out FILE [--exit-zero] DIR...
`;

const DEFAULT_CONCURRENCY = 64;

const TEXT = { type: 'string' } as const;
const SWEEP_FLAGS = {
  targets: TEXT,
  shard: TEXT,
  out: TEXT,
  ca: { type: 'string', multiple: true },
  preset: TEXT,
  concurrency: TEXT,
  'exit-zero': { type: 'boolean' },
} as const;
const MERGE_FLAGS = { out: TEXT, 'exit-zero': { type: 'boolean' } } as const;

/**
 * The arguments after `sweep`. Throws `UsageError` with all that is wrong.
 * @param mostAtOnce the greatest concurrency that the settings allow
 */
export function parseSweepArguments(args: readonly string[], mostAtOnce: number): SweepOptions | MergeOptions {
  return args[0] === 'merge' ? parseMerge(args.slice(1)) : parseSweep(args, mostAtOnce);
}

function parseSweep(args: readonly string[], mostAtOnce: number): SweepOptions {
  const { values, positionals, complaints } = read(args, SWEEP_FLAGS);
  for (const word of positionals)
    complaints.push(`${JSON.stringify(word)} belongs to no flag: name the list by --targets`);
  const text = (name: keyof typeof SWEEP_FLAGS) => (typeof values[name] === 'string' ? values[name] : undefined);
  const targets = required(text('targets'), '--targets', 'a file with a host or host:port a line', complaints);
  const out = required(text('out'), '--out', 'the folder for the results', complaints);
  const shard = parseShard(text('shard') ?? '0/1');
  if ('error' in shard) complaints.push(`--shard ${JSON.stringify(text('shard'))} ${shard.error}`);
  const concurrency = Number(text('concurrency') ?? Math.min(DEFAULT_CONCURRENCY, mostAtOnce));
  if (!Number.isInteger(concurrency) || concurrency < 1 || concurrency > mostAtOnce) {
    complaints.push(
      `--concurrency ${JSON.stringify(text('concurrency'))} is not a number from 1 to ${mostAtOnce}, half of MAX_IN_FLIGHT: raise that for more`,
    );
  }
  if (complaints.length > 0 || 'error' in shard) throw new UsageError(complaints);
  const exitZero = values['exit-zero'] === true;
  const ca = Array.isArray(values.ca) ? values.ca.map(String) : [];
  return { command: 'sweep', targets, shard, out, ca, preset: text('preset') ?? null, concurrency, exitZero };
}

function parseMerge(args: readonly string[]): MergeOptions {
  const { values, positionals, complaints } = read(args, MERGE_FLAGS);
  const out = required(
    typeof values.out === 'string' ? values.out : undefined,
    '--out',
    'the file for the report',
    complaints,
  );
  if (positionals.length === 0) complaints.push('no folder is named: give those that sweep had as --out');
  if (complaints.length > 0) throw new UsageError(complaints);
  return { command: 'merge', out, folders: positionals, exitZero: values['exit-zero'] === true };
}

interface Flags {
  readonly [name: string]: { readonly type: 'string' | 'boolean'; readonly multiple?: boolean };
}

/** What was given, and a complaint about each flag that is unknown, twice there, or without its value. */
function read(args: readonly string[], flags: Flags) {
  const { tokens } = parseArgs({
    args: [...args],
    options: flags,
    strict: false,
    allowPositionals: true,
    tokens: true,
  });
  const values: Record<string, string | boolean | string[]> = {};
  const positionals: string[] = [];
  const complaints: string[] = [];
  for (const token of tokens) {
    if (token.kind === 'positional') positionals.push(token.value);
    if (token.kind !== 'option') continue;
    const flag = Object.hasOwn(flags, token.name) ? flags[token.name] : undefined;
    const { name, rawName, value } = token;
    if (flag === undefined) {
      complaints.push(
        `${rawName} is no flag here; there are ${Object.keys(flags)
          .map((each) => `--${each}`)
          .join(', ')}`,
      );
    } else if (flag.type === 'boolean') {
      if (value !== undefined) complaints.push(`${rawName} takes no value`);
      values[name] = true;
    } else if (value === undefined || value === '') {
      complaints.push(`${rawName} needs a value`);
    } else if (flag.multiple) {
      values[name] = [...((values[name] as string[] | undefined) ?? []), value];
    } else {
      if (name in values) complaints.push(`${rawName} is given twice`);
      values[name] = value;
    }
  }
  return { values, positionals, complaints };
}

function required(text: string | undefined, flag: string, what: string, complaints: string[]): string {
  if (text === undefined && !complaints.some((each) => each.startsWith(`${flag} `))) {
    complaints.push(`${flag} is missing: ${what}`);
  }
  return text ?? '';
}

import { parseDocument } from 'yaml';
import { isAuthorityName } from '../domain/authority-name.ts';
import { Problem } from '../domain/problem.ts';
import type { VerifyRequest } from '../domain/request.ts';
import { isRecord, readVerifyRequest } from './parse-verify-request.ts';
import type { PresetListing } from './schemas/verify-request.ts';

/** What an operator's file may weigh; presets with whole CA bundles belong into CA_DIR. */
const MAX_FILE_CHARACTERS = 1_048_576;
/** The file is looked at before a request is read, unless that was done within this time. */
const FRESH_MS = 1_000;
/** Stands for the host that a preset does not have; nothing is dialled. */
const ANY_HOST = 'preset.invalid';
/** What is about one target, or would lead from preset to preset. */
const NOT_IN_PRESETS = ['host', 'chain_pem', 'preset'];

/** Thrown for a file that cannot be used: every complaint, one a line. */
export class PresetsError extends Error {
  constructor(complaints: readonly string[]) {
    super(complaints.join('\n'));
    this.name = 'PresetsError';
  }
}

/**
 * Named partial requests from YAML, of which JSON is a part: a mapping of names to what POST /verify takes.
 * Each is held to the schema of requests. Throws `PresetsError` with everything that is wrong.
 * @param accept throws a `Problem` for a request that this service would refuse, such as one with an unknown CA
 */
export function parsePresets(text: string, accept: (request: VerifyRequest) => void): PresetListing {
  if (text.length > MAX_FILE_CHARACTERS) throw new PresetsError([`larger than ${MAX_FILE_CHARACTERS} characters`]);
  const document = parseDocument(text, { uniqueKeys: true });
  if (document.errors.length > 0) throw new PresetsError(document.errors.map(({ message }) => message));
  const content: unknown = document.toJS() ?? {};
  if (!isRecord(content)) throw new PresetsError(['not a mapping of names to partial requests']);
  const presets = new Map<string, Readonly<Record<string, unknown>>>();
  const complaints: string[] = [];
  for (const [name, preset] of Object.entries(content)) {
    const wrong = isRecord(preset) ? complaintsOf(name, preset, accept) : ['not a partial request'];
    complaints.push(...wrong.map((complaint) => `preset ${JSON.stringify(name)}: ${complaint}`));
    if (isRecord(preset)) presets.set(name, preset);
  }
  if (complaints.length > 0) throw new PresetsError(complaints);
  return presets;
}

function complaintsOf(
  name: string,
  preset: Readonly<Record<string, unknown>>,
  accept: (request: VerifyRequest) => void,
): string[] {
  if (!isAuthorityName(name)) return ['its name is not made of letters, digits, ".", "_" and "-"'];
  const misplaced = NOT_IN_PRESETS.filter((field) => preset[field] !== undefined);
  if (misplaced.length > 0) return misplaced.map((field) => `/${field} does not belong into a preset`);
  try {
    accept(readVerifyRequest({ ...preset, host: ANY_HOST }, [], { timeoutMs: 10_000, presets: new Map() }));
    return [];
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    const places = error.errors.map(({ pointer, detail }) => `${pointer} ${detail}`);
    return places.length > 0 ? places : [error.message];
  }
}

export interface PresetSource {
  /** The text of the file as it is now. */
  readonly read: () => Promise<string>;
  readonly accept: (request: VerifyRequest) => void;
  readonly onReload: (presets: PresetListing) => void;
  /** Why the file as it is now is not in force; once for each state of it. */
  readonly onRefusal: (error: unknown) => void;
  /** A monotonic clock, milliseconds. */
  readonly now?: () => number;
}

/**
 * The presets in force: read now, and again when asked for and not looked at for a moment, so that no watch is needed
 * and a request sees what an operator has just written. A file that cannot be used leaves the last good ones in force.
 * Rejects when the first reading fails.
 */
export async function createPresets(source: PresetSource): Promise<() => Promise<PresetListing>> {
  const { now = () => performance.now() } = source;
  /** As last seen, whether it could be used or not; null = it could not be read. */
  let seen: string | null = await source.read();
  let presets = parsePresets(seen, source.accept);
  let lookedAt = now();
  let looking: Promise<void> | null = null;

  const look = async (): Promise<void> => {
    const before = seen;
    try {
      seen = await source.read().catch((error: unknown) => {
        if (before !== null) source.onRefusal(error);
        return null;
      });
      if (seen === null || seen === before) return;
      presets = parsePresets(seen, source.accept);
      source.onReload(presets);
    } catch (error) {
      source.onRefusal(error);
    } finally {
      lookedAt = now();
      looking = null;
    }
  };
  return async () => {
    if (now() - lookedAt >= FRESH_MS) {
      looking ??= look();
      await looking;
    }
    return presets;
  };
}

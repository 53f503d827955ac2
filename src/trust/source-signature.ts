import { hash } from 'node:crypto';
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { AuthoritySources } from './authorities.ts';
import { systemBundleFile } from './system-bundle.ts';

/** What the files behind the authorities look like from outside. */
export interface SourceSignature {
  /** Differs as soon as a file was written, replaced, added or removed, also behind a symbolic link. */
  readonly text: string;
  /** When the last of them changed, milliseconds since the epoch by the clock of the file system; 0 without files. */
  readonly changedAtMs: number;
  /** Folders whose entries are among them. */
  readonly folders: readonly string[];
}

/** CA_DIR/NAME/crls/FILE */
const MAX_DEPTH = 3;

/**
 * Looks at every file that `readAuthorities` reads, without reading any: names, inodes, sizes and the times of the last
 * change, which the kernel sets at each write. Never throws: what cannot be looked at is part of the signature.
 */
export async function signSources({ caDir, systemFile }: AuthoritySources): Promise<SourceSignature> {
  const survey = { lines: [] as string[], changedAtMs: 0, folders: [] as string[] };
  if (caDir !== null) await visit(caDir, 0, survey);
  const system = systemBundleFile(systemFile);
  if (system !== null) await visit(system, MAX_DEPTH, survey);
  return {
    text: hash('sha256', survey.lines.join('\n'), 'hex'),
    changedAtMs: survey.changedAtMs,
    folders: survey.folders,
  };
}

async function visit(
  path: string,
  depth: number,
  survey: { readonly lines: string[]; readonly folders: string[]; changedAtMs: number },
): Promise<void> {
  try {
    const { dev, ino, size, mtimeNs, ctimeNs, ctimeMs } = await look(path);
    survey.lines.push(JSON.stringify([path, dev, ino, size, mtimeNs, ctimeNs].map(String)));
    survey.changedAtMs = Math.max(survey.changedAtMs, Number(ctimeMs));
    if (depth >= MAX_DEPTH) return;
    const entries = await readdir(path);
    survey.folders.push(path);
    // Hidden entries are the past and future versions of a mounted ConfigMap; those in force are reached by links.
    for (const entry of entries.filter((each) => !each.startsWith('.')).sort()) {
      await visit(join(path, entry), depth + 1, survey);
    }
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : String(error);
    // A file has no entries: it is not a folder, and that is all there is to say.
    if (code !== 'ENOTDIR') survey.lines.push(JSON.stringify([path, code]));
  }
}

const look = (path: string) => stat(path, { bigint: true });

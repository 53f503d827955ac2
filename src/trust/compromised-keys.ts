import { readBoundedFile } from '../files/bounded-file.ts';

/** Half a million keys. */
const MAX_BYTES = 40 * 1024 * 1024;

/**
 * The SHA-256 hashes of SubjectPublicKeyInfo that an operator holds for compromised: one in hex on each line, with `#`
 * for comments and after a hash. Throws an error that names the file, and the line that is none of these: a list that
 * was read in part would let the rest pass.
 */
export async function readCompromisedKeys(file: string): Promise<ReadonlySet<string>> {
  return parseCompromisedKeys((await readBoundedFile(file, MAX_BYTES)).toString('latin1'), file);
}

export function parseCompromisedKeys(text: string, file: string): ReadonlySet<string> {
  const hashes = new Set<string>();
  for (const [index, line] of text.split(/\r?\n/).entries()) {
    const hash = (line.split('#', 1)[0] ?? '').trim().toLowerCase();
    if (hash === '') continue;
    if (!/^[0-9a-f]{64}$/.test(hash)) throw new Error(`${file} line ${index + 1} is no SHA-256 of 64 hex digits`);
    hashes.add(hash);
  }
  return hashes;
}

import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { isAuthorityName } from '../domain/authority-name.ts';
import { readBoundedFile } from '../files/bounded-file.ts';

/** A chain of a few kilobytes, a key, a list of names. */
const MAX_FILE_BYTES = 256 * 1024;
const MAX_IDENTITIES = 256;

/** The files of one identity, as they stand. */
export interface IdentityFiles {
  readonly name: string;
  readonly cert: TextFile;
  readonly key: TextFile;
  readonly targets: TextFile;
}

export interface TextFile {
  /** For messages. */
  readonly path: string;
  readonly text: string;
}

export interface IdentityDirectory {
  /** Sorted by name. */
  readonly identities: readonly IdentityFiles[];
  /** Entries that are no identity, and why: for the log. */
  readonly ignored: readonly { readonly entry: string; readonly reason: string }[];
}

/**
 * Reads the files of every identity: a folder `NAME` with `cert.pem` and `key.pem` (or `tls.crt` and `tls.key`, as a
 * Kubernetes secret has them) and `targets`. Throws an Error that names the file when one is missing or cannot be read:
 * half a configuration must not look like a whole one.
 */
export async function readIdentityDirectory(directory: string): Promise<IdentityDirectory> {
  const entries = await readdir(directory).catch(unreadable(directory));
  const names: string[] = [];
  const ignored: { entry: string; reason: string }[] = [];
  // Hidden entries are how a mounted secret keeps its versions (`..data`).
  for (const entry of entries.filter((each) => !each.startsWith('.')).sort()) {
    const path = join(directory, entry);
    if (!(await stat(path).catch(unreadable(path))).isDirectory()) {
      ignored.push({ entry, reason: 'it is no folder' });
    } else if (!isAuthorityName(entry)) {
      ignored.push({ entry, reason: 'its name is not made of 1 to 64 letters, digits, ".", "_", "-"' });
    } else {
      names.push(entry);
    }
  }
  // Counted before any is read: this is done every few seconds, and what is too much would be held in memory first.
  if (names.length > MAX_IDENTITIES) {
    throw new Error(`IDENTITY_DIR: ${directory} has ${names.length} identities; it may have ${MAX_IDENTITIES}`);
  }
  const identities: IdentityFiles[] = [];
  for (const name of names) identities.push(await readFolder(name, join(directory, name)));
  return { identities, ignored };
}

async function readFolder(name: string, folder: string): Promise<IdentityFiles> {
  const files = new Set(await readdir(folder).catch(unreadable(folder)));
  const read = async (...names: readonly string[]): Promise<TextFile> => {
    const [found, second] = names.filter((each) => files.has(each));
    const path = join(folder, found ?? names[0] ?? '');
    if (found === undefined) throw new Error(`IDENTITY_DIR: ${path} is missing`);
    if (second !== undefined) throw new Error(`IDENTITY_DIR: ${path} and ${second} are both there: leave one`);
    const bytes = await readBoundedFile(path, MAX_FILE_BYTES).catch((cause: Error) => {
      throw new Error(`IDENTITY_DIR: ${cause.message}`, { cause });
    });
    return { path, text: bytes.toString('utf8') };
  };
  return {
    name,
    cert: await read('cert.pem', 'tls.crt'),
    key: await read('key.pem', 'tls.key'),
    targets: await read('targets'),
  };
}

function unreadable(path: string): (error: NodeJS.ErrnoException) => never {
  return (error) => {
    throw new Error(`IDENTITY_DIR: ${path} cannot be read: ${error.code}`, { cause: error });
  };
}

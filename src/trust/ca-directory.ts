import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { AnchorSet } from '../domain/anchor-set.ts';
import { isAuthorityName, isReservedReference } from '../domain/authority-name.ts';
import { anchorSetOf, type Bundle, isCutOff, readBundle, skippedOf } from './bundle.ts';
import { readBundleFile } from './bundle-file.ts';
import { readCrlFolder } from './crl-folder.ts';

export interface CaDirectory {
  /** By name, sorted. An authority none of whose certificates can be used is there, with no anchors. */
  readonly authorities: readonly AnchorSet[];
  /** Entries that are no authority, and why: for the log, since a forgotten `.crt` looks like a missing CA. */
  readonly ignored: readonly { readonly entry: string; readonly reason: string }[];
  /** Files that stop in the middle of a PEM block; what stands before was read. */
  readonly cutOff: readonly string[];
}

/**
 * Reads every authority of a directory: `NAME.pem`, all of whose certificates are anchors, or `NAME/` with
 * `anchors.pem` and perhaps `intermediates.pem` and a folder `crls`. Throws when the directory or a file of it cannot be read, when an
 * authority has a reserved name, or when two have the same one: half a configuration must not look like a whole one.
 */
export async function readCaDirectory(directory: string): Promise<CaDirectory> {
  const entries = await readdir(directory).catch(unreadable(directory));
  const authorities = new Map<string, AnchorSet>();
  const ignored: { entry: string; reason: string }[] = [];
  const cutOff: string[] = [];
  // Hidden entries are how a mounted ConfigMap keeps its versions (`..data`).
  for (const entry of entries.filter((each) => !each.startsWith('.')).sort()) {
    const path = join(directory, entry);
    const isDirectory = (await stat(path).catch(unreadable(path))).isDirectory();
    const name = isDirectory ? entry : entry.replace(/\.pem$/, '');
    const reason = whyIgnored(entry, name, isDirectory);
    if (reason !== null) {
      ignored.push({ entry, reason });
      continue;
    }
    if (isReservedReference(name)) throw new Error(`CA_DIR: ${path} has the reserved name ${name}: rename it`);
    if (authorities.has(name)) throw new Error(`CA_DIR: ${name} is there twice, as a file and as a folder`);
    authorities.set(
      name,
      isDirectory ? await readFolder(name, path, cutOff) : await readSingleFile(name, path, cutOff),
    );
  }
  return { authorities: [...authorities.values()], ignored, cutOff };
}

function unreadable(path: string): (error: NodeJS.ErrnoException) => never {
  return (error) => {
    throw new Error(`CA_DIR: ${path} cannot be read: ${error.code}`, { cause: error });
  };
}

function whyIgnored(entry: string, name: string, isDirectory: boolean): string | null {
  if (!isDirectory && !entry.endsWith('.pem')) return 'it is neither NAME.pem nor a folder';
  if (!isAuthorityName(name)) return 'its name is not made of 1 to 64 letters, digits, ".", "_", "-"';
  return null;
}

async function readSingleFile(name: string, file: string, cutOff: string[]): Promise<AnchorSet> {
  const { certificates, defects } = await readFile(file, cutOff);
  return anchorSetOf(name, { anchors: certificates, skipped: skippedOf(defects) });
}

async function readFolder(name: string, folder: string, cutOff: string[]): Promise<AnchorSet> {
  const files = new Set(await readdir(folder).catch(unreadable(folder)));
  const read = async (file: string) => (files.has(file) ? readFile(join(folder, file), cutOff) : null);
  const anchors = await read('anchors.pem');
  const intermediates = await read('intermediates.pem');
  const { crls, skipped: skippedCrls } = files.has('crls')
    ? await readCrlFolder(join(folder, 'crls')).catch(unreadable(join(folder, 'crls')))
    : { crls: [], skipped: [] };
  const missing = anchors === null ? [{ position: 0, reason: 'the folder has no anchors.pem' }] : [];
  return anchorSetOf(name, {
    anchors: anchors?.certificates ?? [],
    intermediates: intermediates?.certificates ?? [],
    crls,
    skipped: [
      ...missing,
      ...skippedOf(anchors?.defects ?? [], 'anchors.pem'),
      ...skippedOf(intermediates?.defects ?? [], 'intermediates.pem'),
      ...skippedCrls,
    ],
  });
}

async function readFile(file: string, cutOff: string[]): Promise<Bundle> {
  const text = await readBundleFile(file);
  if (isCutOff(text)) cutOff.push(file);
  return readBundle(text);
}

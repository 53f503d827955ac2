import { readBoundedFile } from '../files/bounded-file.ts';

/** Far above every bundle in use (Mozilla's has 220 KiB), far below what would hurt. */
export const MAX_BUNDLE_BYTES = 16 * 1024 * 1024;

/** The text of a bundle file, of at most `MAX_BUNDLE_BYTES`. Throws as `readBoundedFile` does. */
export async function readBundleFile(file: string): Promise<string> {
  return (await readBoundedFile(file, MAX_BUNDLE_BYTES)).toString('latin1');
}

import { open } from 'node:fs/promises';

/** Far above every bundle in use (Mozilla's has 220 KiB), far below what would hurt. */
export const MAX_BUNDLE_BYTES = 16 * 1024 * 1024;

/**
 * The text of a bundle file. Throws an error that names the file when it cannot be read, is larger than
 * `MAX_BUNDLE_BYTES`, or is no regular file (a FIFO would never end).
 */
export async function readBundleFile(file: string): Promise<string> {
  await using handle = await open(file, 'r').catch((error: NodeJS.ErrnoException) => {
    throw new Error(`${file} cannot be read: ${error.code}`, { cause: error });
  });
  const status = await handle.stat();
  if (!status.isFile()) throw new Error(`${file} is not a file`);
  if (status.size > MAX_BUNDLE_BYTES) throw new Error(`${file} is larger than ${MAX_BUNDLE_BYTES} bytes`);
  return handle.readFile('latin1');
}

import { constants } from 'node:fs';
import { open } from 'node:fs/promises';

/** Far above every bundle in use (Mozilla's has 220 KiB), far below what would hurt. */
export const MAX_BUNDLE_BYTES = 16 * 1024 * 1024;

/**
 * The text of a bundle file. Throws an error that names the file when it cannot be read, is larger than
 * `MAX_BUNDLE_BYTES`, or is no regular file.
 */
export async function readBundleFile(file: string): Promise<string> {
  // Non-blocking: opening a FIFO would otherwise wait for its writer before we can see what it is.
  await using handle = await open(file, constants.O_RDONLY | constants.O_NONBLOCK).catch(
    (error: NodeJS.ErrnoException) => {
      throw new Error(`${file} cannot be read: ${error.code}`, { cause: error });
    },
  );
  const status = await handle.stat();
  if (!status.isFile()) throw new Error(`${file} is not a file`);
  if (status.size > MAX_BUNDLE_BYTES) throw new Error(`${file} is larger than ${MAX_BUNDLE_BYTES} bytes`);
  return handle.readFile('latin1');
}

import { constants } from 'node:fs';
import { open } from 'node:fs/promises';

/**
 * The bytes of a file. Throws an error that names the file when it cannot be read, is larger than `maxBytes`, or is no
 * regular file.
 */
export async function readBoundedFile(file: string, maxBytes: number): Promise<Buffer> {
  // Non-blocking: opening a FIFO would otherwise wait for its writer before we can see what it is.
  await using handle = await open(file, constants.O_RDONLY | constants.O_NONBLOCK).catch(
    (error: NodeJS.ErrnoException) => {
      throw new Error(`${file} cannot be read: ${error.code}`, { cause: error });
    },
  );
  const status = await handle.stat();
  if (!status.isFile()) throw new Error(`${file} is not a file`);
  if (status.size > maxBytes) throw new Error(`${file} is larger than ${maxBytes} bytes`);
  return handle.readFile();
}

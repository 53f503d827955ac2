import { open } from 'node:fs/promises';
import { devNull } from 'node:os';

/** Whether this process may open another file or socket now; false from `ulimit -n` on. */
export async function canOpenFiles(): Promise<boolean> {
  const handle = await open(devNull).catch(() => null);
  await handle?.close();
  return handle !== null;
}

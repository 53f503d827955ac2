import { readdir } from 'node:fs/promises';
import { join } from 'node:path';

/** `npm run bench -- NAME`: runs one benchmark of this folder; without a name the comparison. */
const names = (await readdir(import.meta.dirname))
  .flatMap((file) => /^([a-z-]+)\.ts$/.exec(file)?.[1] ?? [])
  .filter((name) => name !== 'run');
// Taken out, so that the benchmark finds its own arguments where it would without us.
const [name = ''] = names.includes(process.argv[2] ?? '') ? process.argv.splice(2, 1) : ['compare'];
await import(join(import.meta.dirname, `${name}.ts`));

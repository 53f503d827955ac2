import { readdir } from 'node:fs/promises';
import { join } from 'node:path';

/** `npm run bench -- NAME`: runs one benchmark of this folder; without a name it lists them. */
const names = (await readdir(import.meta.dirname))
  .map((file) => file.replace(/\.ts$/, ''))
  .filter((name) => name !== 'run');
// Taken out, so that the benchmark finds its own arguments where it would without us.
const [name = ''] = process.argv.splice(2, 1);
if (names.includes(name)) await import(join(import.meta.dirname, `${name}.ts`));
else console.error(`npm run bench -- NAME, where NAME is one of ${names.join(', ')}`);

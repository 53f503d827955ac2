import { readdir } from 'node:fs/promises';
import { join } from 'node:path';

/** `npm run bench -- NAME`: runs one benchmark of this folder; without a name it lists them. */
const names = (await readdir(import.meta.dirname))
  .map((file) => file.replace(/\.ts$/, ''))
  .filter((name) => name !== 'run');
const name = process.argv[2] ?? '';
if (names.includes(name)) await import(join(import.meta.dirname, `${name}.ts`));
else console.error(`npm run bench -- NAME, where NAME is one of ${names.join(', ')}`);

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { bundle } from './bundle.ts';
import { licensesOf, renderLicenses } from './licenses.ts';

// The program of the image: all that Node needs to run it, and the terms of whoever wrote parts of it.
const folder = join(import.meta.dirname, '../../dist');
const parts = await bundle(folder);
writeFileSync(join(folder, 'licenses.txt'), renderLicenses(licensesOf(parts.flatMap(({ sources }) => sources))));

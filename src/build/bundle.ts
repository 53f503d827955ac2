import { rmSync } from 'node:fs';
import { isBuiltin } from 'node:module';
import { join } from 'node:path';
import { type OutputChunk, rolldown } from 'rolldown';

const ROOT = join(import.meta.dirname, '../..');

/** One file of the program. */
export interface Part {
  /** Its name in the folder: `listen.js`. */
  readonly file: string;
  /** Files of the folder, and built-in modules, that are loaded before it runs. */
  readonly needs: readonly string[];
  /** Those that it loads when it comes to that. */
  readonly loadsLater: readonly string[];
  /** The files that went into it: absolute paths, and the bundler's own lines under names that are none. */
  readonly sources: readonly string[];
}

/**
 * Writes the program, `main.js` and the parts that it loads when it needs them, with all packages inside. What is loaded
 * by `import()` in the sources stays apart, and nothing is shortened: names and lines of a stack are those of a reader.
 * Throws when anything but Node itself would be missing at run time.
 * @param folder emptied before
 */
export async function bundle(folder: string): Promise<readonly Part[]> {
  rmSync(folder, { recursive: true, force: true });
  const program = await rolldown({
    cwd: ROOT,
    input: { main: 'src/main.ts' },
    platform: 'node',
    // The packages beside which this file stands are those that the tests ran with.
    external: (id) => isBuiltin(id),
    onLog(_level, { message }) {
      throw new Error(message);
    },
  });
  const { output } = await program.write({
    dir: folder,
    format: 'esm',
    chunkFileNames: '[name].js',
  });
  await program.close();
  const parts = output.filter((each) => each.type === 'chunk').map(partOf);
  const strange = parts.flatMap(({ file, needs, loadsLater }) =>
    [...needs, ...loadsLater]
      .filter((name) => !isBuiltin(name) && !parts.some((part) => part.file === name))
      .map((name) => `${file} -> ${name}`),
  );
  if (strange.length > 0) throw new Error(`not in the bundle: ${strange.join(', ')}`);
  return parts;
}

function partOf({ fileName, imports, dynamicImports, moduleIds }: OutputChunk): Part {
  return { file: fileName, needs: imports, loadsLater: dynamicImports, sources: moduleIds };
}

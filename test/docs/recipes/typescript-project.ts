import { symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { blockOf, type Ended, placed, runIn, temporaryFolder } from './page.ts';

const MODULES = join(import.meta.dirname, '../../../node_modules');
const HOOK = join(import.meta.dirname, 'generated-client/typescript-5-hook.mjs');

/** What a reader's own project has, and no more. */
const PACKAGE = { type: 'module' };
const TSCONFIG = {
  compilerOptions: {
    target: 'es2024',
    module: 'nodenext',
    types: ['node'],
    strict: true,
    noUncheckedIndexedAccess: true,
    allowImportingTsExtensions: true,
    noEmit: true,
  },
};

/**
 * npx of an installed openapi-typescript. It writes types by means of the JavaScript API of the compiler, which
 * TypeScript 7 no longer has; the hook gives it the compiler that it was made for.
 */
const NPX = `npx() { shift; "$NODE" --import "$HOOK" node_modules/openapi-typescript/bin/cli.js "$@"; }`;

export interface TypeScriptProject extends AsyncDisposable {
  /** What the compiler, strict, says of all programs. */
  readonly compiled: Ended;
  /** Runs one of them with Node. */
  run(name: string, args: readonly string[]): Promise<Ended>;
}

/** Programs beside the types that the command of the page makes of the document that the service at `port` serves. */
export async function createProject(
  programs: Readonly<Record<string, string>>,
  port: number,
): Promise<TypeScriptProject> {
  const folder = await temporaryFolder();
  const files = { 'package.json': JSON.stringify(PACKAGE), 'tsconfig.json': JSON.stringify(TSCONFIG), ...programs };
  for (const [name, text] of Object.entries(files)) await writeFile(join(folder.path, name), text);
  await symlink(MODULES, join(folder.path, 'node_modules'));
  const command = placed(blockOf('clients.md', 'TypeScript', 'sh'), port);
  const script = `${NPX}\n{ ${command} } >&2 && node_modules/.bin/tsc -p .`;
  return {
    compiled: await runIn(folder.path, 'bash', ['-c', script], { env: { NODE: process.execPath, HOOK } }),
    run: (name, args) => runIn(folder.path, process.execPath, [name, ...args]),
    [Symbol.asyncDispose]: () => folder[Symbol.asyncDispose](),
  };
}

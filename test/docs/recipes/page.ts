import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

export const RECIPES = join(import.meta.dirname, '../../../docs/recipes');

/** One block of code of a page. */
export interface Block {
  readonly language: string;
  readonly text: string;
  /** The heading above it. */
  readonly heading: string;
}

/** The code of docs/recipes/NAME, in its order. */
export function readPage(name: string): readonly Block[] {
  const blocks: Block[] = [];
  let heading = '';
  const page = readFileSync(join(RECIPES, name), 'utf8');
  for (const [, title, language = '', text = ''] of page.matchAll(/^#+ (.+)$|^```(\w+)\n([\s\S]*?)^```$/gm)) {
    if (title === undefined) blocks.push({ language, text, heading });
    else heading = title;
  }
  if (blocks.length === 0) throw new Error(`${name} has no code`);
  return blocks;
}

/** The one block of a language under a heading. Throws when there is none or more than one. */
export function blockOf(name: string, heading: string, language: string): string {
  const found = readPage(name).filter((block) => block.heading === heading && block.language === language);
  if (found.length !== 1) throw new Error(`${name} has ${found.length} blocks of ${language} under ${heading}`);
  return found[0]?.text ?? '';
}

/** Commands with what they print, as a page shows them: each block of `sh` and the block of `text` or `json` after it. */
export function commandsOf(name: string): readonly { readonly script: string; readonly prints: string }[] {
  const blocks = readPage(name);
  return blocks.flatMap(({ language, text }, place) => {
    if (language !== 'sh') return [];
    const next = blocks[place + 1];
    return [{ script: text, prints: next !== undefined && next.language !== 'sh' ? next.text : '' }];
  });
}

/** Where the recipes look for the service, replaced by where it is. */
export function placed(text: string, port: number): string {
  return text
    .replaceAll('tls-verdict.tls-verdict.svc', `127.0.0.1:${port}`)
    .replaceAll('localhost:8080', `127.0.0.1:${port}`);
}

export interface Ended {
  readonly stdout: string;
  readonly stderr: string;
  readonly status: number;
}

export interface RunOptions {
  /** Written to the folder that the program runs in. */
  readonly files?: Readonly<Record<string, string>>;
  readonly env?: Readonly<Record<string, string>>;
}

/** A folder of its own under the system's, gone with `await using`. */
export async function temporaryFolder(): Promise<AsyncDisposable & { readonly path: string }> {
  const path = await mkdtemp(join(tmpdir(), 'tls-verdict-'));
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true }) };
}

/** Runs a program to its end, in a folder of its own. */
export async function run(program: string, args: readonly string[], options: RunOptions = {}): Promise<Ended> {
  await using folder = await temporaryFolder();
  return await runIn(folder.path, program, args, options);
}

/** Runs a program to its end. */
export async function runIn(
  folder: string,
  program: string,
  args: readonly string[],
  { files = {}, env = {} }: RunOptions = {},
): Promise<Ended> {
  for (const [name, text] of Object.entries(files)) {
    await mkdir(dirname(join(folder, name)), { recursive: true });
    await writeFile(join(folder, name), text);
  }
  return await new Promise((resolve) => {
    const options = { cwd: folder, env: { ...process.env, ...env }, timeout: 120_000 };
    const child = execFile(program, args, options, (error, stdout, stderr) => {
      resolve({ stdout, stderr, status: error === null ? 0 : Number(error.code ?? -1) });
    });
    child.stdin?.end();
  });
}

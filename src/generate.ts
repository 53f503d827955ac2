import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { SETTINGS } from './config.ts';
import { PROBLEMS } from './domain/problem.ts';
import { renderCodesMarkdown, renderRulesTable } from './domain/vocabulary-markdown.ts';
import { renderOpenApi } from './http/openapi.ts';

/**
 * Writes every file, or part of one, that is made from the code. With `--check` it only compares, names what differs
 * and exits with 1. Nothing in the texts depends on time or machine.
 */
const ROOT = join(import.meta.dirname, '..');

/** Path below the root to the whole new text, made from the old one where only a part is ours. */
const GENERATED: Readonly<Record<string, (before: string) => string>> = {
  'openapi/openapi.json': () => renderOpenApi().json,
  'openapi/openapi.yaml': () => renderOpenApi().yaml,
  'docs/codes.md': () => `${renderCodesMarkdown()}\n${renderProblems()}`,
  'docs/architecture.md': (before) => replacePart(before, 'rules', renderRulesTable()),
  'README.md': (before) => replacePart(before, 'configuration', renderSettings()),
};

function renderProblems(): string {
  const entries = Object.entries(PROBLEMS).map(
    ([code, { status, title, meaning, fix }]) =>
      `### ${code}\n\n**${title}** (${status}). ${meaning}\n\n*Remedy.* ${fix}\n`,
  );
  return `## Problems of a request\n\n${entries.join('\n')}`;
}

function renderSettings(): string {
  const rows = Object.values(SETTINGS).map(({ variable, default: preset, meaning }) => [
    `\`${variable}\``,
    preset === '' ? '' : `\`${preset}\``,
    meaning,
  ]);
  return [['variable', 'default', 'meaning'], ['---', '---', '---'], ...rows]
    .map((cells) => `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |\n`)
    .join('');
}

/** What stands between `<!-- name:begin … -->` and `<!-- name:end -->` is ours. */
function replacePart(text: string, name: string, part: string): string {
  const marked = new RegExp(`(<!-- ${name}:begin[^\\n]*-->\\n)[^]*?(<!-- ${name}:end -->)`);
  if (!marked.test(text)) throw new Error(`no markers <!-- ${name}:begin --> and <!-- ${name}:end -->`);
  return text.replace(marked, (_all, begin: string, end: string) => `${begin}${part}${end}`);
}

async function readText(path: string): Promise<string> {
  return readFile(path, 'utf8').catch(() => '');
}

const isCheck = process.argv.includes('--check');
for (const [file, render] of Object.entries(GENERATED)) {
  const path = join(ROOT, file);
  const before = await readText(path);
  const after = render(before);
  if (after === before) continue;
  if (isCheck) {
    console.error(`${file} is not what the code says: run npm run generate`);
    process.exitCode = 1;
  } else {
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, after);
    console.log(`wrote ${file}`);
  }
}

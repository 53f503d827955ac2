import type { Verdict } from '../../src/domain/verdict.ts';
import { faultsOf } from './service.ts';

/** One verified host. */
export interface Row {
  readonly host: string;
  readonly about: string;
  readonly verdict: Verdict;
}

/** A table of verdict, host, codes and remedies, for a terminal of so many columns. */
export function renderTable(rows: readonly Row[], columns: number): string {
  const hostWidth = Math.max(...rows.map(({ host }) => host.length));
  const codeWidth = Math.max(...rows.flatMap(({ verdict }) => faultsOf(verdict).map(({ code }) => code.length)));
  const indent = ' '.repeat(VERDICT_WIDTH);
  return rows
    .map(({ host, about, verdict }) => {
      const head = `${verdict.verdict.padEnd(VERDICT_WIDTH)}${host.padEnd(hostWidth)}  ${about}`;
      const remedies = faultsOf(verdict).map(({ code, fix }) => {
        const lead = `${indent}${code.padEnd(codeWidth)}  `;
        return lead + wrap(fix, Math.max(MIN_TEXT_WIDTH, columns - lead.length)).join(`\n${' '.repeat(lead.length)}`);
      });
      return [head, ...remedies].join('\n');
    })
    .join('\n\n');
}

/** The longest verdict is `unreachable`; two spaces behind it. */
const VERDICT_WIDTH = 13;
const MIN_TEXT_WIDTH = 30;

/** Lines of whole words, none longer than `width` unless a single word is. */
function wrap(text: string, width: number): string[] {
  const lines: string[] = [];
  for (const word of text.split(' ')) {
    const last = lines.at(-1);
    if (last !== undefined && last.length + 1 + word.length <= width) lines[lines.length - 1] = `${last} ${word}`;
    else lines.push(word);
  }
  return lines;
}

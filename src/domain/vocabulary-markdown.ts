import { CHECK_IDS } from './check-id.ts';
import { FINDING_CODES, type FindingCode, type FindingCodeEntry } from './finding-codes.ts';
import { appearances } from './other-programs.ts';
import type { Rule } from './rule.ts';
import { RULES } from './rules.ts';

/** The text of docs/codes.md: every finding code by area, with what it means and what to do about it. */
export function renderCodesMarkdown(): string {
  const areas = CHECK_IDS.flatMap((area) => {
    const codes = codesOf(area);
    return codes.length === 0 ? [] : [`## ${area}`, ...codes.map((code) => renderCode(code))];
  });
  return `${[
    '# Finding codes',
    'Generated from `src/domain/finding-codes.ts`. A code never changes its meaning; its severity depends on the profile ' +
      'where a rule says so (see the table in `architecture.md`). `{names}` in a remedy are filled from the evidence of a finding.',
    ...areas,
  ].join('\n\n')}\n`;
}

/** A Markdown table of every rule: its code and what it weighs in each profile. */
export function renderRulesTable(): string {
  const rules: readonly (readonly [string, Rule])[] = Object.entries(RULES);
  const rows = rules.map(([id, { code, severity, requires, reference }]) => [
    `\`${id}\``,
    `\`${code}\``,
    severity.default,
    severity.rfc5280,
    severity.webpki,
    requires,
    reference,
  ]);
  const withRules = new Set<FindingCode>(rules.map(([, { code }]) => code));
  const codes = (Object.keys(FINDING_CODES) as FindingCode[]).filter((code) => !withRules.has(code));
  const plain = codes.map((code) => {
    const { severity, title, reference } = FINDING_CODES[code];
    return ['-', `\`${code}\``, severity, severity, severity, title, reference];
  });
  const header = ['rule', 'code', 'default', 'rfc5280', 'webpki', 'what it requires (or finds)', 'reference'];
  return [header, header.map(() => '---'), ...rows, ...plain]
    .map((cells) => `| ${cells.map(cell).join(' | ')} |\n`)
    .join('');
}

function codesOf(area: string): FindingCode[] {
  return (Object.keys(FINDING_CODES) as FindingCode[]).filter((code) => FINDING_CODES[code].check === area);
}

function renderCode(code: FindingCode): string {
  const entry: FindingCodeEntry = FINDING_CODES[code];
  const also = renderAlso(entry.also);
  return [
    `### ${code}`,
    `**${entry.title}** (${entry.severity}). ${entry.meaning}`,
    `*Remedy.* ${entry.fix}`,
    `*Rule.* ${entry.reference}.${also === '' ? '' : ` *Elsewhere.* ${also}.`}`,
  ].join('\n\n');
}

function renderAlso(also: FindingCodeEntry['also']): string {
  return appearances(also)
    .map(({ program, text }) => `${program} \`${text}\``)
    .join(', ');
}

function cell(text: string): string {
  return text.replaceAll('|', '\\|');
}

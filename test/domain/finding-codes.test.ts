import { describe, expect, it } from 'vitest';
import { FINDING_CODES, type FindingCode, type FindingCodeEntry } from '../../src/domain/finding-codes.ts';
import { placeholdersOf, STAND_INS } from '../../src/domain/render-fix.ts';
import { RULES } from '../../src/domain/rules.ts';
import { renderCodesMarkdown, renderRulesTable } from '../../src/domain/vocabulary-markdown.ts';

const entries = Object.entries(FINDING_CODES) as [FindingCode, FindingCodeEntry][];

describe('the vocabulary', () => {
  it.each(entries)('%s is written out', (code, { title, meaning, fix, reference }) => {
    expect(code).toMatch(/^[a-z][a-z0-9_]+$/);
    expect(title).toMatch(/^[A-Z].{10,90}[^.]$/);
    expect(meaning).toMatch(/^[A-Z].{20,}\.$/s);
    expect(fix).toMatch(/^[A-Z].{20,}\.$/s);
    expect(reference).not.toBe('');
  });

  it.each(['title', 'meaning', 'fix'] as const)('has no %s twice', (field) => {
    const texts = entries.map(([, entry]) => entry[field]);
    expect(new Set(texts).size).toBe(texts.length);
  });

  it('has a stand-in for each placeholder, and none that nothing uses', () => {
    const used = new Set(entries.flatMap(([, { fix }]) => placeholdersOf(fix)));
    expect(Object.keys(STAND_INS).toSorted()).toEqual([...used].toSorted());
  });

  it('has placeholders in remedies only', () => {
    for (const [, { title, meaning }] of entries) expect(title + meaning).not.toMatch(/[{}]/);
  });

  it('names errors of Node and Chrome as they write them', () => {
    for (const [, { also }] of entries) {
      if (also.node !== undefined) expect(also.node).toMatch(/^[A-Z][A-Z0-9_/]+$/);
      if (also.chrome !== undefined) expect(also.chrome).toMatch(/^ERR_[A-Z_]+$/);
    }
  });
});

describe('the generated texts', () => {
  it('list every code once', () => {
    const headings = renderCodesMarkdown().match(/(?<=^### ).*$/gm);
    expect(headings?.toSorted()).toEqual(Object.keys(FINDING_CODES).toSorted());
  });

  it('list every rule, and every code without one', () => {
    const table = renderRulesTable();
    for (const id of Object.keys(RULES)) expect(table).toContain(`| \`${id}\` |`);
    for (const [code] of entries) expect(table).toContain(`\`${code}\``);
    for (const line of table.trimEnd().split('\n')) expect(line.match(/(?<!\\)\|/g)).toHaveLength(8);
  });

  it('are the same each time', () => {
    expect(renderCodesMarkdown()).toBe(renderCodesMarkdown());
    expect(renderRulesTable()).toBe(renderRulesTable());
  });
});

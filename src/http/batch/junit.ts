import type { Verdict } from '../../domain/verdict.ts';
import type { BatchResult, BatchSummary } from '../schemas/batch.ts';
import type { BatchFormat } from './batch-format.ts';
import type { BatchItem } from './targets.ts';

interface Case {
  readonly index: number;
  readonly name: string;
  readonly seconds: number;
  /** The elements inside. */
  readonly outcome: string;
}

/** Findings of one target that a case spells out. */
const MAX_FINDINGS = 20;

/**
 * JUnit XML, as CI systems read it: each target a test. A failing verdict is a `failure`; a host that could not be
 * reached and a target that could not be asked are an `error`. Its counts stand first, so it is written at the end.
 */
export class JunitReport implements BatchFormat {
  readonly #cases: Case[] = [];

  add(result: BatchResult, item: BatchItem): string {
    const isVerdict = 'verdict' in result;
    this.#cases.push({
      index: result.index,
      name: item.label ?? `#${result.index}`,
      seconds: isVerdict ? result.verdict.duration_ms / 1000 : 0,
      outcome: isVerdict
        ? outcomeOf(result.verdict)
        : element('error', { type: result.problem.code, message: result.problem.detail }),
    });
    return '';
  }

  end({ targets, verdicts, problems, duration_ms }: BatchSummary): string {
    const totals = {
      tests: String(targets),
      failures: String(verdicts.fail),
      errors: String(verdicts.unreachable + problems),
      time: (duration_ms / 1000).toFixed(3),
    };
    const cases = this.#named().map(({ name, seconds, outcome }) =>
      element('testcase', { classname: 'tls-verdict', name, time: seconds.toFixed(3) }, outcome),
    );
    const suite = element('testsuite', { name: 'tls-verdict', ...totals }, cases.join(''));
    return `<?xml version="1.0" encoding="UTF-8"?>\n${element('testsuites', totals, suite)}`;
  }

  isDue(): boolean {
    return true;
  }

  /** In order, with a number for a host that stands in the list again: readers tell cases by their names. */
  #named(): Case[] {
    const seen = new Map<string, number>();
    return this.#cases
      .toSorted((a, b) => a.index - b.index)
      .map((each) => {
        const times = (seen.get(each.name) ?? 0) + 1;
        seen.set(each.name, times);
        return times === 1 ? each : { ...each, name: `${each.name} (${times})` };
      });
  }
}

function outcomeOf({ verdict, summary, findings }: Verdict): string {
  const serious = findings.filter(({ severity, waived }) => severity !== 'info' && !waived);
  const text = serious
    .slice(0, MAX_FINDINGS)
    .map(({ severity, code, detail, fix }) => `${severity} ${code}: ${detail}\n  ${fix}`)
    .join('\n');
  switch (verdict) {
    case 'pass':
      return '';
    case 'warn':
      return element('system-out', {}, escapeXml(text));
    case 'fail':
      return element('failure', { type: serious[0]?.code ?? 'unknown', message: summary }, escapeXml(text));
    case 'unreachable':
      return element('error', { type: serious[0]?.code ?? 'unreachable', message: summary }, escapeXml(text));
  }
}

/** `content` is XML already. */
function element(name: string, attributes: Readonly<Record<string, string>>, content = ''): string {
  const written = Object.entries(attributes).map(([key, value]) => ` ${key}="${escapeXml(value)}"`);
  return content === '' ? `<${name}${written.join('')}/>\n` : `<${name}${written.join('')}>${content}</${name}>\n`;
}

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&apos;',
};

/** XML 1.0 §2.2: characters that no document may have, not even escaped. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: the production Char excludes exactly these
const FORBIDDEN = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]|\p{Surrogate}/gu;

function escapeXml(text: string): string {
  return text.replace(FORBIDDEN, '\ufffd').replace(/[&<>"']/g, (character) => ENTITIES[character] ?? character);
}

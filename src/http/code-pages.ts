import { html, raw } from 'hono/html';
import { appearances } from '../domain/other-programs.ts';
import { CODE_LIST } from './code-documents.ts';
import { hashSource } from './content-hash.ts';
import { BASE_STYLE } from './page/base-style.ts';
import type { FindingCodeDocument, ProblemCodeDocument } from './schemas/code.ts';

type Page = ReturnType<typeof html>;

const STYLE = `${BASE_STYLE}
h1 { font-size: 1.625rem; margin: 1.25rem 0 0.5rem; } h2 { font-size: 1.125rem; margin: 2rem 0 0.5rem; }
.tag { border: 1px solid currentColor; border-radius: 1rem; padding: 0.0625rem 0.625rem; font-size: 0.8125rem; margin-right: 0.5rem; }
.error { color: var(--fail); } .warning { color: var(--warn); } .info { color: var(--quiet); }
.remedy { background: var(--soft); border-radius: 0.5rem; padding: 0.75rem 1rem; margin: 0; }
table { border-collapse: collapse; width: 100%; font-size: 0.9375rem; }
th, td { text-align: left; vertical-align: top; padding: 0.375rem 0.75rem 0.375rem 0; border-bottom: 1px solid var(--line); }
th { font-weight: 600; } thead th { color: var(--quiet); font-size: 0.8125rem; } td code { overflow-wrap: anywhere; }
`;

/** The pages have a style sheet of their own and nothing else: its hash is all that the policy lets in. */
export const PAGE_CONTENT_SECURITY_POLICY = `default-src 'none'; style-src ${hashSource(STYLE)}; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`;

/** The vocabulary as a page: every code with its title. */
export function codeListPage(): Page {
  const areas = Map.groupBy(CODE_LIST.findings, (document) => document.check);
  return page(
    'Codes',
    html`<h1>Codes</h1>
<p>What a verdict can find, by area, and why a request can be refused. A code never changes its meaning.</p>
${[...areas].map(([area, documents]) => listOf(area, documents.map(findingRow)))}
${listOf('problems of a request', CODE_LIST.problems.map(problemRow))}`,
  );
}

/** One code as a page. */
export function codePage(document: FindingCodeDocument | ProblemCodeDocument): Page {
  const about =
    document.kind === 'finding'
      ? html`<p>${tag(document.severity)}area ${document.check} · ${document.reference}</p>`
      : html`<p>${tag('problem')}of a request or of the service, status ${document.status}</p>`;
  return page(
    document.code,
    html`<h1><code>${document.code}</code></h1>
<p><strong>${document.title}</strong></p>
${about}
<p>${document.meaning}</p>
<h2>Remedy</h2>
<p class="remedy">${document.fix}</p>
${document.kind === 'finding' ? [alsoOf(document), rulesOf(document)] : ''}`,
  );
}

function listOf(heading: string, rows: readonly Page[]): Page {
  return html`<h2>${heading}</h2>
<div class="scroll"><table><thead>${headings('code', 'what it says', '')}</thead><tbody>
${rows}</tbody></table></div>`;
}

function findingRow({ code, title, severity }: FindingCodeDocument): Page {
  return row(code, title, html`<span class="${severity}">${severity}</span>`);
}

function problemRow({ code, title, status }: ProblemCodeDocument): Page {
  return row(code, title, html`${status}`);
}

function row(code: string, title: string, note: Page): Page {
  return html`<tr><th scope="row"><a href="/codes/${code}"><code>${code}</code></a></th><td>${title}</td><td>${note}</td></tr>
`;
}

function rulesOf({ rules }: FindingCodeDocument): Page | '' {
  if (rules.length === 0) return '';
  const rows = rules.map(
    ({ id, requires, reference, severity }) =>
      html`<tr><th scope="row"><code>${id}</code></th><td>${requires} ${reference}</td><td>${severity.default}</td><td>${severity.rfc5280}</td><td>${severity.webpki}</td></tr>
`,
  );
  return html`<h2>Rules</h2>
<div class="scroll"><table><thead>${headings('rule', 'requires', 'default', 'rfc5280', 'webpki')}</thead><tbody>
${rows}</tbody></table></div>`;
}

function alsoOf({ also }: FindingCodeDocument): Page | '' {
  const rows = appearances(also).map(
    ({ program, text }) => html`<tr><th scope="row">${program}</th><td><code>${text}</code></td></tr>
`,
  );
  if (rows.length === 0) return '';
  return html`<h2>How it looks elsewhere</h2>
<div class="scroll"><table><thead>${headings('program', 'what it says')}</thead><tbody>
${rows}</tbody></table></div>`;
}

function headings(...names: readonly string[]): Page {
  return html`<tr>${names.map((name) => (name === '' ? html`<td></td>` : html`<th scope="col">${name}</th>`))}</tr>`;
}

function tag(word: string): Page {
  return html`<span class="tag ${word}">${word}</span>`;
}

function page(title: string, body: Page): Page {
  return html`<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><title>${title} · tls-verdict</title><style>${raw(STYLE)}</style></head>
<body>
<header><nav class="site" aria-label="This service"><a href="/">Verify a host</a><a href="/codes">All codes</a><a href="/docs">API reference</a></nav></header>
<main>
${body}
</main>
</body>
</html>
`;
}

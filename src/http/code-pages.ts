import { html, raw } from 'hono/html';
import { CODE_LIST } from './code-documents.ts';
import { hashSource } from './content-hash.ts';
import type { FindingCodeDocument, ProblemCodeDocument } from './schemas/code.ts';

type Page = ReturnType<typeof html>;

const STYLE = `
body { font: 1rem/1.5 system-ui, sans-serif; max-width: 50rem; margin: 2rem auto; padding: 0 1rem; color-scheme: light dark; }
code { font-family: ui-monospace, monospace; }
table { border-collapse: collapse; width: 100%; font-size: 0.9rem; }
th, td { text-align: left; vertical-align: top; padding: 0.3rem 0.6rem 0.3rem 0; border-bottom: 1px solid #8884; }
`;

/** The pages have a style sheet of their own and nothing else: its hash is all that the policy lets in. */
export const PAGE_CONTENT_SECURITY_POLICY = `default-src 'none'; style-src ${hashSource(STYLE)}; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`;

/** The vocabulary as a page: every code with its title. */
export function codeListPage(): Page {
  const areas = Map.groupBy(CODE_LIST.findings, (document) => document.check);
  return page(
    'Codes',
    html`<h1>Codes</h1>
${[...areas].map(
  ([area, documents]) => html`<h2>${area}</h2>
<table>${documents.map((document) => row(document, document.severity))}</table>`,
)}
<h2>problems of a request</h2>
<table>${CODE_LIST.problems.map((document) => row(document, String(document.status)))}</table>`,
  );
}

/** One code as a page. */
export function codePage(document: FindingCodeDocument | ProblemCodeDocument): Page {
  const about =
    document.kind === 'finding'
      ? html`<p>${document.severity}, area ${document.check}. ${document.reference}</p>`
      : html`<p>Problem of a request or of the service, status ${document.status}.</p>`;
  return page(
    document.code,
    html`<p><a href="/codes">Codes</a></p>
<h1><code>${document.code}</code></h1>
<p><strong>${document.title}</strong></p>
${about}
<p>${document.meaning}</p>
<h2>Remedy</h2>
<p>${document.fix}</p>
${document.kind === 'finding' ? [rulesOf(document), alsoOf(document)] : ''}`,
  );
}

function row(document: { readonly code: string; readonly title: string }, note: string): Page {
  return html`<tr><td><a href="/codes/${document.code}"><code>${document.code}</code></a></td><td>${document.title}</td><td>${note}</td></tr>
`;
}

function rulesOf({ rules }: FindingCodeDocument): Page | '' {
  if (rules.length === 0) return '';
  const rows = rules.map(
    ({ id, requires, reference, severity }) =>
      html`<tr><td><code>${id}</code></td><td>${requires} ${reference}</td><td>${severity.default}</td><td>${severity.rfc5280}</td><td>${severity.webpki}</td></tr>
`,
  );
  return html`<h2>Rules</h2>
<table><tr><th>rule</th><th>requires</th><th>default</th><th>rfc5280</th><th>webpki</th></tr>
${rows}</table>`;
}

function alsoOf({ also }: FindingCodeDocument): Page | '' {
  const names = Object.entries(also);
  if (names.length === 0) return '';
  return html`<h2>What other programs call it</h2>
<table>${names.map(([program, name]) => html`<tr><td>${program}</td><td><code>${name}</code></td></tr>`)}</table>`;
}

function page(title: string, body: Page): Page {
  return html`<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>${title} · tls-verdict</title><style>${raw(STYLE)}</style></head>
<body>
${body}
</body>
</html>
`;
}

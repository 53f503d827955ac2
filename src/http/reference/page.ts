import { html, raw } from 'hono/html';
import type { OpenAPIObject, SchemaObject } from 'openapi3-ts/oas31';
import { hashSource } from '../content-hash.ts';
import { BASE_STYLE } from '../page/base-style.ts';
import { nameOf, type Operation, operationsOf, renderOperation } from './operation.ts';
import { type Html, namedSchema, prose } from './schema.ts';

const STYLE = `${BASE_STYLE}
body { max-width: 78rem; display: grid; grid-template-columns: 17rem minmax(0, 1fr); gap: 0 2.5rem; }
nav.site { grid-column: 1 / -1; }
nav.toc { position: sticky; top: 1rem; align-self: start; max-height: calc(100vh - 2rem); overflow-y: auto; font-size: 0.875rem; }
nav.toc ul { list-style: none; margin: 0 0 1rem; padding: 0; } nav.toc li { margin: 0.25rem 0; }
nav.toc a { text-decoration: none; } nav.toc h2 { font-size: 0.875rem; margin: 0; color: var(--quiet); font-weight: 600; }
h1 { margin: 0 0 0.5rem; font-size: 1.75rem; } main > h2 { margin: 2.5rem 0 0; font-size: 1.375rem; }
article, section { border: 1px solid var(--line); border-radius: 0.75rem; padding: 1rem 1.25rem; margin: 1rem 0; scroll-margin-top: 1rem; }
article:target, section:target { border-color: var(--link); box-shadow: 0 0 0 1px var(--link); }
h3 { margin: 0 0 0.5rem; font-size: 1.125rem; } h4 { margin: 1.25rem 0 0.25rem; font-size: 1rem; } p { margin: 0.375rem 0; }
.method { display: inline-block; min-width: 3.25rem; text-align: center; font: 700 0.75rem/1.5rem var(--mono); border-radius: 0.375rem;
  padding: 0 0.5rem; color: var(--back); background: var(--link); } .method.post { background: var(--pass); }
nav.toc .method { min-width: 2.75rem; font-size: 0.6875rem; line-height: 1.125rem; padding: 0 0.25rem; }
.members { list-style: none; padding: 0; margin: 0.25rem 0; border-left: 2px solid var(--line); }
.members > li { padding: 0.375rem 0 0.375rem 1rem; } .members p { margin: 0; } .name { font-weight: 600; }
.type { color: var(--quiet); font-size: 0.875rem; font-weight: 400; } .must { color: var(--fail); font-size: 0.8125rem; }
dl { margin: 0; display: grid; grid-template-columns: 3.5rem minmax(0, 1fr); } dt { font-weight: 700; padding-top: 0.375rem; }
dd { margin: 0; border-top: 1px solid var(--line); } dt { border-top: 1px solid var(--line); }
summary { cursor: pointer; color: var(--link); padding: 0.25rem 0; }
@media (max-width: 50rem) { body { display: block; } nav.toc { position: static; max-height: none; } }
`;

/** Its own style and nothing else: the page has no script. */
export const REFERENCE_POLICY = `default-src 'none'; style-src ${hashSource(STYLE)}; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`;

/** The API document as a page for people. */
export async function renderReference(document: OpenAPIObject): Promise<string> {
  const operations = operationsOf(document.paths ?? {});
  const tags = (document.tags ?? []).map((tag) => ({
    ...tag,
    operations: operations.filter(({ operation }) => operation.tags?.includes(tag.name)),
  }));
  const schemas = Object.entries(document.components?.schemas ?? {}) as [string, SchemaObject][];
  return String(
    await html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>API reference · tls-verdict</title>
<style>${raw(STYLE)}</style>
</head>
<body>
<nav class="site" aria-label="This service"><a href="/">Verify a host</a><a href="/codes">Codes</a><a href="/openapi.json">OpenAPI as JSON</a><a href="/openapi.yaml">OpenAPI as YAML</a></nav>
<nav class="toc" aria-label="Operations and schemas">
${tags.map(({ name, operations: own }) => html`<h2>${name}</h2><ul>${own.map(linkTo)}</ul>`)}
<h2>schemas</h2><ul>${schemas.map(([name]) => html`<li><a href="#schema-${name}">${name}</a></li>`)}</ul>
</nav>
<main>
<h1>${document.info.title} ${document.info.version}</h1>
<p>${prose(document.info.description)}</p>
${tags.map(
  ({ name, description, operations: own }) => html`<h2 id="tag-${name}">${name}</h2>
<p class="note">${prose(description)}</p>
${own.map(renderOperation)}`,
)}
<h2 id="schemas">Schemas</h2>
${schemas.map(([name, schema]) => namedSchema(name, schema))}
</main>
</body>
</html>
`,
  );
}

function linkTo(each: Operation): Html {
  return html`<li><a href="#${each.operation.operationId}">${nameOf(each)}</a></li>`;
}

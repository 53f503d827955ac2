import { html } from 'hono/html';
import type {
  ContentObject,
  OperationObject,
  ParameterObject,
  PathItemObject,
  RequestBodyObject,
  ResponseObject,
  SchemaObject,
} from 'openapi3-ts/oas31';
import { boundsOf, type Html, membersOf, prose, typeOf } from './schema.ts';

/** One method of one path. */
export interface Operation {
  readonly method: string;
  readonly path: string;
  readonly operation: OperationObject;
}

const METHODS = ['post', 'get'] as const;

export function operationsOf(paths: Readonly<Record<string, PathItemObject>>): Operation[] {
  return Object.entries(paths).flatMap(([path, item]) =>
    METHODS.flatMap((method) => {
      const operation = item[method];
      return operation === undefined ? [] : [{ method: method.toUpperCase(), path, operation }];
    }),
  );
}

/** Its name as a heading and a link. */
export function nameOf({ method, path }: Operation): Html {
  return html`<span class="method ${method.toLowerCase()}">${method}</span> <code>${path}</code>`;
}

export function renderOperation(each: Operation): Html {
  const { operationId, summary, description, parameters = [], requestBody, responses } = each.operation;
  const body = requestBody as RequestBodyObject | undefined;
  return html`<article id="${operationId}"><h3>${nameOf(each)}</h3>
<p><strong>${summary}</strong></p>
${description === undefined ? '' : html`<p>${prose(description)}</p>`}
${parameters.length === 0 ? '' : html`<h4>Parameters</h4><ul class="members">${(parameters as ParameterObject[]).map(renderParameter)}</ul>`}
${body === undefined ? '' : html`<h4>Body</h4>${prose(body.description)}${renderContent(body.content)}`}
<h4>Answers</h4>
<dl>${Object.entries(responses ?? {}).map(([status, response]) => renderResponse(status, response as ResponseObject))}</dl>
</article>
`;
}

function renderParameter({ name, in: place, required, description, schema = {} }: ParameterObject): Html {
  const bounds = boundsOf(schema);
  return html`<li><p><code class="name">${name}</code> <span class="type">${typeOf(schema)}, in the ${place}</span>${
    required ? html` <span class="must">required</span>` : ''
  }</p>${description === undefined ? '' : html`<p>${prose(description)}</p>`}${
    bounds.length === 0
      ? ''
      : html`<p class="note">${bounds.map((bound, index) => html`${index > 0 ? '; ' : ''}${bound}`)}</p>`
  }</li>
`;
}

function renderResponse(status: string, { description, headers = {}, content = {} }: ResponseObject): Html {
  const names = Object.keys(headers);
  return html`<dt><code>${status}</code></dt><dd><p>${prose(description)}</p>${
    names.length === 0 ? '' : html`<p class="note">Headers: ${names.map((name) => html`<code>${name}</code> `)}</p>`
  }${renderContent(content)}</dd>
`;
}

function renderContent(content: ContentObject): Html {
  return html`${Object.entries(content).map(([type, { schema, examples = {}, example }]) => {
    const shown = schema as SchemaObject | undefined;
    const all = { ...examples, ...(example !== undefined && { example: { summary: 'example', value: example } }) };
    return html`<p><code>${type}</code>${shown === undefined ? '' : html`: ${typeOf(shown)}`}</p>${
      shown === undefined ? '' : membersOf(shown)
    }${Object.entries(all).map(([name, value]) => renderExample(type, name, value as { summary?: string; value?: unknown }))}`;
  })}`;
}

function renderExample(type: string, name: string, { summary, value }: { summary?: string; value?: unknown }): Html {
  const text = typeof value === 'string' ? value : JSON.stringify(value, null, 2);
  return html`<details><summary>Example: ${summary ?? name}</summary>
<pre tabindex="0" aria-label="${summary ?? name}, ${type}">${text}</pre></details>
`;
}

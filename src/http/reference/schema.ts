import { html } from 'hono/html';
import type { ReferenceObject, SchemaObject } from 'openapi3-ts/oas31';

export type Html = ReturnType<typeof html> | string;
type Schema = SchemaObject | ReferenceObject;

const REF = /^#\/components\/schemas\/(\w+)$/;
/** Values of an enumeration that are listed; a longer list stands under its own name. */
const MAX_VALUES = 40;

/** A sentence of the document: what stands in backticks is code. */
export function prose(text: string | undefined): Html {
  const parts = (text ?? '').split('`');
  return html`${parts.map((part, place) => (place % 2 === 1 ? html`<code>${part}</code>` : part))}`;
}

/** The type in a few words, with a link where it has a name of its own. */
export function typeOf(schema: Schema): Html {
  if ('$ref' in schema) {
    const name = REF.exec(schema.$ref)?.[1] ?? schema.$ref;
    return html`<a href="#schema-${name}">${name}</a>`;
  }
  const options = schema.anyOf ?? schema.oneOf;
  if (options !== undefined)
    return html`${options.map((option, place) => html`${place > 0 ? ' or ' : ''}${typeOf(option)}`)}`;
  if (schema.const !== undefined) return html`<code>${JSON.stringify(schema.const)}</code>`;
  if (schema.type === 'array') return schema.items === undefined ? 'array' : html`array of ${typeOf(schema.items)}`;
  return [schema.type ?? 'any value'].flat().join(' or ');
}

/** What a value must keep to, and what it is when nobody gives one. */
export function boundsOf(schema: Schema): Html[] {
  if ('$ref' in schema) return [];
  const values = (schema.enum ?? []).slice(0, MAX_VALUES).map((value) => html`<code>${JSON.stringify(value)}</code> `);
  const more = (schema.enum?.length ?? 0) - values.length;
  return [
    values.length === 0 ? '' : html`one of ${values}${more > 0 ? `and ${more} more` : ''}`,
    range(schema.minimum, schema.maximum, ''),
    range(schema.minLength, schema.maxLength, ' characters'),
    range(schema.minItems, schema.maxItems, ' items'),
    schema.format ?? '',
    schema.pattern === undefined ? '' : html`matches <code>${schema.pattern}</code>`,
    schema.default === undefined ? '' : html`default <code>${JSON.stringify(schema.default)}</code>`,
  ].filter((each) => each !== '');
}

function range(least: number | undefined, most: number | undefined, unit: string): string {
  if (least !== undefined && most !== undefined) return `${least} to ${most}${unit}`;
  if (most !== undefined) return `at most ${most}${unit}`;
  return least === undefined || least === 0 ? '' : `at least ${least}${unit}`;
}

/** The members of an object, those of nested ones beneath; empty for what has none of its own. */
export function membersOf(schema: Schema): Html {
  const owner = objectIn(schema);
  if (owner === null) return '';
  const required = new Set(owner.required ?? []);
  const rows = Object.entries(owner.properties ?? {}).map(
    ([name, member]) => html`<li><p><code class="name">${name}</code> <span class="type">${typeOf(member)}</span>${
      required.has(name) ? html` <span class="must">required</span>` : ''
    }</p>${aboutMember(member)}${membersOf(member)}</li>
`,
  );
  return rows.length === 0 ? '' : html`<ul class="members">${rows}</ul>`;
}

function aboutMember(member: Schema): Html {
  const description = member.description;
  const bounds = [...boundsOf(member), ...('items' in member && member.items ? boundsOf(member.items) : [])];
  return html`${description === undefined ? '' : html`<p>${prose(description)}</p>`}${
    bounds.length === 0
      ? ''
      : html`<p class="note">${bounds.map((each, place) => html`${place > 0 ? '; ' : ''}${each}`)}</p>`
  }`;
}

/** The object behind arrays and alternatives to null. */
function objectIn(schema: Schema): SchemaObject | null {
  if ('$ref' in schema) return null;
  if (schema.properties !== undefined) return schema;
  if (schema.items !== undefined) return objectIn(schema.items);
  const options = (schema.anyOf ?? []).map(objectIn).filter((option) => option !== null);
  return options.length === 1 ? (options[0] ?? null) : null;
}

/** A schema with a name, by which everything else refers to it. */
export function namedSchema(name: string, schema: SchemaObject): Html {
  const options = (schema.anyOf ?? []).filter((option) => '$ref' in option || option.properties !== undefined);
  return html`<section id="schema-${name}"><h3><code>${name}</code> <span class="type">${typeOf(schema)}</span></h3>
${schema.description === undefined ? '' : html`<p>${prose(schema.description)}</p>`}
${membersOf(schema) || html`${options.map((option) => html`<p class="note">either</p>${membersOf(option)}`)}`}
${schema.properties === undefined ? html`<p class="note">${boundsOf(schema)}</p>` : ''}</section>
`;
}

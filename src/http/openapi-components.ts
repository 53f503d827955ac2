import type { ReferenceObject, SchemaObject } from 'openapi3-ts/oas31';
import { z } from 'zod';

const PREFIX = '#/components/schemas/';

/** Named schemas of requests; every other named one describes an answer. */
const REQUEST_SCHEMAS = new Set(['VerifyRequest', 'VerifyDefaults', 'BatchRequest', 'Policy', 'CaReference', 'Expect']);

/** Every schema with an `id`, as components: those of requests as they are written, the others as they are answered. */
export function schemaComponents(): Record<string, SchemaObject> {
  const options = {
    target: 'draft-2020-12',
    unrepresentable: 'any',
    uri: (id: string) => `${PREFIX}${id}`,
    override: ({ jsonSchema }: { jsonSchema: z.core.JSONSchema.BaseSchema }) => {
      // The format says it; the expression that zod adds has 200 characters.
      if (jsonSchema.format === 'date-time') delete jsonSchema.pattern;
    },
  } as const;
  const written = z.toJSONSchema(z.globalRegistry, { ...options, io: 'input' }).schemas;
  const answered = z.toJSONSchema(z.globalRegistry, { ...options, io: 'output' }).schemas;
  const components: Record<string, SchemaObject> = {};
  for (const id of Object.keys(answered).toSorted()) {
    if (id !== '__shared') components[id] = component((REQUEST_SCHEMAS.has(id) ? written : answered)[id]);
  }
  return components;
}

/** A reference to a schema's component; the schema must have an `id`. */
export function schemaRef(schema: z.ZodType): ReferenceObject {
  return { $ref: `${PREFIX}${schema.meta()?.id}` };
}

/** Inline schema of a parameter. */
export function parameterSchema(schema: z.ZodType): SchemaObject {
  return component(z.toJSONSchema(schema, { io: 'input', target: 'draft-2020-12' }));
}

function component(schema: unknown): SchemaObject {
  const copy = JSON.parse(JSON.stringify(schema), (_key, value) => (isAnyJson(value) ? {} : plainObject(value)));
  delete copy.$id;
  delete copy.$schema;
  return copy;
}

/**
 * Objects are open without a word; said aloud, generated clients would give every misspelt member the type `unknown`
 * instead of refusing it. A map, which has no members of its own, keeps what it says of its values.
 */
function plainObject(value: unknown): unknown {
  if (typeof value !== 'object' || value === null || !('properties' in value)) return value;
  const { additionalProperties, ...rest } = value as SchemaObject;
  return additionalProperties === false ? value : rest;
}

/** What zod makes of `z.json()`: a recursion that says no more than "any value". */
function isAnyJson(value: unknown): boolean {
  return (
    typeof value === 'object' && value !== null && '$ref' in value && String(value.$ref).startsWith(`${PREFIX}__shared`)
  );
}

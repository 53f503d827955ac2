import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import formats from 'ajv-formats';
import type { Hono } from 'hono';
import type { HttpEnv } from '../../src/http/http-env.ts';

/**
 * Holds every answer against the committed API document: each must stand there with its status, headers and media
 * type, and its body must fit the schema with no member that the schema does not name.
 */

type Node = Readonly<Record<string, unknown>>;

/** Open objects are closed here: we may add members, but not without writing them down. */
export const document = JSON.parse(
  readFileSync(join(import.meta.dirname, '../../openapi/openapi.json'), 'utf8'),
  (_key, value) => (isOpenObject(value) ? { ...value, additionalProperties: false } : value),
);

const ajv = new Ajv2020({ strict: false, allErrors: true });
formats.default(ajv);
ajv.addSchema(document, 'openapi');

/** The one resource that takes any method and any path behind it. */
const CHECK = '/check/{target}';

const JSON_TYPES = new Set(['application/json', 'application/health+json']);

const validators = new Map<string, ValidateFunction>();

/** Like `app.request`, and throws when the answer is not as the API document says. */
export async function requestByContract(
  app: Pick<Hono<HttpEnv>, 'request'>,
  path: string,
  init: RequestInit = {},
): Promise<Response> {
  const response = await app.request(path, init);
  await assertContract(path, init.method ?? 'GET', response.clone());
  return response;
}

/** Throws when a response to `method path` is not as the API document says. Consumes its body. */
export async function assertContract(path: string, method: string, response: Response): Promise<void> {
  const body = await response.text();
  const type = response.headers.get('Content-Type')?.split(';')[0] ?? '';
  const where = `${method} ${path} ${response.status} ${type}`;
  const isVerdict = response.headers.has('X-Verdict');
  const isProblem = type === 'application/problem+json';
  if (isProblem) {
    if (isVerdict) throw new Error(`${where}: a problem with X-Verdict`);
    if (method !== 'HEAD') validate(where, '#/components/schemas/Problem', body);
  }
  const template = Object.keys(document.paths).find((each) => matches(each, path));
  const operationName = template === CHECK ? 'get' : operationOf(method);
  const operation = template === undefined ? undefined : at(document.paths, template, operationName);
  // Paths and methods that are not there, and OPTIONS, cannot stand in the document.
  if (operation === undefined) {
    const expected = [400, 403, 404, 421, 503, method === 'OPTIONS' ? 204 : 405];
    if (!expected.includes(response.status)) throw new Error(`${where}: not in the API document`);
    return;
  }
  const documented = at(operation, 'responses', String(response.status));
  if (documented === undefined) throw new Error(`${where}: status not in the API document`);
  const media = at(documented, 'content', type);
  if (media === undefined) throw new Error(`${where}: media type not in the API document`);
  if (!isProblem && at(documented, 'headers', 'X-Verdict') !== undefined && !isVerdict)
    throw new Error(`${where}: no X-Verdict`);
  const pointer = [template, operationName, 'responses', String(response.status), 'content', type, 'schema'];
  const schema = `#/paths/${pointer.map(escaped).join('/')}`;
  if (method !== 'HEAD' && JSON_TYPES.has(type)) validate(where, schema, body);
  if (type === 'application/x-ndjson') {
    for (const line of body.trimEnd().split('\n')) validate(where, schema, line);
  }
}

function validate(where: string, pointer: string, body: string): void {
  let validator = validators.get(pointer);
  if (validator === undefined) {
    validator = ajv.compile({ $ref: `openapi${pointer}` });
    validators.set(pointer, validator);
  }
  if (!validator(JSON.parse(body))) {
    throw new Error(`${where}: ${ajv.errorsText(validator.errors)}\n${body.slice(0, 2000)}`);
  }
}

function operationOf(method: string): string {
  return method === 'HEAD' ? 'get' : method.toLowerCase();
}

function matches(template: string, path: string): boolean {
  if (template === CHECK) return /^\/check\/[^/?]+/.test(path);
  const pattern = template.replace(/[.]/g, '\\.').replace(/\{\w+\}/g, '[^/]+');
  return new RegExp(`^${pattern}$`).test(path.split('?')[0] ?? '');
}

function at(node: unknown, ...keys: string[]): Node | undefined {
  let current = node as Node | undefined;
  for (const key of keys) current = current?.[key] as Node | undefined;
  return current;
}

/** One token of a JSON pointer in a URI fragment. */
function escaped(token = ''): string {
  return encodeURIComponent(token.replaceAll('~', '~0').replaceAll('/', '~1'));
}

function isOpenObject(value: unknown): value is Node {
  const schema = value as Node | null;
  return schema?.type === 'object' && schema.properties !== undefined && schema.additionalProperties !== false;
}

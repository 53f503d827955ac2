import type {
  ExamplesObject,
  MediaTypeObject,
  ParameterObject,
  PathItemObject,
  ResponseObject,
  ResponsesObject,
  SchemaObject,
} from 'openapi3-ts/oas31';
import type { z } from 'zod';
import { PROBLEMS, type ProblemCode } from '../domain/problem.ts';
import { verdictSchema } from '../domain/verdict.ts';
import examples from './examples.json' with { type: 'json' };
import { parameterSchema, schemaRef } from './openapi-components.ts';
import { authorityListSchema, authorityQuerySchema, authoritySchema } from './schemas/authority.ts';
import { batchArraySchema, batchLineSchema, batchQuerySchema, batchRequestSchema } from './schemas/batch.ts';
import { checkQuerySchema, healthCheckSchema } from './schemas/check.ts';
import { codeListSchema, codeSchema } from './schemas/code.ts';
import { healthSchema } from './schemas/health.ts';
import { probeQuerySchema } from './schemas/probe.ts';
import { problemSchema } from './schemas/problem.ts';
import { verifyQuerySchema, verifyRequestSchema } from './schemas/verify-request.ts';

/** Problems that any resource may answer with: `invalid_request` is a head that is none of HTTP/1.1. */
const HEALTH = [
  'invalid_request',
  'cross_site_request',
  'not_acceptable',
  'request_timeout',
  'host_not_allowed',
  'headers_too_large',
  'internal_error',
] as const;
/** And any but those about health, where there are too many connections. */
const COMMON = [...HEALTH, 'overloaded'] as const;
/** Problems of what needs a token or a client certificate where the operator asks for one. */
const GUARDED = [...COMMON, 'unauthorized', 'client_certificate_required'] as const;
/** Problems of a verification that was refused before or by the use case. */
const VERIFYING = [
  ...GUARDED,
  'not_granted',
  'client_certificate_forbidden',
  'target_forbidden',
  'port_forbidden',
  'invalid_ca',
  'unknown_ca',
  'unknown_client_certificate',
  'unknown_preset',
  'rate_limited',
  'target_limited',
] as const;

/** Statuses of problems that pass with time. */
const RETRIED = new Set(['429', '503']);
const retryAfterHeader = {
  description: 'Seconds to wait before asking again',
  required: true,
  schema: { type: 'integer' as const, minimum: 1 },
};
const requestIdHeader = {
  description: 'Id of this request, as in the log',
  required: true,
  schema: { type: 'string' as const },
};

/** Named examples of a media type; the names are sentences in waiting: `three_faults`. */
function exampleObjects(values: Readonly<Record<string, unknown>>): ExamplesObject {
  return Object.fromEntries(
    Object.entries(values).map(([name, value]) => [name, { summary: name.replaceAll('_', ' '), value }]),
  );
}

/** Real answers with these codes, where there are any. */
function problemExamples(codes: readonly string[]): { examples?: ExamplesObject } {
  const chosen = Object.entries(examples.problems).filter(([code]) => codes.includes(code));
  return chosen.length === 0 ? {} : { examples: exampleObjects(Object.fromEntries(chosen)) };
}

/** The answers of an operation: good ones as given, problems by their codes, grouped by status. */
function responses(good: Record<string, ResponseObject>, codes: readonly ProblemCode[]): ResponsesObject {
  const byStatus = Map.groupBy(codes, (code) => String(PROBLEMS[code].status));
  const problems = [...byStatus].map(([status, group]) => [
    status,
    {
      description: group.map((code) => `\`${code}\`: ${PROBLEMS[code].title}.`).join(' '),
      headers: { 'X-Request-Id': requestIdHeader, ...(RETRIED.has(status) && { 'Retry-After': retryAfterHeader }) },
      content: { 'application/problem+json': { schema: schemaRef(problemSchema), ...problemExamples(group) } },
    },
  ]);
  return { ...Object.fromEntries(problems), ...good };
}

function json(schema: z.ZodType, description: string, more: Record<string, MediaTypeObject> = {}): ResponseObject {
  return {
    description,
    headers: { 'X-Request-Id': requestIdHeader },
    content: { 'application/json': { schema: schemaRef(schema) }, ...more },
  };
}

/** An answer in a form that is not ours to describe. */
const other = (type: string, description: string, schema: SchemaObject = { type: 'string' }): ResponseObject => ({
  description,
  headers: { 'X-Request-Id': requestIdHeader },
  content: { [type]: { schema } },
});

const verdictHeader = {
  description: 'On every answer that holds a verdict, never on a problem',
  required: true,
  schema: { type: 'string' as const, enum: ['pass', 'warn', 'fail', 'unreachable'] },
};

const verdictResponse = (description: string, values = {}): ResponseObject => ({
  description,
  headers: {
    'X-Request-Id': requestIdHeader,
    'X-Verdict': verdictHeader,
  },
  content: {
    'application/json': {
      schema: schemaRef(verdictSchema),
      ...(Object.keys(values).length > 0 && { examples: exampleObjects(values) }),
    },
  },
});

/** With `fail_status` a verdict may come with these, some of which problems have as well: X-Verdict tells. */
const failing = Object.fromEntries(
  ['424', '502'].map((status) => [status, verdictResponse(`A verdict that is not good, with fail_status=${status}`)]),
);

function verifyResponses(codes: readonly ProblemCode[], values = {}): ResponsesObject {
  const all = responses({ 200: verdictResponse('The verdict, whatever it says', values), ...failing }, codes);
  for (const status of ['403', '500', '503']) {
    const problem: ResponseObject = all[status];
    all[status] = {
      ...problem,
      description: `${problem.description} Or a verdict that is not good, with fail_status=${status}.`,
      content: { ...problem.content, 'application/json': { schema: schemaRef(verdictSchema) } },
    };
  }
  return all;
}

function query(name: keyof typeof verifyQuerySchema.shape, required = false): ParameterObject {
  return parameter(name, verifyQuerySchema.shape[name], required);
}

function parameter(name: string, shape: z.ZodType, required = false): ParameterObject {
  const { description, ...schema } = parameterSchema(shape);
  return { name, in: 'query', required, schema, ...(description !== undefined && { description }) };
}

const { description: formatDescription, ...formatSchema } = parameterSchema(authorityQuerySchema.shape.format);

/** The answers of a check: the status says it all, and problems keep their own. */
function checkResponses(): ResponsesObject {
  const all = responses({}, VERIFYING);
  const content: ResponseObject['content'] = {
    'text/plain': { schema: { type: 'string', description: 'The reason, in the first line' } },
    'application/health+json': { schema: schemaRef(healthCheckSchema) },
  };
  const headers = { 'X-Request-Id': requestIdHeader };
  const age = {
    description: 'Seconds since the verdict, when one that was there already answers',
    schema: { type: 'integer' as const },
  };
  for (const [status, meaning] of Object.entries(CHECK_STATUSES)) {
    const problem: ResponseObject = all[status] ?? { description: '' };
    const isAlsoProblem = problem.content !== undefined;
    all[status] = {
      description: `${meaning} ${problem.description}`.trim(),
      headers: {
        ...headers,
        'X-Verdict': { ...verdictHeader, required: !isAlsoProblem },
        Age: age,
        ...(isAlsoProblem && RETRIED.has(status) && { 'Retry-After': { ...retryAfterHeader, required: false } }),
      },
      content: { ...problem.content, ...content },
    };
  }
  return all;
}

const CHECK_STATUSES = {
  200: 'Verdict `pass`; `warn` too unless warn_status says otherwise.',
  403: 'With fail_status=403.',
  424: 'With fail_status=424.',
  429: 'Verdict `warn` with warn_status=429.',
  500: 'With fail_status=500.',
  502: 'Verdict `fail`.',
  503: 'With fail_status=503.',
  504: 'Verdict `unreachable`.',
} as const;

function checkOperation(operationId: string, summary: string) {
  return {
    operationId,
    tags: ['verify'],
    summary,
    description:
      'Any method does, and so does any path behind it: `/check/{target}/anything?query` is what Envoy makes of it, and ' +
      'that path and query are ignored.',
    parameters: [
      {
        name: 'target',
        in: 'path' as const,
        required: true,
        description: '`host`, `host:port` or `[v6]:port`',
        schema: { type: 'string' as const },
      },
      ...Object.entries(checkQuerySchema.shape).map(([name, shape]) => parameter(name, shape)),
    ],
    responses: checkResponses(),
  };
}

/** The answers of a probe: metrics, and problems as one line. */
function probeResponses(): ResponsesObject {
  const line = { schema: { type: 'string' as const } };
  const all = responses({}, COMMON);
  for (const [status, { description, headers }] of Object.entries(responses({}, VERIFYING)) as [
    string,
    ResponseObject,
  ][]) {
    if (status === '422') continue;
    const common: ResponseObject = all[status] ?? {};
    all[status] = { description, ...(headers && { headers }), content: { ...common.content, 'text/plain': line } };
  }
  return {
    ...all,
    200: {
      description: 'Metrics in the text format of Prometheus, whatever the verdict is; `probe_success` is 1 or 0',
      headers: { 'X-Request-Id': requestIdHeader, 'X-Verdict': verdictHeader },
      content: { 'text/plain': line },
    },
  };
}

/** Every path of the API with its operations. */
export const PATHS: Record<string, PathItemObject> = {
  '/verify': {
    post: {
      operationId: 'verify',
      tags: ['verify'],
      summary: 'Verify a host or a chain',
      description:
        'Answers 200 with a verdict whatever it says, also for a host that is down. Problems are about the request or the service.',
      parameters: [query('fail_status')],
      requestBody: {
        required: true,
        content: {
          'application/json': { schema: schemaRef(verifyRequestSchema), examples: exampleObjects(examples.requests) },
        },
      },
      responses: verifyResponses([...VERIFYING, 'payload_too_large', 'unsupported_media_type'], examples.verdicts),
    },
    get: {
      operationId: 'verifyByQuery',
      tags: ['verify'],
      summary: 'Verify a host, in one line',
      parameters: [
        query('host', true),
        query('port'),
        query('ca'),
        query('client_certificate'),
        query('preset'),
        query('fail_status'),
      ],
      responses: verifyResponses(VERIFYING),
    },
  },
  '/verify/batch': {
    post: {
      operationId: 'verifyBatch',
      tags: ['verify'],
      summary: 'Verify many targets',
      description:
        'Answers with a stream: a line for each target in order of completion, then a summary; without the summary it ' +
        'was cut. As `application/json` the lines are one array in the order of the targets; as JUnit XML each target ' +
        'is a test. A target that is wrong or refused has its problem in its own line.',
      parameters: Object.entries(batchQuerySchema.shape).map(([name, shape]) => parameter(name, shape)),
      requestBody: {
        required: true,
        content: {
          'application/json': { schema: schemaRef(batchRequestSchema) },
          'text/plain': {
            schema: {
              type: 'string',
              description: '`host` or `host:port` a line; empty lines and those that begin with `#` do not count',
            },
          },
        },
      },
      responses: responses(
        {
          200: {
            description: 'The results, whatever they say',
            headers: { 'X-Request-Id': requestIdHeader },
            content: {
              'application/x-ndjson': { schema: schemaRef(batchLineSchema) },
              'application/json': { schema: schemaRef(batchArraySchema) },
              'application/junit+xml': { schema: { type: 'string' } },
            },
          },
        },
        [...GUARDED, 'payload_too_large', 'unsupported_media_type'],
      ),
    },
  },
  '/check/{target}': {
    get: checkOperation('check', 'A verdict as a status code'),
    post: checkOperation('checkByPost', 'The same for callers that post; their body is not read'),
  },
  '/authorities': {
    get: {
      operationId: 'listAuthorities',
      tags: ['vocabulary'],
      summary: 'The CA references that a request may name',
      responses: responses({ 200: json(authorityListSchema, 'All of them') }, GUARDED),
    },
  },
  '/authorities/{name}': {
    get: {
      operationId: 'readAuthority',
      tags: ['vocabulary'],
      summary: 'The certificates behind a CA reference',
      parameters: [
        { name: 'name', in: 'path', required: true, schema: { type: 'string' } },
        {
          name: 'format',
          in: 'query',
          schema: formatSchema,
          ...(formatDescription !== undefined && { description: formatDescription }),
        },
      ],
      responses: responses(
        {
          200: json(authoritySchema, 'The certificates, or its anchors as PEM', {
            'application/x-pem-file': { schema: { type: 'string' } },
          }),
        },
        [...GUARDED, 'not_found'],
      ),
    },
  },
  '/codes': {
    get: {
      operationId: 'listCodes',
      tags: ['vocabulary'],
      summary: 'Every code of findings and problems',
      responses: responses(
        { 200: json(codeListSchema, 'All of them', { 'text/html': { schema: { type: 'string' } } }) },
        COMMON,
      ),
    },
  },
  '/codes/{code}': {
    get: {
      operationId: 'readCode',
      tags: ['vocabulary'],
      summary: 'What a code means and what to do about it',
      parameters: [{ name: 'code', in: 'path', required: true, schema: { type: 'string' } }],
      responses: responses({ 200: json(codeSchema, 'The code', { 'text/html': { schema: { type: 'string' } } }) }, [
        ...COMMON,
        'not_found',
      ]),
    },
  },
  '/openapi.json': {
    get: {
      operationId: 'readOpenApiJson',
      tags: ['vocabulary'],
      summary: 'This document as JSON',
      responses: responses(
        { 200: other('application/json', 'OpenAPI 3.1', { type: 'object', additionalProperties: true }) },
        COMMON,
      ),
    },
  },
  '/openapi.yaml': {
    get: {
      operationId: 'readOpenApiYaml',
      tags: ['vocabulary'],
      summary: 'This document as YAML',
      responses: responses({ 200: other('application/yaml', 'OpenAPI 3.1') }, COMMON),
    },
  },
  '/probe': {
    get: {
      operationId: 'probe',
      tags: ['verify'],
      summary: 'A verdict as Prometheus metrics',
      description:
        'The multi-target exporter pattern, with the metric names of blackbox_exporter where it has them. A module or a ' +
        'CA that does not exist is 400.',
      parameters: [
        parameter('target', probeQuerySchema.shape.target, true),
        parameter('module', probeQuerySchema.shape.module),
        {
          name: 'X-Prometheus-Scrape-Timeout-Seconds',
          in: 'header',
          description: 'Set by Prometheus; the probe ends half a second earlier',
          schema: { type: 'string' },
        },
      ],
      responses: probeResponses(),
    },
  },
  '/metrics': {
    get: {
      operationId: 'readMetrics',
      tags: ['operations'],
      summary: 'Metrics of the service itself',
      responses: responses({ 200: other('text/plain', 'In the text format of Prometheus') }, COMMON),
    },
  },
  '/': {
    get: {
      operationId: 'readPage',
      tags: ['verify'],
      summary: 'A page for people: type a host, read the verdict',
      responses: responses({ 200: other('text/html', 'The page, which needs nothing from elsewhere') }, COMMON),
    },
  },
  '/docs': {
    get: {
      operationId: 'readReference',
      tags: ['vocabulary'],
      summary: 'This document as a page for people',
      responses: responses({ 200: other('text/html', 'The page, which needs nothing from elsewhere') }, COMMON),
    },
  },
  '/livez': {
    get: {
      operationId: 'live',
      tags: ['operations'],
      summary: 'Whether the process answers',
      responses: responses({ 200: json(healthSchema, 'It does'), 503: json(healthSchema, 'Hardly') }, HEALTH),
    },
  },
  '/readyz': {
    get: {
      operationId: 'ready',
      tags: ['operations'],
      summary: 'Whether the service wants requests',
      responses: responses({ 200: json(healthSchema, 'It does'), 503: json(healthSchema, 'It is stopping') }, HEALTH),
    },
  },
};

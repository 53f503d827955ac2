import { type OpenAPIObject, OpenApiBuilder } from 'openapi3-ts/oas31';
import { VERSION } from '../domain/version.ts';
import { schemaComponents } from './openapi-components.ts';
import { PATHS } from './openapi-paths.ts';

/** The API document, OpenAPI 3.1, made from the schemas that requests are parsed with. The same in every process. */
export function buildOpenApi(): OpenAPIObject {
  const builder = OpenApiBuilder.create({
    openapi: '3.1.1',
    info: {
      title: 'tls-verdict',
      version: VERSION,
      description:
        'POST /verify connects to a host, performs the TLS handshake and every check itself, and answers with one verdict: ' +
        'all faults at once, each with a stable code and its remedy. Answers may gain members and codes within a major version; ' +
        'requests are closed, so that a misspelt field is refused.',
      license: { name: 'MIT', identifier: 'MIT' },
    },
    servers: [{ url: '/', description: 'Where this document was read' }],
    // Tokens are asked for where the operator has given out some.
    security: [{}, { bearer: [] }],
    tags: [
      { name: 'verify', description: 'Verdicts about a host or a chain' },
      { name: 'vocabulary', description: 'What a request may name and what an answer means' },
      { name: 'operations', description: 'For those who run the service' },
    ],
    paths: {},
    components: {
      schemas: schemaComponents(),
      securitySchemes: {
        bearer: { type: 'http', scheme: 'bearer', description: 'Needed where the operator has given out tokens' },
      },
    },
  });
  for (const [path, item] of Object.entries(PATHS)) builder.addPath(path, item);
  // A plain copy: shared objects would become anchors and aliases in YAML.
  return JSON.parse(builder.getSpecAsJson());
}

interface RenderedOpenApi {
  readonly json: string;
  readonly yaml: string;
}

let rendered: RenderedOpenApi | null = null;

/** The document as it is served and committed; made when first asked for. */
export function renderOpenApi(): RenderedOpenApi {
  if (rendered === null) {
    const document = buildOpenApi();
    const json = `${JSON.stringify(document, null, 2)}\n`;
    rendered = { json, yaml: new OpenApiBuilder(document).getSpecAsYaml(undefined, { lineWidth: 120 }) };
  }
  return rendered;
}

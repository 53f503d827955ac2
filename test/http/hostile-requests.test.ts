import fc from 'fast-check';
import { expect, it } from 'vitest';
import { requestByContract } from '../support/contract.ts';
import { testApp } from '../support/test-app.ts';

const { app } = testApp();

const names = fc.constantFrom(
  'host',
  'port',
  'ca',
  'connect_to',
  'server_name',
  'policy',
  'at',
  'chain_pem',
  'include',
);
const nearly = fc
  .dictionary(names, fc.jsonValue({ maxDepth: 3 }))
  .map((body) => JSON.stringify({ host: 'a.example', ...body }));
const bodies = fc.oneof(
  fc.string(),
  fc.json(),
  nearly,
  fc.uint8Array().map((bytes) => Buffer.from(bytes)),
);
const contentTypes = fc.oneof(fc.constant('application/json'), fc.string({ unit: 'grapheme-ascii' }));

it('no body brings about an answer outside the contract, or a 5xx', async () => {
  await fc.assert(
    fc.asyncProperty(bodies, contentTypes, async (body, type) => {
      const headers = { 'Content-Type': type.trim() === '' ? 'application/json' : type };
      const response = await requestByContract(app, '/verify', { method: 'POST', headers, body });
      expect(response.status).toBeLessThan(500);
    }),
    { numRuns: 400 },
  );
});

it('no path, query or method does either', async () => {
  const paths = fc.constantFrom('/verify', '/authorities', '/authorities/a', '/codes', '/codes/a', '/livez', '/', '/x');
  const methods = fc.constantFrom('GET', 'HEAD', 'POST', 'PUT', 'DELETE', 'OPTIONS', 'PATCH', 'PROPFIND');
  const headers = fc.dictionary(
    fc.constantFrom('Accept', 'Origin', 'Host', 'X-Request-Id', 'traceparent', 'Sec-Fetch-Site'),
    fc.string({ unit: 'grapheme-ascii' }),
  );
  await fc.assert(
    fc.asyncProperty(paths, fc.webQueryParameters(), methods, headers, async (path, query, method, values) => {
      const response = await requestByContract(app, `${path}?${query}`, { method, headers: values });
      expect(response.status).toBeLessThan(500);
    }),
    { numRuns: 400 },
  );
});

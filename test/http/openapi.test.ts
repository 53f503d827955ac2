import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import packageJson from '../../package.json' with { type: 'json' };
import type { Verdict } from '../../src/domain/verdict.ts';
import { VERSION } from '../../src/domain/version.ts';
import { codeDocument } from '../../src/http/code-documents.ts';
import examples from '../../src/http/examples.json' with { type: 'json' };
import { buildOpenApi } from '../../src/http/openapi.ts';
import { parseVerifyRequest } from '../../src/http/parse-verify-request.ts';
import { requestByContract } from '../support/contract.ts';
import { testApp } from '../support/test-app.ts';

const ROOT = join(import.meta.dirname, '../..');

describe('the API document', () => {
  it.each(['openapi.json', 'openapi.yaml'])('is served as committed: %s', async (file) => {
    const response = await requestByContract(testApp().app, `/${file}`);
    expect(await response.text()).toBe(readFileSync(join(ROOT, 'openapi', file), 'utf8'));
  });

  it('describes every route, and no other', () => {
    const routes = testApp().app.routes.filter(
      ({ method, path }) => method !== 'ALL' && method !== 'OPTIONS' && path !== '/*',
    );
    const served = routes.map(({ method, path }) => `${method} ${path.replace(/:(\w+)/g, '{$1}')}`);
    const described = Object.entries(buildOpenApi().paths ?? {}).flatMap(([path, item]) =>
      Object.keys(item).map((method) => `${method.toUpperCase()} ${path}`),
    );
    expect(described.toSorted()).toEqual(served.toSorted());
  });

  it('names no component that nothing refers to, and none that is missing', () => {
    const text = JSON.stringify(buildOpenApi());
    const referred = new Set(Array.from(text.matchAll(/#\/components\/schemas\/(\w+)/g), ([, name]) => name));
    expect([...referred].toSorted()).toEqual(Object.keys(buildOpenApi().components?.schemas ?? {}).toSorted());
  });

  it('gives every member and parameter a type, and every operation a name', () => {
    const typeless: string[] = [];
    const names: unknown[] = [];
    const visit = (node: unknown, path: string) => {
      if (typeof node !== 'object' || node === null || path.endsWith('/examples')) return;
      if ('responses' in node) names.push((node as { operationId?: unknown }).operationId);
      const isSchema = /\/(?:items|schema|properties\/[^/]+)$/.test(path);
      if (isSchema && Object.keys(node).every((key) => key === 'description')) typeless.push(path);
      for (const [key, value] of Object.entries(node)) visit(value, `${path}/${key}`);
    };
    visit(buildOpenApi(), '');
    expect(typeless).toEqual([]);
    expect(names.length).toBeGreaterThan(15);
    expect(new Set(names).size).toBe(names.length);
    expect(names).not.toContain(undefined);
  });

  it('has the version of the package', () => {
    expect(VERSION).toBe(packageJson.version);
  });
});

describe('the examples in it', () => {
  it.each(Object.entries(examples.requests))('request %s is one that we take', (_name, body) => {
    expect(() => parseVerifyRequest(JSON.stringify(body), { timeoutMs: 1000, presets: new Map() })).not.toThrow();
  });

  it.each(Object.entries(examples.verdicts))('verdict %s is one that we would give', async (_name, verdict) => {
    const { app } = testApp({ verify: async () => verdict as Verdict });
    await requestByContract(app, '/verify?host=a.example');
    for (const { code, title, check } of verdict.findings) expect(codeDocument(code)).toMatchObject({ title, check });
  });

  it.each(Object.entries(examples.problems))('problem %s is one of ours', (code, problem) => {
    expect(codeDocument(code)).toMatchObject({ title: problem.title, status: problem.status });
  });
});

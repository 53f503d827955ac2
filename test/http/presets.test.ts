import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { Problem } from '../../src/domain/problem.ts';
import type { VerifyRequest } from '../../src/domain/request.ts';
import { createPresets, PresetsError, parsePresets } from '../../src/http/presets.ts';
import { requestByContract } from '../support/contract.ts';
import { startService } from '../support/service.ts';
import { postVerify, testApp } from '../support/test-app.ts';
import { sampleVerdict } from '../support/verdict.ts';

const accept = () => {};

const YAML_TEXT = `
strict:
  ca: [corp, public]
  policy: { profile: webpki, min_tls: "1.3" }
  timeout_ms: 2000
backend: { connect_to: "10.0.0.7:8443", policy: { warn: { days: 14 } } }
`;

describe('parsePresets', () => {
  it('reads YAML and JSON', () => {
    const json = JSON.stringify(Object.fromEntries(parsePresets(YAML_TEXT, accept)));
    expect(parsePresets(json, accept)).toEqual(parsePresets(YAML_TEXT, accept));
    expect(parsePresets('', accept).size).toBe(0);
  });

  it.each([
    { name: 'no mapping', text: '- strict', complaints: [/mapping/] },
    { name: 'no YAML', text: 'a: [', complaints: [/./] },
    { name: 'a name twice', text: 'a: {}\na: {}', complaints: [/unique/i] },
    { name: 'a preset that is none', text: 'a: strict', complaints: [/preset "a": not a partial request/] },
    { name: 'a name that fits in no URL', text: '"a b": {}', complaints: [/preset "a b": its name/] },
    { name: 'a host', text: 'a: { host: a.example }', complaints: [/\/host does not belong/] },
    { name: 'a chain', text: 'a: { chain_pem: x }', complaints: [/\/chain_pem does not belong/] },
    { name: 'a preset in a preset', text: 'a: { preset: b }', complaints: [/\/preset does not belong/] },
    {
      name: 'all mistakes at once',
      text: 'a: { polcy: {}, port: 0 }\nb: { policy: { warn: {} } }',
      complaints: [/preset "a": .*\/port/, /preset "a": .*\/polcy.*policy/, /preset "b": \/policy\/warn/],
    },
  ])('refuses $name', ({ text, complaints }) => {
    expect(() => parsePresets(text, accept)).toThrow(PresetsError);
    for (const complaint of complaints) expect(() => parsePresets(text, accept)).toThrow(complaint);
  });

  it('is bounded, and survives aliases that multiply', () => {
    expect(() => parsePresets(`# ${'x'.repeat(1_048_576)}`, accept)).toThrow(PresetsError);
    const bomb = [
      'a: &a0 [x]',
      ...Array.from({ length: 9 }, (_, n) => `b${n}: &a${n + 1} [${Array(9).fill(`*a${n}`)}]`),
    ];
    expect(() => parsePresets(bomb.join('\n'), accept)).toThrow();
  });

  it('refuses what the service would refuse', () => {
    const refuse = (request: VerifyRequest) => {
      if (request.ca !== null) throw new Problem('unknown_ca', 'no CA is called x');
    };
    expect(() => parsePresets('a: { ca: x }', refuse)).toThrow(/preset "a": no CA is called x/);
  });
});

describe('createPresets', () => {
  async function started(first: string) {
    const world = { text: first as string | Error, now: 0, reads: 0, refusals: [] as unknown[], reloads: 0 };
    const current = await createPresets({
      read: async () => {
        world.reads++;
        if (world.text instanceof Error) throw world.text;
        return world.text;
      },
      accept,
      onReload: () => {
        world.reloads++;
      },
      onRefusal: (error) => world.refusals.push(error),
      now: () => world.now,
    });
    const names = async () => [...(await current()).keys()];
    return { world, names };
  }

  it('looks again after a second, once for all who ask', async () => {
    const { world, names } = await started('a: {}');
    world.text = 'b: {}';
    world.now = 999;
    expect(await names()).toEqual(['a']);
    world.now = 1000;
    expect(await Promise.all([names(), names()])).toEqual([['b'], ['b']]);
    expect(world).toMatchObject({ reads: 2, reloads: 1, refusals: [] });
  });

  it('keeps the last good ones while the file is wrong or away, and says so once', async () => {
    const { world, names } = await started('a: {}');
    for (const text of ['b: [', 'b: [', new Error('ENOENT'), new Error('ENOENT'), 'c: {}']) {
      world.text = text;
      world.now += 1000;
      expect(await names()).toEqual(text === 'c: {}' ? ['c'] : ['a']);
    }
    expect(world).toMatchObject({ reloads: 1 });
    expect(world.refusals).toHaveLength(2);
  });

  it('rejects when there is no good one to begin with', async () => {
    await expect(started('a: [')).rejects.toThrow(PresetsError);
  });
});

describe('preset', () => {
  function appWith(text: string) {
    const asked: VerifyRequest[] = [];
    const presets = parsePresets(text, accept);
    const { app } = testApp({
      presets: async () => presets,
      verify: async (request) => {
        asked.push(request);
        return sampleVerdict();
      },
    });
    return { app, asked };
  }
  const post = (path: string, body: unknown) => [path, postVerify(body)] as const;

  it.each([
    post('/verify', { host: 'a.example', preset: 'strict' }),
    ['/verify?host=a.example&preset=strict', {}] as const,
    ['/check/a.example?preset=strict', {}] as const,
    post('/verify/batch', { targets: [{ host: 'a.example', preset: 'strict' }] }),
    post('/verify/batch', { targets: ['a.example'], defaults: { preset: 'strict' } }),
    post('/verify/batch', { targets: [{ host: 'a.example', preset: 'strict' }], defaults: { preset: 'backend' } }),
    [
      '/verify/batch?preset=strict',
      { method: 'POST', headers: { 'Content-Type': 'text/plain' }, body: 'a.example' },
    ] as const,
  ])('works at %s', async (path, init) => {
    const { app, asked } = appWith(YAML_TEXT);
    expect((await requestByContract(app, path, init)).status).toBe(200);
    expect(asked).toMatchObject([
      {
        preset: 'strict',
        ca: { refs: ['corp', 'public'] },
        policy: { profile: 'webpki', minTls: '1.3', warn: null },
        timeoutMs: path.startsWith('/check') ? 1950 : 2000,
        target: { host: { text: 'a.example' }, port: 443, connectTo: null },
      },
    ]);
  });

  it('gives way to what the request says itself, in policy member by member and else as a whole', async () => {
    const { app, asked } = appWith(YAML_TEXT);
    const own = { ca: { pem: 'x' }, policy: { min_tls: '1.2' }, timeout_ms: 100 };
    await requestByContract(app, ...post('/verify', { host: 'a.example', preset: 'strict', ...own }));
    await requestByContract(app, ...post('/verify', { host: 'a.example', preset: 'backend', connect_to: null }));
    expect(asked[0]).toMatchObject({
      ca: { refs: [], pem: 'x' },
      policy: { profile: 'webpki', minTls: '1.2' },
      timeoutMs: 100,
    });
    expect(asked[1]).toMatchObject({ target: { connectTo: null }, policy: { warn: { days: 14 } } });
  });

  it.each([
    { name: 'an unknown one', body: { preset: 'strikt' }, status: 422, code: 'unknown_preset' },
    { name: 'a name of every object', body: { preset: 'constructor' }, status: 422, code: 'unknown_preset' },
    { name: 'one that is no name', body: { preset: 7 }, status: 400, code: 'invalid_request' },
    { name: 'an unknown one beside mistakes', body: { preset: 'x', prot: 1 }, status: 400, code: 'invalid_request' },
    { name: 'one that contradicts', body: { preset: 'backend', chain_pem: 'x' }, status: 400, code: 'invalid_request' },
  ])('refuses $name', async ({ body, status, code }) => {
    const { app, asked } = appWith(YAML_TEXT);
    const response = await requestByContract(app, ...post('/verify', { host: 'a.example', ...body }));
    expect(response.status).toBe(status);
    expect(await response.json()).toMatchObject({ code });
    expect(asked).toEqual([]);
  });

  it('comes from PRESETS_FILE, and stands in the verdict', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'tls-verdict-'));
    const file = join(folder, 'presets.yaml');
    try {
      await writeFile(file, 'team: { policy: { profile: rfc5280 }, timeout_ms: 500 }');
      const { ask } = await startService({ PRESETS_FILE: file });
      const verdict = await ask({ host: 'localhost', port: 1, preset: 'team' });
      expect(verdict.inputs).toMatchObject({ preset: 'team', profile: 'rfc5280' });
      await writeFile(file, 'team: { ca: nobody }');
      await expect(startService({ PRESETS_FILE: file })).rejects.toThrow(/PRESETS_FILE/);
      await expect(startService({ PRESETS_FILE: join(folder, 'none') })).rejects.toThrow(/PRESETS_FILE/);
    } finally {
      await rm(folder, { recursive: true });
    }
  });
});

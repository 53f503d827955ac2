import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { promisify } from 'node:util';
import { brotliDecompressSync, createBrotliDecompress, createGunzip, gunzipSync } from 'node:zlib';
import { afterEach, describe, expect, it } from 'vitest';
import type { Answer } from '../../src/http/answer.ts';
import { encodingFor, largeAnswer, streamedAnswer } from '../../src/http/compression.ts';
import { streamText } from '../../src/http/stream-text.ts';
import { type RunningServer, startServer } from '../../src/server.ts';
import { isMissing } from '../support/child-server.ts';
import { requestByContract } from '../support/contract.ts';
import { postVerify, testApp } from '../support/test-app.ts';
import { sampleVerdict } from '../support/verdict.ts';

const accepting = (value: string | null) =>
  new Request('http://localhost/', value === null ? {} : { headers: { 'Accept-Encoding': value } });

const DECOMPRESS = { gzip: gunzipSync, br: brotliDecompressSync };

describe('the encoding that a caller likes best', () => {
  it.each([
    { name: 'curl', header: null, encoding: null },
    { name: 'curl --compressed', header: 'deflate, gzip, br, zstd', encoding: 'br' },
    { name: 'Go, Prometheus', header: 'gzip', encoding: 'gzip' },
    { name: 'an old name of gzip', header: 'x-gzip', encoding: 'gzip' },
    { name: 'a browser without HTTPS', header: 'gzip, deflate', encoding: 'gzip' },
    { name: 'anything', header: '*', encoding: 'br' },
    { name: 'anything but one', header: 'br;q=0, *', encoding: 'gzip' },
    { name: 'by weight', header: 'br;q=0.5, gzip;q=0.8', encoding: 'gzip' },
    { name: 'upper case', header: 'GZIP', encoding: 'gzip' },
    { name: 'as it is, by name', header: 'identity', encoding: null },
    { name: 'rather as it is', header: 'identity;q=1, gzip;q=0.5', encoding: null },
    { name: 'as it is at worst', header: 'identity;q=0.1, gzip;q=0.5', encoding: 'gzip' },
    { name: 'what we do not have', header: 'deflate, zstd', encoding: null },
    { name: 'nothing that we have, nor as it is', header: 'identity;q=0, zstd', encoding: null },
    { name: 'nothing', header: '', encoding: null },
    { name: 'a weight that is none', header: 'gzip;q=x', encoding: null },
  ])('$name: $encoding', ({ header, encoding }) => {
    expect(encodingFor(accepting(header))).toBe(encoding);
  });
});

const asResponse = ({ body, ...head }: Answer) => new Response(body, head);

describe('a whole answer', () => {
  const headers = { 'Content-Type': 'text/plain' };
  const bound = 16 * 1024;

  it('stays as it is below the bound, and at the bound for who takes nothing else', async () => {
    const small = asResponse(await largeAnswer(accepting('gzip'), 'x'.repeat(bound - 1), { headers }));
    expect([small.headers.get('Content-Encoding'), small.headers.get('Vary')]).toEqual([null, null]);
    const raw = asResponse(await largeAnswer(accepting(null), 'x'.repeat(bound), { headers }));
    expect([raw.headers.get('Content-Encoding'), raw.headers.get('Vary')]).toEqual([null, 'Accept-Encoding']);
    expect(await raw.text()).toHaveLength(bound);
  });

  it('goes as it is while sixteen others are being compressed', async () => {
    const ask = async () => asResponse(await largeAnswer(accepting('br'), 'x'.repeat(bound), { headers }));
    const asked = await Promise.all(Array.from({ length: 20 }, ask));
    const encodings = asked.map((answer) => answer.headers.get('Content-Encoding'));
    expect(encodings.filter((encoding) => encoding === 'br')).toHaveLength(16);
    expect((await ask()).headers.get('Content-Encoding')).toBe('br');
  });

  it.each(['gzip', 'br'] as const)('is compressed by %s from the bound on, counted in octets', async (encoding) => {
    const text = 'ü'.repeat(bound / 2);
    const answer = asResponse(await largeAnswer(accepting(encoding), text, { status: 502, headers }));
    expect(answer.status).toBe(502);
    expect(Object.fromEntries(answer.headers)).toMatchObject({
      'content-type': 'text/plain',
      'content-encoding': encoding,
      vary: 'Accept-Encoding',
    });
    const body = Buffer.from(await answer.arrayBuffer());
    expect(answer.headers.get('Content-Length')).toBe(String(body.length));
    expect(DECOMPRESS[encoding](body).toString()).toBe(text);
  });
});

describe('a streamed answer', () => {
  it.each([
    { encoding: 'gzip', decoder: createGunzip },
    { encoding: 'br', decoder: createBrotliDecompress },
  ])('gives each line with $encoding before the next is written', async ({ encoding, decoder }) => {
    const taken = Promise.withResolvers<void>();
    const body = streamText(new AbortController().signal, async (write) => {
      await write('{"line":1}\n');
      // Waits for the reader: a line that stayed in the compressor would leave both waiting.
      await taken.promise;
      await write('{"line":2}\n');
    });
    const answer = asResponse(streamedAnswer(accepting(encoding), body, {}));
    expect(answer.headers.get('Content-Encoding')).toBe(encoding);
    const plain = decoder();
    (async () => {
      for await (const chunk of answer.body ?? []) plain.write(chunk);
      plain.end();
    })().catch((error: Error) => plain.destroy(error));
    const [first] = await once(plain, 'data');
    expect(String(first)).toBe('{"line":1}\n');
    taken.resolve();
    const [second] = await once(plain, 'data');
    expect(String(second)).toBe('{"line":2}\n');
  });

  it('ends its source when the reader goes away', async () => {
    const ended = Promise.withResolvers<void>();
    const body = streamText(new AbortController().signal, async (write, signal) => {
      signal.addEventListener('abort', () => ended.resolve());
      while (!signal.aborted) await write('x'.repeat(1000));
    });
    const reader = asResponse(streamedAnswer(accepting('gzip'), body, {})).body?.getReader();
    await reader?.read();
    await reader?.cancel();
    await ended.promise;
  });

  it('is an error for the reader when its source fails, not a shorter answer', async () => {
    const body = streamText(new AbortController().signal, async (write) => {
      await write('one\n');
      throw new Error('the work failed');
    });
    await expect(asResponse(streamedAnswer(accepting('gzip'), body, {})).text()).rejects.toThrow();
  });
});

describe('over the API', () => {
  const servers: RunningServer[] = [];
  afterEach(async () => {
    await Promise.all(servers.splice(0).map((server) => server.stop(0)));
  });
  const large = sampleVerdict({ summary: 'long '.repeat(10_000) });

  it('HEAD has the headers of GET', async () => {
    const { app } = testApp({ verify: async () => large });
    const ask = (method: string, path: string) =>
      app.request(path, { method, headers: { 'Accept-Encoding': 'gzip', 'X-Request-Id': 'r' } });
    for (const path of ['/verify?host=a.example', '/openapi.json', '/codes']) {
      const [get, head] = [await ask('GET', path), await ask('HEAD', path)];
      expect(get.headers.get('Content-Encoding')).toBe('gzip');
      expect(Object.fromEntries(head.headers)).toEqual(Object.fromEntries(get.headers));
      expect(await head.text()).toBe('');
    }
  });

  it('leaves a usual verdict, and what is refused, as it is', async () => {
    const { app } = testApp();
    for (const path of ['/verify?host=a.example', '/nothing', '/livez']) {
      const answer = await requestByContract(app, path, { headers: { 'Accept-Encoding': 'gzip, br' } });
      expect([path, answer.headers.get('Content-Encoding')]).toEqual([path, null]);
    }
  });

  it('compresses a batch of eight, and not one of seven', async () => {
    const { app } = testApp();
    for (const [count, encoding] of [
      [7, null],
      [8, 'gzip'],
    ] as const) {
      const body = { targets: Array.from({ length: count }, (_, index) => `h${index}.example`) };
      const answer = await app.request('/verify/batch', postVerify(body, { 'Accept-Encoding': 'gzip' }));
      expect(answer.headers.get('Content-Encoding')).toBe(encoding);
      const bytes = Buffer.from(await answer.arrayBuffer());
      const text = (encoding === null ? bytes : gunzipSync(bytes)).toString();
      expect(text.trimEnd().split('\n')).toHaveLength(count + 1);
    }
  });

  it.skipIf(isMissing('curl'))('is read by curl --compressed as by curl', async () => {
    const { app } = testApp({ verify: async () => large });
    const server = await startServer({
      fetch: (request, peer) => app.fetch(request, peer),
      host: '127.0.0.1',
      port: 0,
    });
    servers.push(server);
    const curl = async (...args: string[]) => {
      const url = `http://127.0.0.1:${server.address.port}`;
      const format = ['-w', '\n%{size_download} %header{content-encoding}'];
      const { stdout } = await promisify(execFile)('curl', [
        '-sS',
        ...format,
        ...args.map((arg) => arg.replace('URL', url)),
      ]);
      const cut = stdout.lastIndexOf('\n');
      const [size, encoding] = stdout.slice(cut + 1).split(' ');
      return { text: stdout.slice(0, cut), size: Number(size), encoding };
    };
    const hosts = ['--data-binary', Array.from({ length: 20 }, (_, index) => `h${index}.example`).join('\n')];
    for (const args of [
      ['URL/verify?host=a.example'],
      ['URL/openapi.yaml'],
      [...hosts, '-H', 'Content-Type: text/plain', 'URL/verify/batch'],
    ]) {
      const raw = await curl(...args);
      const compressed = await curl('--compressed', ...args);
      expect(raw.encoding).toBe('');
      expect(compressed.encoding).toMatch(/^(?:br|gzip)$/);
      expect(compressed.size).toBeLessThan(raw.size / 3);
      const stable = (text: string) =>
        text
          .replaceAll(/"(?:duration_ms|request_id)":("[^"]*"|\d+)/g, '')
          .split('\n')
          .toSorted();
      expect(stable(compressed.text)).toEqual(stable(raw.text));
    }
  });
});

import { Hono } from 'hono';
import { describe, expect, it } from 'vitest';
import type { HttpEnv } from '../../../src/http/http-env.ts';
import { bodyBudget } from '../../../src/http/middleware/body-budget.ts';
import { toProblem } from '../../../src/http/problem-response.ts';
import { MAX_BODY_BYTES } from '../../../src/http/request-body.ts';

/** An application with room for so many of the largest bodies, whose answers wait for `finish`. */
function roomFor(bodies: number) {
  const { promise: finished, resolve: finish } = Promise.withResolvers<void>();
  const app = new Hono<HttpEnv>();
  app.onError((error) => Response.json({ code: toProblem(error).code }, { status: toProblem(error).status }));
  app.use(async (c, next) => {
    c.set('caller', { id: c.req.header('X-Caller') ?? 'one', grant: null });
    await next();
  });
  app.use(bodyBudget(bodies * MAX_BODY_BYTES));
  app.post('/', async () => {
    await finished;
    return new Response('done');
  });
  const post = async (headers: Record<string, string>) => (await app.request('/', { method: 'POST', headers })).status;
  return { post, finish };
}

describe('the budget of bodies', () => {
  it.each<{ name: string; first: Record<string, string>; second: Record<string, string>; status: number }>([
    {
      name: 'two halves fit',
      first: { 'Content-Length': '1048576' },
      second: { 'Content-Length': '1048576' },
      status: 200,
    },
    {
      name: 'one octet more does not',
      first: { 'Content-Length': '1048577' },
      second: { 'Content-Length': '1048576' },
      status: 503,
    },
    {
      name: 'a body of unknown length may be the largest',
      first: { 'Transfer-Encoding': 'chunked' },
      second: { 'Content-Length': '1' },
      status: 503,
    },
    {
      name: 'a body too large is not read, so that it counts as the largest',
      first: {},
      second: { 'Content-Length': '9999999999' },
      status: 200,
    },
    { name: 'no body needs no room', first: { 'Content-Length': String(MAX_BODY_BYTES) }, second: {}, status: 200 },
  ])('$name: $status', async ({ first, second, status }) => {
    const { post, finish } = roomFor(1);
    const firstAnswer = post(first);
    const secondAnswer = post(second);
    await new Promise((resolve) => setImmediate(resolve));
    finish();
    expect([await firstAnswer, await secondAnswer]).toEqual([200, status]);
    // Given back with the answer.
    expect(await post({ 'Content-Length': String(MAX_BODY_BYTES) })).toBe(200);
  });

  it('leaves room for others whatever one caller announces', async () => {
    const { post, finish } = roomFor(4);
    const largest = { 'Content-Length': String(MAX_BODY_BYTES) };
    const ofOne = [1, 2, 3, 4].map(() => post(largest));
    const ofOther = [1, 2].map(() => post({ ...largest, 'X-Caller': 'other' }));
    await new Promise((resolve) => setImmediate(resolve));
    finish();
    expect(await Promise.all(ofOne)).toEqual([200, 200, 200, 503]);
    expect(await Promise.all(ofOther)).toEqual([200, 503]);
    // Given back to each.
    expect(await Promise.all([1, 2, 3].map(() => post(largest)))).toEqual([200, 200, 200]);
  });
});

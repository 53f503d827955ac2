import { Hono } from 'hono';
import { describe, expect, it } from 'vitest';
import { bodyBudget } from '../../../src/http/middleware/body-budget.ts';
import { toProblem } from '../../../src/http/problem-response.ts';
import { MAX_BODY_BYTES } from '../../../src/http/request-body.ts';

/** An application with room for one of the largest bodies, whose answers wait for `finish`. */
function roomForOne() {
  const { promise: finished, resolve: finish } = Promise.withResolvers<void>();
  const app = new Hono();
  app.onError((error) => Response.json({ code: toProblem(error).code }, { status: toProblem(error).status }));
  app.use(bodyBudget(MAX_BODY_BYTES));
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
    const { post, finish } = roomForOne();
    const firstAnswer = post(first);
    const secondAnswer = post(second);
    await new Promise((resolve) => setImmediate(resolve));
    finish();
    expect([await firstAnswer, await secondAnswer]).toEqual([200, status]);
    // Given back with the answer.
    expect(await post({ 'Content-Length': String(MAX_BODY_BYTES) })).toBe(200);
  });
});

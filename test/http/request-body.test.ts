import { describe, expect, it } from 'vitest';
import { LONG_BODY_BYTES, readJsonText } from '../../src/http/request-body.ts';

const requestOf = (bytes: number): Request => {
  const body = `"${'x'.repeat(bytes - 2)}"`;
  const headers = { 'content-type': 'application/json', 'content-length': String(bytes) };
  return new Request('http://localhost/verify', { method: 'POST', headers, body });
};

/** For each body, in which turn of the event loop its text was there, when all of them came at once. */
async function turnsOf(bytes: number, count: number): Promise<number[]> {
  let turn = 0;
  let immediate = setImmediate(function next() {
    turn++;
    immediate = setImmediate(next);
  });
  const requests = Array.from({ length: count }, () => requestOf(bytes));
  const turns = await Promise.all(requests.map((request) => readJsonText(request).then(() => turn)));
  clearImmediate(immediate);
  return turns;
}

describe('bodies that arrive together', () => {
  it('are read one in each turn of the event loop when they are long', async () => {
    const turns = await turnsOf(LONG_BODY_BYTES + 1, 5);
    expect(new Set(turns).size).toBe(5);
  });

  it('are read as they come when they are short', async () => {
    const turns = await turnsOf(LONG_BODY_BYTES, 5);
    expect(new Set(turns).size).toBe(1);
  });
});

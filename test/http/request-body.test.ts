import { describe, expect, it } from 'vitest';
import { LONG_BODY_BYTES, readJsonText } from '../../src/http/request-body.ts';
import { turns } from '../../src/loop/turns.ts';

const requestOf = (bytes: number): Request => {
  const body = `"${'x'.repeat(bytes - 2)}"`;
  const headers = { 'content-type': 'application/json', 'content-length': String(bytes) };
  return new Request('http://localhost/verify', { method: 'POST', headers, body });
};

/** How many of the bodies that came at once waited for their turn of the event loop when each one's text was there. */
function waitingAt(bytes: number, count: number): Promise<number[]> {
  const requests = Array.from({ length: count }, () => requestOf(bytes));
  return Promise.all(requests.map((request) => readJsonText(request).then(() => turns.waiting)));
}

describe('bodies that arrive together', () => {
  it('are steps of the event loop, one after the other, when they are long', async () => {
    expect(await waitingAt(LONG_BODY_BYTES + 1, 5)).toEqual([4, 3, 2, 1, 0]);
  });

  it('are read as they come when they are short', async () => {
    expect(await waitingAt(LONG_BODY_BYTES, 5)).toEqual([0, 0, 0, 0, 0]);
  });
});

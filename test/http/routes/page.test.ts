import { createHash } from 'node:crypto';
import { expect, it } from 'vitest';
import { requestByContract } from '../../support/contract.ts';
import { testApp } from '../../support/test-app.ts';

const { app } = testApp();

it('is whole in itself, and its policy lets in what it has and nothing else', async () => {
  const response = await requestByContract(app, '/', { headers: { Accept: 'text/html,*/*;q=0.8' } });
  expect(response.status).toBe(200);
  expect(response.headers.get('Content-Type')).toBe('text/html; charset=utf-8');
  const page = await response.text();
  expect(page).not.toMatch(/\s(?:src|style|on\w+)=|https?:\/\/(?!THIS-ADDRESS|www\.w3\.org\/2000\/svg)/);
  const policy = response.headers.get('Content-Security-Policy') ?? '';
  expect(policy).toMatch(/^default-src 'none'; /);
  expect(policy).not.toMatch(/unsafe|\*/);
  for (const element of ['script', 'style']) {
    const text = new RegExp(`<${element}>([^]*?)</${element}>`).exec(page)?.[1] ?? '';
    expect(policy).toContain(`${element}-src 'sha256-${createHash('sha256').update(text).digest('base64')}'`);
  }
});

it('is not for programs', async () => {
  expect((await requestByContract(app, '/', { headers: { Accept: 'application/json' } })).status).toBe(406);
  expect((await requestByContract(app, '/', { method: 'POST' })).status).toBe(405);
});

it('may be linked to from anywhere, since reading it dials nothing', async () => {
  const headers = { 'Sec-Fetch-Site': 'cross-site', 'Sec-Fetch-Mode': 'navigate' };
  expect((await requestByContract(app, '/?host=a.example', { headers })).status).toBe(200);
});

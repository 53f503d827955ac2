import { describe, expect, it } from 'vitest';
import { FINDING_CODES } from '../../../src/domain/finding-codes.ts';
import { PROBLEMS } from '../../../src/domain/problem.ts';
import { requestByContract } from '../../support/contract.ts';
import { testApp } from '../../support/test-app.ts';

const { app } = testApp();
const html = { headers: { Accept: 'text/html,*/*;q=0.8' } };

describe('the vocabulary', () => {
  it('lists every code of findings and problems', async () => {
    const body = (await (await requestByContract(app, '/codes')).json()) as Record<string, { code: string }[]>;
    expect(body.findings?.map(({ code }) => code)).toEqual(Object.keys(FINDING_CODES));
    expect(body.problems?.map(({ code }) => code)).toEqual(Object.keys(PROBLEMS));
  });

  it.each([...Object.keys(FINDING_CODES), ...Object.keys(PROBLEMS)])(
    'explains %s to programs and people',
    async (code) => {
      const document = await (await requestByContract(app, `/codes/${code}`)).json();
      expect(document).toMatchObject({ code, fix: expect.stringMatching(/./), meaning: expect.stringMatching(/./) });
      const page = await requestByContract(app, `/codes/${code}`, html);
      expect(page.headers.get('Content-Type')).toBe('text/html; charset=utf-8');
      expect(await page.text()).toContain(`<code>${code}</code>`);
    },
  );

  it('lets its pages use their own style sheet and nothing else', async () => {
    const page = await requestByContract(app, '/codes', html);
    expect(page.headers.get('Content-Security-Policy')).toMatch(/^default-src 'none'; style-src 'sha256-[^']+';/);
    expect(await page.text()).not.toMatch(/<script|\sstyle=|\bon\w+=/);
  });

  it('escapes what stands in a page', async () => {
    const page = await (await requestByContract(app, '/codes/key_identifier_missing', html)).text();
    expect(page).not.toMatch(/&(?!(amp|lt|gt|quot|#39);)/);
  });

  it('answers 404 for a word that is no code', async () => {
    for (const path of ['/codes/nothing', '/codes/__proto__', '/codes/constructor', '/codes/%3Cscript%3E']) {
      expect((await requestByContract(app, path, html)).status).toBe(404);
    }
  });

  it('names the code that a misspelt one most likely meant', async () => {
    const response = await requestByContract(app, '/codes/cert_expird', {});
    expect(((await response.json()) as { detail: string }).detail).toContain('did you mean cert_expired?');
  });

  it('answers 406 when neither is accepted', async () => {
    expect((await requestByContract(app, '/codes', { headers: { Accept: 'image/png' } })).status).toBe(406);
  });
});

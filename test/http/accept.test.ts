import { describe, expect, it } from 'vitest';
import { chooseMediaType } from '../../src/http/accept.ts';

const JSON_OR_HTML = ['application/json', 'text/html'] as const;

describe('the media type that an Accept header likes best', () => {
  it.each([
    ['no header', undefined, 'application/json'],
    ['an empty one', '', 'application/json'],
    ['anything', '*/*', 'application/json'],
    ['a browser', 'text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8', 'text/html'],
    ['any text', 'text/*', 'text/html'],
    ['JSON preferred', 'text/html;q=0.5, application/json', 'application/json'],
    ['upper case', 'TEXT/HTML', 'text/html'],
    ['the specific before the general', 'application/json;q=0, */*', 'text/html'],
    ['parameters ignored', 'text/html;level=1', 'text/html'],
  ])('%s', (_name, accept, type) => {
    expect(chooseMediaType(accept, JSON_OR_HTML)).toBe(type);
  });

  it.each(['image/png', 'text/html;q=0', '*/*;q=0', 'text/html;q=x', ';', 'json'])('is none for %s', (accept) => {
    expect(() => chooseMediaType(accept, JSON_OR_HTML)).toThrow(expect.objectContaining({ code: 'not_acceptable' }));
  });
});

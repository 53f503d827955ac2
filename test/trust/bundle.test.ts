import { rootCertificates } from 'node:tls';
import { describe, expect, it } from 'vitest';
import { isCutOff, readBundle } from '../../src/trust/bundle.ts';

// Any certificates do for cutting: those that Node carries.
const [FIRST = '', SECOND = ''] = rootCertificates;

describe('isCutOff', () => {
  it.each([
    ['nothing', ''],
    ['a whole bundle', `${FIRST}\n${SECOND}\n`],
    ['a whole bundle without its last line feed', `${FIRST}\n${SECOND}`],
    ['lines that end in CRLF', `${FIRST}\n`.replaceAll('\n', '\r\n')],
    ['text behind the last block', `${FIRST}\n# the end`],
    ['a dash that is text', `${FIRST}\n# - root of 2025 -----\n`],
  ])('is false for %s', (_, text) => expect(isCutOff(text)).toBe(false));

  it.each([
    ['the beginning of a BEGIN line', '-----BEG'],
    ['a BEGIN line alone', '-----BEGIN CERTIFICATE-----\n'],
    ['half of the base64', FIRST.slice(0, 300)],
    ['an END line without its last dash', FIRST.slice(0, -1)],
    ['a whole block and a dash of the next', `${FIRST}\n-`],
  ])('is true for %s', (_, text) => expect(isCutOff(text)).toBe(true));

  it('finds every cut of a bundle that does not fall between two certificates', () => {
    const text = `${FIRST}\n${SECOND}\n`;
    for (let length = 1; length < text.length; length += 1) {
      const part = text.slice(0, length);
      const isBetween = part.trimEnd() === FIRST || part.trimEnd() === `${FIRST}\n${SECOND}`;
      if (isCutOff(part) === isBetween) expect.fail(`cut at ${length}: ${JSON.stringify(part.slice(-30))}`);
    }
    expect(readBundle(text).defects).toEqual([]);
  });
});

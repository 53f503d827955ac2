import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { cleanText, MAX_TEXT_BYTES } from '../../src/domain/clean-text.ts';

describe('cleanText', () => {
  it.each([
    ['ASCII as it is', 'a b~', 'a b~'],
    ['letters of other scripts as they are', 'bücher 书 𝄞', 'bücher 书 𝄞'],
    ['NUL and escape', 'a\0\x1b[31m', 'a\ufffd\ufffd[31m'],
    ['line ends', 'a\r\nb', 'a\ufffd\ufffdb'],
    ['C1 controls', '\u009b', '\ufffd'],
    ['bidirectional override and isolate', '\u202e\u2066', '\ufffd\ufffd'],
    ['line and paragraph separators', '\u2028\u2029', '\ufffd\ufffd'],
    ['zero width and byte order mark', '\u200b\ufeff', '\ufffd\ufffd'],
    ['half of a surrogate pair', 'a\ud834', 'a\ufffd'],
  ])('%s', (_, value, expected) => {
    expect(cleanText(value)).toBe(expected);
  });

  it('keeps what just fits and marks what was cut', () => {
    expect(cleanText('a'.repeat(10), 10)).toBe('a'.repeat(10));
    expect(cleanText('a'.repeat(11), 10)).toBe(`${'a'.repeat(7)}…`);
    expect(cleanText('é'.repeat(5), 10)).toBe('é'.repeat(5));
    expect(cleanText('é'.repeat(6), 10)).toBe('ééé…');
  });

  it('is within its bound and has nothing left to clean, for any string', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 2000 }), (value) => {
        const cleaned = cleanText(value);
        expect(Buffer.byteLength(cleaned)).toBeLessThanOrEqual(MAX_TEXT_BYTES);
        expect(cleanText(cleaned)).toBe(cleaned);
      }),
    );
  });
});

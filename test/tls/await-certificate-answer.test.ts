import { describe, expect, it } from 'vitest';
import { answerPatienceMs } from '../../src/tls/await-certificate-answer.ts';

describe('how long a server may take to answer our certificate', () => {
  it.each([
    { name: 'none shown, near', answer: 'empty', roundTripMs: 1, ms: 151 },
    { name: 'one shown, near', answer: 'identity', roundTripMs: 1, ms: 501 },
    { name: 'one shown, as far as is believed', answer: 'identity', roundTripMs: 1000, ms: 1500 },
    { name: 'one shown, by a server that dawdles', answer: 'identity', roundTripMs: 1001, ms: 1500 },
  ] as const)('$name', ({ answer, roundTripMs, ms }) => {
    expect(answerPatienceMs(answer, roundTripMs)).toBe(ms);
  });
});

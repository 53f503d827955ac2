import { Problem } from '../domain/problem.ts';

interface Range {
  readonly type: string;
  readonly quality: number;
}

/**
 * Which of the offered media types an Accept header likes best (RFC 9110 §12.5.1); of equals, the first offered.
 * Throws `Problem` `not_acceptable` when it accepts none.
 */
export function chooseMediaType<T extends string>(accept: string | undefined, offered: readonly [T, ...T[]]): T {
  if (accept === undefined || accept.trim() === '') return offered[0];
  const ranges = accept.split(',').map(parseRange);
  let best: { type: T; quality: number } | null = null;
  for (const type of offered) {
    const quality = qualityOf(type, ranges);
    if (quality > 0 && (best === null || quality > best.quality)) best = { type, quality };
  }
  if (best === null) throw new Problem('not_acceptable', `This is available as ${offered.join(' or ')}.`);
  return best.type;
}

function parseRange(text: string): Range {
  const [type = '', ...parameters] = text.split(';').map((part) => part.trim().toLowerCase());
  const weight = parameters.find((parameter) => parameter.startsWith('q='));
  const quality = weight === undefined ? 1 : Number(weight.slice(2));
  return { type, quality: quality >= 0 && quality <= 1 ? quality : 0 };
}

/** The most specific range that matches decides. */
function qualityOf(type: string, ranges: readonly Range[]): number {
  const [kind] = type.split('/');
  for (const pattern of [type, `${kind}/*`, '*/*']) {
    const range = ranges.find((candidate) => candidate.type === pattern);
    if (range !== undefined) return range.quality;
  }
  return 0;
}

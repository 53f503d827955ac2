import { Problem } from '../domain/problem.ts';

/**
 * Which of the offered media types an Accept header likes best (RFC 9110 §12.5.1); of equals, the first offered.
 * Throws `Problem` `not_acceptable` when it accepts none.
 */
export function chooseMediaType<T extends string>(accept: string | undefined, offered: readonly [T, ...T[]]): T {
  if (accept === undefined || accept.trim() === '') return offered[0];
  let best: { type: T; quality: number } | null = null;
  for (const type of offered) {
    const quality = qualityIn(accept, [type, `${type.split('/')[0]}/*`, '*/*']);
    if (quality > 0 && (best === null || quality > best.quality)) best = { type, quality };
  }
  if (best === null) throw new Problem('not_acceptable', `This is available as ${offered.join(' or ')}.`);
  return best.type;
}

/**
 * The weight that a header of weighted names (RFC 9110 §12.4.2) gives to the first of these patterns that it has;
 * 0 when it has none, or a weight that is no number from 0 to 1.
 */
export function qualityIn(header: string, patterns: readonly string[]): number {
  const members = header.split(',').map(parseMember);
  for (const pattern of patterns) {
    const member = members.find(({ name }) => name === pattern);
    if (member !== undefined) return member.quality;
  }
  return 0;
}

function parseMember(text: string): { readonly name: string; readonly quality: number } {
  const [name = '', ...parameters] = text.split(';').map((part) => part.trim().toLowerCase());
  const weight = parameters.find((parameter) => parameter.startsWith('q='));
  const quality = weight === undefined ? 1 : Number(weight.slice(2));
  return { name, quality: quality >= 0 && quality <= 1 ? quality : 0 };
}

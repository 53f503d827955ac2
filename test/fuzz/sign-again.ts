import { bits } from '../support/der.ts';
import { childrenOf, type DerElement, elementsOf } from './der-elements.ts';
import { replaced } from './mutate-der.ts';

/**
 * A document of the form SEQUENCE { toBeSigned, algorithm, BIT STRING } with the signature of whoever signs what now
 * stands in it; as it is where it has lost that form. `root` is the place of the outer SEQUENCE among the elements.
 */
export function signedAgain(
  der: Buffer,
  sign: (toBeSigned: Buffer) => Buffer,
  rootOf: (elements: readonly DerElement[]) => DerElement | undefined = ([outer]) => outer,
): Buffer {
  const elements = elementsOf(der);
  const root = rootOf(elements);
  if (root === undefined) return der;
  const [toBeSigned, , signature] = childrenOf(elements, root);
  if (toBeSigned === undefined || signature === undefined) return der;
  const octets = bits(sign(der.subarray(toBeSigned.start, toBeSigned.end)));
  return replaced(der, elements, elements.indexOf(signature), octets);
}

/** One element of DER-like octets; `parent` is its place in the list, -1 for none. */
export interface DerElement {
  readonly tag: number;
  readonly start: number;
  readonly content: number;
  readonly end: number;
  readonly parent: number;
}

/** Where the walk ends; whoever counts elements must know. */
export const MAX_ELEMENTS = 2000;
const OCTET_STRING = 0x04;
const BIT_STRING = 0x03;

/**
 * All elements of these octets, each before those inside of it, also of those that stand in OCTET and BIT STRINGs.
 * A second reader beside that of `src/x509`: what it does not understand it leaves out.
 */
export function elementsOf(der: Buffer): readonly DerElement[] {
  const elements: DerElement[] = [];
  addElements(der, { start: 0, end: der.length, parent: -1 }, elements);
  for (let index = 0; index < elements.length && elements.length < MAX_ELEMENTS; index++) {
    const { tag, content, end } = elements[index] as DerElement;
    const isConstructed = (tag & 0x20) !== 0;
    if (!isConstructed && tag !== OCTET_STRING && tag !== BIT_STRING) continue;
    const start = tag === BIT_STRING ? content + 1 : content;
    if (isConstructed || isWhole(der, start, end)) addElements(der, { start, end, parent: index }, elements);
  }
  return elements;
}

/** The elements directly inside of one; of the outermost level without `of`. */
export function childrenOf(elements: readonly DerElement[], of?: DerElement): readonly DerElement[] {
  const parent = of === undefined ? -1 : elements.indexOf(of);
  return elements.filter((element) => element.parent === parent);
}

function addElements(der: Buffer, within: { start: number; end: number; parent: number }, elements: DerElement[]) {
  for (let offset = within.start; offset < within.end && elements.length < MAX_ELEMENTS; ) {
    const extent = extentOf(der, offset, within.end);
    if (extent === null) return;
    elements.push({ tag: der[offset] ?? 0, start: offset, ...extent, parent: within.parent });
    offset = extent.end;
  }
}

function isWhole(der: Buffer, start: number, end: number): boolean {
  return start < end && extentOf(der, start, end)?.end === end;
}

function extentOf(der: Buffer, start: number, limit: number): { content: number; end: number } | null {
  if (start + 2 > limit || ((der[start] ?? 0) & 0x1f) === 0x1f) return null;
  const first = der[start + 1] ?? 0;
  const count = first & 0x7f;
  if (first >= 0x80 && (count === 0 || count > 4 || start + 2 + count > limit)) return null;
  const content = start + 2 + (first < 0x80 ? 0 : count);
  const end = content + (first < 0x80 ? first : der.readUIntBE(start + 2, count));
  return end <= limit ? { content, end } : null;
}

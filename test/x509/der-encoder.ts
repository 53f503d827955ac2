/** Encodes one element; lengths are minimal. */
export function tlv(tag: number, ...content: Uint8Array[]): Buffer {
  const body = Buffer.concat(content);
  if (body.length < 0x80) return Buffer.concat([Buffer.from([tag, body.length]), body]);
  const hex = body.length.toString(16);
  const length = Buffer.from(hex.length % 2 === 0 ? hex : `0${hex}`, 'hex');
  return Buffer.concat([Buffer.from([tag, 0x80 | length.length]), length, body]);
}

export const sequence = (...members: Uint8Array[]): Buffer => tlv(0x30, ...members);
export const set = (...members: Uint8Array[]): Buffer => tlv(0x31, ...members);
export const bool = (value: boolean): Buffer => tlv(0x01, Buffer.from([value ? 0xff : 0]));
export const octets = (value: Uint8Array): Buffer => tlv(0x04, value);
export const bits = (value: Uint8Array, unused = 0): Buffer => tlv(0x03, Buffer.from([unused]), value);
export const utf8 = (text: string): Buffer => tlv(0x0c, Buffer.from(text));
export const printable = (text: string): Buffer => tlv(0x13, Buffer.from(text, 'latin1'));
export const ia5 = (text: string): Buffer => tlv(0x16, Buffer.from(text, 'latin1'));
export const utcTime = (text: string): Buffer => tlv(0x17, Buffer.from(text, 'latin1'));
export const generalizedTime = (text: string): Buffer => tlv(0x18, Buffer.from(text, 'latin1'));

/** Context-specific `[n]`. */
export function context(number: number, constructed: boolean, ...content: Uint8Array[]): Buffer {
  return tlv(0x80 | (constructed ? 0x20 : 0) | number, ...content);
}

export function integer(value: number | bigint): Buffer {
  const number = BigInt(value);
  let length = 1;
  while (BigInt.asIntN(length * 8, number) !== number) length++;
  const hex = BigInt.asUintN(length * 8, number).toString(16);
  return tlv(0x02, Buffer.from(hex.padStart(length * 2, '0'), 'hex'));
}

export function oid(text: string): Buffer {
  const [first = 0n, second = 0n, ...rest] = text.split('.').map(BigInt);
  const octetsOf = (arc: bigint): number[] => {
    const septets = [Number(arc & 0x7fn)];
    for (let left = arc >> 7n; left > 0n; left >>= 7n) septets.unshift(Number(left & 0x7fn) | 0x80);
    return septets;
  };
  return tlv(0x06, Buffer.from([first * 40n + second, ...rest].flatMap(octetsOf)));
}

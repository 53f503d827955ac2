/** One TLV in DER: the shortest length that holds the content. */
export function writeElement(tag: number, ...content: readonly Uint8Array[]): Buffer {
  const length = content.reduce((sum, part) => sum + part.length, 0);
  return Buffer.concat([Buffer.from([tag]), writeLength(length), ...content]);
}

function writeLength(length: number): Buffer {
  if (length < 0x80) return Buffer.from([length]);
  const octets = Buffer.alloc(4);
  octets.writeUInt32BE(length);
  const significant = octets.subarray(Math.clz32(length) >> 3);
  return Buffer.concat([Buffer.from([0x80 | significant.length]), significant]);
}

/** Several documents as one input: each with its length in three octets before it. Any octets are some frames. */

export function toFrames(parts: readonly Buffer[]): Buffer {
  return Buffer.concat(parts.flatMap((part) => [lengthOf(part), part]));
}

export function fromFrames(input: Buffer): Buffer[] {
  const parts: Buffer[] = [];
  for (let offset = 0; offset + 3 <= input.length; ) {
    const end = offset + 3 + input.readUIntBE(offset, 3);
    parts.push(input.subarray(offset + 3, end));
    offset = end;
  }
  return parts;
}

function lengthOf(part: Buffer): Buffer {
  const length = Buffer.alloc(3);
  length.writeUIntBE(part.length, 0, 3);
  return length;
}

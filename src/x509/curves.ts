/** A curve y^2 = x^3 + ax + b over the integers modulo p. */
export interface Curve {
  readonly name: string;
  /** Of the field. */
  readonly bits: number;
  readonly p: bigint;
  readonly a: bigint;
  readonly b: bigint;
}

/** Named curves by OID (RFC 5480 §2.1.1.1; domain parameters: FIPS 186-4 D.1.2, SEC 2 §2.4.1, RFC 5639 §3). */
export const CURVES: ReadonlyMap<string, Curve> = new Map<string, Curve>([
  [
    '1.2.840.10045.3.1.1',
    {
      name: 'P-192',
      bits: 192,
      p: 0xfffffffffffffffffffffffffffffffeffffffffffffffffn,
      a: 0xfffffffffffffffffffffffffffffffefffffffffffffffcn,
      b: 0x64210519e59c80e70fa7e9ab72243049feb8deecc146b9b1n,
    },
  ],
  [
    '1.3.132.0.33',
    {
      name: 'P-224',
      bits: 224,
      p: 0xffffffffffffffffffffffffffffffff000000000000000000000001n,
      a: 0xfffffffffffffffffffffffffffffffefffffffffffffffffffffffen,
      b: 0xb4050a850c04b3abf54132565044b0b7d7bfd8ba270b39432355ffb4n,
    },
  ],
  [
    '1.2.840.10045.3.1.7',
    {
      name: 'P-256',
      bits: 256,
      p: 0xffffffff00000001000000000000000000000000ffffffffffffffffffffffffn,
      a: 0xffffffff00000001000000000000000000000000fffffffffffffffffffffffcn,
      b: 0x5ac635d8aa3a93e7b3ebbd55769886bc651d06b0cc53b0f63bce3c3e27d2604bn,
    },
  ],
  [
    '1.3.132.0.34',
    {
      name: 'P-384',
      bits: 384,
      p: 0xfffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffeffffffff0000000000000000ffffffffn,
      a: 0xfffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffeffffffff0000000000000000fffffffcn,
      b: 0xb3312fa7e23ee7e4988e056be3f82d19181d9c6efe8141120314088f5013875ac656398d8a2ed19d2a85c8edd3ec2aefn,
    },
  ],
  [
    '1.3.132.0.35',
    {
      name: 'P-521',
      bits: 521,
      p: 0x1ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffn,
      a: 0x1fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffcn,
      b: 0x51953eb9618e1c9a1f929a21a0b68540eea2da725b99b315f3b8b489918ef109e156193951ec7e937b1652c0bd3bb1bf073573df883d2c34f1ef451fd46b503f00n,
    },
  ],
  [
    '1.3.132.0.10',
    {
      name: 'secp256k1',
      bits: 256,
      p: 0xfffffffffffffffffffffffffffffffffffffffffffffffffffffffefffffc2fn,
      a: 0x0n,
      b: 0x7n,
    },
  ],
  [
    '1.3.36.3.3.2.8.1.1.5',
    {
      name: 'brainpoolP224r1',
      bits: 224,
      p: 0xd7c134aa264366862a18302575d1d787b09f075797da89f57ec8c0ffn,
      a: 0x68a5e62ca9ce6c1c299803a6c1530b514e182ad8b0042a59cad29f43n,
      b: 0x2580f63ccfe44138870713b1a92369e33e2135d266dbb372386c400bn,
    },
  ],
  [
    '1.3.36.3.3.2.8.1.1.7',
    {
      name: 'brainpoolP256r1',
      bits: 256,
      p: 0xa9fb57dba1eea9bc3e660a909d838d726e3bf623d52620282013481d1f6e5377n,
      a: 0x7d5a0975fc2c3057eef67530417affe7fb8055c126dc5c6ce94a4b44f330b5d9n,
      b: 0x26dc5c6ce94a4b44f330b5d9bbd77cbf958416295cf7e1ce6bccdc18ff8c07b6n,
    },
  ],
  [
    '1.3.36.3.3.2.8.1.1.9',
    {
      name: 'brainpoolP320r1',
      bits: 320,
      p: 0xd35e472036bc4fb7e13c785ed201e065f98fcfa6f6f40def4f92b9ec7893ec28fcd412b1f1b32e27n,
      a: 0x3ee30b568fbab0f883ccebd46d3f3bb8a2a73513f5eb79da66190eb085ffa9f492f375a97d860eb4n,
      b: 0x520883949dfdbc42d3ad198640688a6fe13f41349554b49acc31dccd884539816f5eb4ac8fb1f1a6n,
    },
  ],
  [
    '1.3.36.3.3.2.8.1.1.11',
    {
      name: 'brainpoolP384r1',
      bits: 384,
      p: 0x8cb91e82a3386d280f5d6f7e50e641df152f7109ed5456b412b1da197fb71123acd3a729901d1a71874700133107ec53n,
      a: 0x7bc382c63d8c150c3c72080ace05afa0c2bea28e4fb22787139165efba91f90f8aa5814a503ad4eb04a8c7dd22ce2826n,
      b: 0x4a8c7dd22ce28268b39b55416f0447c2fb77de107dcd2a62e880ea53eeb62d57cb4390295dbc9943ab78696fa504c11n,
    },
  ],
  [
    '1.3.36.3.3.2.8.1.1.13',
    {
      name: 'brainpoolP512r1',
      bits: 512,
      p: 0xaadd9db8dbe9c48b3fd4e6ae33c9fc07cb308db3b3c9d20ed6639cca703308717d4d9b009bc66842aecda12ae6a380e62881ff2f2d82c68528aa6056583a48f3n,
      a: 0x7830a3318b603b89e2327145ac234cc594cbdd8d3df91610a83441caea9863bc2ded5d5aa8253aa10a2ef1c98b9ac8b57f1117a72bf2c7b9e7c1ac4d77fc94can,
      b: 0x3df91610a83441caea9863bc2ded5d5aa8253aa10a2ef1c98b9ac8b57f1117a72bf2c7b9e7c1ac4d77fc94cadc083e67984050b75ebae5dd2809bd638016f723n,
    },
  ],
]);

/** Whether an uncompressed point (SEC 1 §2.3.4: 04, x, y) is on the curve, coordinates reduced. */
export function isOnCurve(curve: Curve, point: Buffer): boolean {
  const width = Math.ceil(curve.bits / 8);
  if (point.length !== 1 + 2 * width || point[0] !== 4) return false;
  const x = BigInt(`0x${point.toString('hex', 1, 1 + width)}`);
  const y = BigInt(`0x${point.toString('hex', 1 + width)}`);
  const { p, a, b } = curve;
  return x < p && y < p && (y * y - (x * x + a) * x - b) % p === 0n;
}

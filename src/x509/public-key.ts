import { hash } from 'node:crypto';
import type { AlgorithmIdentifier, PublicKeyFacts, SubjectPublicKeyInfo } from '../domain/certificate.ts';
import { isNull, pssParametersOf, readAlgorithm } from './algorithm.ts';
import { CURVES, isOnCurve } from './curves.ts';
import {
  type DerCursor,
  DerError,
  type DerSource,
  type Element,
  readBitString,
  readInteger,
  readOid,
  TAG,
} from './der.ts';
import { keyObjectOf } from './key-object.ts';
import { FIXED_LENGTH_KEYS, KEY_ALGORITHM } from './oids.ts';

/** OpenSSL's limits on RSA keys that it verifies with; above 3,072 bits it takes exponents of at most 64 bits. */
const MAX_RSA_BITS = 16_384;
const MAX_EXPONENT_BITS = 64;

const UNKNOWN: PublicKeyFacts = { type: 'unknown', bits: 0 };

/** What the readers of the key algorithms need to know of the SubjectPublicKeyInfo being read. */
interface KeyInput {
  readonly source: DerSource;
  readonly algorithm: AlgorithmIdentifier;
  readonly publicKey: Buffer;
  /** Offset of `publicKey`. */
  readonly offset: number;
  /** Offset of the parameters, or of the whole algorithm when there are none. */
  readonly parametersOffset: number;
  readonly spki: { readonly der: Buffer; readonly sha256: string };
}

/**
 * Reads a SubjectPublicKeyInfo (RFC 5280 §4.1.2.7). A key that is malformed, weak by construction or of a kind we do
 * not know is reported and stays in the record; DerError is thrown only when the outer structure cannot be followed.
 */
export function readPublicKey(cursor: DerCursor): SubjectPublicKeyInfo {
  const { source } = cursor;
  const element = cursor.take(TAG.sequence, 'subjectPublicKeyInfo');
  const fields = source.inside(element);
  const algorithmOffset = fields.offset;
  const algorithm = readAlgorithm(fields, 'the key algorithm');
  const parametersOffset = fields.offset - (algorithm.parameters?.length ?? fields.offset - algorithmOffset);
  const bitString = fields.take(TAG.bitString, 'subjectPublicKey');
  const { bytes: publicKey, unusedBits } = readBitString(source, bitString, 'subjectPublicKey');
  fields.finish('subjectPublicKeyInfo');
  const offset = bitString.content + 1;
  if (unusedBits !== 0) {
    source.report({ rule: 'key.malformed', offset: bitString.content, detail: 'the key has unused bits' });
  }
  const der = source.der(element);
  const sha256 = hash('sha256', der, 'hex');
  const input: KeyInput = { source, algorithm, publicKey, offset, parametersOffset, spki: { der, sha256 } };
  return { der, sha256, algorithm, publicKey, facts: readFacts(input) };
}

function readFacts(input: KeyInput): PublicKeyFacts {
  try {
    switch (input.algorithm.oid) {
      case KEY_ALGORITHM.rsa:
      case KEY_ALGORITHM.rsaPss:
      case KEY_ALGORITHM.rsaPssShake128:
      case KEY_ALGORITHM.rsaPssShake256:
        return readRsa(input);
      case KEY_ALGORITHM.ec:
        return readEc(input);
      case KEY_ALGORITHM.dsa:
        return readDsa(input);
      default:
        return readFixedLength(input);
    }
  } catch (error) {
    if (!(error instanceof DerError) || error.violation.rule === 'der.too_many_elements') throw error;
    input.source.report({ ...error.violation, rule: 'key.malformed' });
    return UNKNOWN;
  }
}

/** A cursor over the bytes of the key, or of its parameters, at their offsets in the certificate. */
function cursorOf(input: KeyInput, part: Buffer, offset: number): DerCursor {
  return input.source.inside({ tag: 0, start: offset, content: offset, end: offset + part.length });
}

/** RSAPublicKey (RFC 8017 §A.1.1) with NULL parameters, or an algorithm that restricts its use (RFC 4055 §1.2, RFC 8692 §5). */
function readRsa(input: KeyInput): PublicKeyFacts {
  const { source, algorithm, publicKey, offset, parametersOffset } = input;
  const isPss = algorithm.oid !== KEY_ALGORITHM.rsa;
  if (!isPss && (algorithm.parameters === null || !isNull(algorithm.parameters))) {
    const detail = 'the parameters of rsaEncryption are not NULL';
    source.report({ rule: 'algorithm.parameters_not_null', offset: parametersOffset, detail });
  }
  if (isPss && algorithm.parameters !== null && pssParametersOf(algorithm) === null) {
    const detail = 'the RSASSA-PSS parameters of the key are not usable';
    source.report({ rule: 'algorithm.pss_parameters', offset: parametersOffset, detail });
  }
  const outer = cursorOf(input, publicKey, offset);
  const fields = outer.enter(TAG.sequence, 'RSAPublicKey');
  outer.finish('RSAPublicKey');
  const modulusElement = fields.take(TAG.integer, 'the RSA modulus');
  const modulus = positive(readInteger(source, modulusElement, 'the RSA modulus'));
  const exponentElement = fields.take(TAG.integer, 'the RSA exponent');
  const exponent = positive(readInteger(source, exponentElement, 'the RSA exponent'));
  fields.finish('RSAPublicKey');
  return rsaFacts(input, { modulus, modulusElement, exponent, exponentElement });
}

interface RsaNumbers {
  /** Without leading zeros; null when zero or negative. */
  readonly modulus: Buffer | null;
  readonly modulusElement: Element;
  readonly exponent: Buffer | null;
  readonly exponentElement: Element;
}

function rsaFacts({ source, algorithm }: KeyInput, numbers: RsaNumbers): PublicKeyFacts {
  const { modulus, exponent } = numbers;
  const modulusBits = modulus === null ? 0 : bitLength(modulus);
  const exponentBits = exponent === null ? 0 : bitLength(exponent);
  const at = { modulus: numbers.modulusElement.start, exponent: numbers.exponentElement.start };
  if (modulus === null || (modulus.at(-1) ?? 0) % 2 === 0) {
    const detail = 'the RSA modulus is not a positive odd number';
    source.report({ rule: 'key.rsa_modulus', offset: at.modulus, detail });
  }
  if (modulusBits > MAX_RSA_BITS) {
    source.report({ rule: 'key.rsa_too_large', offset: at.modulus, detail: `the RSA modulus has ${modulusBits} bits` });
  }
  const isSmaller = exponentBits < modulusBits || (exponentBits === modulusBits && compare(exponent, modulus) < 0);
  if (exponent === null || exponentBits < 2 || (exponent.at(-1) ?? 0) % 2 === 0 || !isSmaller) {
    const detail = 'the RSA exponent is even, below 3 or not less than the modulus';
    source.report({ rule: 'key.rsa_exponent', offset: at.exponent, detail });
  } else if (exponentBits > MAX_EXPONENT_BITS) {
    const detail = `the RSA exponent has ${exponentBits} bits`;
    source.report({ rule: 'key.rsa_too_large', offset: at.exponent, detail });
  }
  return {
    type: algorithm.oid === KEY_ALGORITHM.rsa ? 'rsa' : 'rsa-pss',
    bits: modulusBits,
    // An exponent is shown as it is while it can be one; a longer one is not worth the arithmetic.
    exponent: exponent === null || exponentBits > MAX_RSA_BITS ? 0n : BigInt(`0x${exponent.toString('hex')}`),
    modulus: modulus ?? Buffer.alloc(0),
  };
}

/** The magnitude of a positive INTEGER without leading zeros; null for zero and negative ones. */
function positive(octets: Buffer): Buffer | null {
  if ((octets[0] ?? 0) >= 0x80) return null;
  const first = octets.findIndex((octet) => octet !== 0);
  return first === -1 ? null : octets.subarray(first);
}

function bitLength(magnitude: Buffer): number {
  return magnitude.length * 8 - Math.clz32(magnitude[0] ?? 0) + 24;
}

function compare(one: Buffer | null, other: Buffer | null): number {
  return one === null || other === null ? 0 : Buffer.compare(one, other);
}

/** ECPoint of a named curve (RFC 5480 §2). */
function readEc(input: KeyInput): PublicKeyFacts {
  const { source, algorithm, publicKey, offset, parametersOffset } = input;
  if (algorithm.parameters === null) {
    source.report({ rule: 'key.malformed', offset: parametersOffset, detail: 'the EC key does not name its curve' });
    return { type: 'ec', curve: null, bits: 0 };
  }
  const parameters = cursorOf(input, algorithm.parameters, parametersOffset);
  if (parameters.tag === TAG.sequence) {
    const detail = 'the EC key spells out its curve instead of naming it';
    source.report({ rule: 'key.ec_explicit_parameters', offset: parametersOffset, detail });
    // Octets of the uncompressed point tell the size of the field, whatever the parameters claim.
    return { type: 'ec', curve: null, bits: Math.max(0, (publicKey.length - 1) * 4) };
  }
  const oid = readOid(source, parameters.take(TAG.oid, 'the curve'), 'the curve');
  parameters.finish('the parameters of the EC key');
  const curve = CURVES.get(oid);
  if (curve === undefined) {
    source.report({ rule: 'key.curve_unknown', offset: parametersOffset, detail: `the curve is ${oid}` });
    return { type: 'ec', curve: oid, bits: 0 };
  }
  const isCompressed = publicKey[0] === 2 || publicKey[0] === 3;
  const isPoint = isCompressed
    ? publicKey.length === 1 + Math.ceil(curve.bits / 8) && keyObjectOf(input.spki) !== null
    : isOnCurve(curve, publicKey);
  if (!isPoint) {
    source.report({ rule: 'key.ec_point', offset, detail: `the public key is no point of ${curve.name}` });
  }
  return { type: 'ec', curve: curve.name, bits: curve.bits };
}

/** DSA: Dss-Parms { p, q, g } and DSAPublicKey (RFC 3279 §2.3.2). */
function readDsa(input: KeyInput): PublicKeyFacts {
  const { source, algorithm, publicKey, offset, parametersOffset } = input;
  const key = cursorOf(input, publicKey, offset);
  const value = positive(readInteger(source, key.take(TAG.integer, 'the DSA key'), 'the DSA key'));
  key.finish('the DSA key');
  if (algorithm.parameters === null || isNull(algorithm.parameters)) {
    const detail = 'the DSA key leaves its parameters to its issuer';
    source.report({ rule: 'key.dsa_parameters_inherited', offset: parametersOffset, detail });
    return { type: 'dsa', bits: 0 };
  }
  const outer = cursorOf(input, algorithm.parameters, parametersOffset);
  const fields = outer.enter(TAG.sequence, 'Dss-Parms');
  outer.finish('Dss-Parms');
  const [p, q, g] = ['p', 'q', 'g'].map((name) =>
    positive(readInteger(source, fields.take(TAG.integer, `the DSA parameter ${name}`), `the DSA parameter ${name}`)),
  );
  fields.finish('Dss-Parms');
  if (!p || !q || !g || value === null) {
    const detail = 'the DSA key or one of its parameters is not positive';
    source.report({ rule: 'key.malformed', offset: parametersOffset, detail });
    return { type: 'dsa', bits: 0 };
  }
  return { type: 'dsa', bits: bitLength(p) };
}

function readFixedLength(input: KeyInput): PublicKeyFacts {
  const { source, algorithm, publicKey, offset, parametersOffset } = input;
  const known = FIXED_LENGTH_KEYS.get(algorithm.oid);
  if (known === undefined) {
    const detail = `the key algorithm is ${algorithm.oid}`;
    source.report({ rule: 'key.algorithm_unknown', offset: parametersOffset, detail });
    return UNKNOWN;
  }
  if (algorithm.parameters !== null) {
    const detail = `the parameters of ${known.name} are present`;
    source.report({ rule: 'algorithm.parameters_forbidden', offset: parametersOffset, detail });
  }
  if (publicKey.length !== known.length) {
    const detail = `the ${known.name} key has ${publicKey.length} octets instead of ${known.length}`;
    source.report({ rule: 'key.malformed', offset, detail });
  }
  const { type, name, bits } = known;
  return type === 'ml-dsa' || type === 'ml-kem' || type === 'slh-dsa'
    ? { type, parameterSet: name, bits }
    : { type, bits };
}

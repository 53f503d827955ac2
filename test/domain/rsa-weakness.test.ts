import { generatePrimeSync, getRandomValues } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { findRsaWeakness } from '../../src/domain/rsa-weakness.ts';

const prime = (bits: number) => generatePrimeSync(bits, { bigint: true });

function octets(n: bigint): Buffer {
  const hex = n.toString(16);
  return Buffer.from(hex.length % 2 === 0 ? hex : `0${hex}`, 'hex');
}

/** The first prime-like number above: coprime to all small primes, so that one weakness shows at a time. */
function withoutSmallFactors(from: bigint, step: bigint): bigint {
  for (let n = from; ; n += step) if (!smallPrimes.some((small) => n % small === 0n)) return n;
}

const smallPrimes = Array.from({ length: 998 }, (_, at) => BigInt(at + 2)).filter((n) => {
  for (let divisor = 2n; divisor * divisor <= n; divisor++) if (n % divisor === 0n) return false;
  return true;
});

function power(base: bigint, exponent: number, modulus: bigint): bigint {
  let result = 1n;
  for (let at = 0; at < exponent; at++) result = (result * base) % modulus;
  return result;
}

/** k · M + 65537^a mod M, with M the product of the primes to 167: how the broken library made its primes. */
function rocaFactor(exponent: number): bigint {
  const primorial = smallPrimes.filter((small) => small <= 167n).reduce((product, small) => product * small, 1n);
  return withoutSmallFactors((2n ** 800n / primorial) * primorial + power(65_537n, exponent, primorial), primorial);
}

describe('findRsaWeakness', () => {
  it('finds nothing in sound keys', () => {
    for (let count = 0; count < 20; count++) expect(findRsaWeakness(octets(prime(512) * prime(512)))).toBeNull();
  });

  it('finds the mark of ROCA', () => {
    expect(findRsaWeakness(octets(rocaFactor(12) * rocaFactor(345)))).toBe('roca');
  });

  it('finds the largest small factor, and not the prime after it', () => {
    const rest = prime(1024);
    expect(findRsaWeakness(octets(rest * 997n))).toBe('small_factor');
    expect(findRsaWeakness(octets(rest * 1009n))).toBeNull();
  });

  it('finds primes that lie close together, and one squared', () => {
    const p = prime(1024);
    const q = withoutSmallFactors(p + 2n ** 500n, 2n);
    expect(findRsaWeakness(octets(p * q))).toBe('close_primes');
    expect(findRsaWeakness(octets(p * p))).toBe('close_primes');
  });

  it('gives up after 100 rounds', () => {
    // n = (a - b)(a + b) is found in round a - ⌈√n⌉, which is about b² / 2a.
    const a = 2n ** 600n;
    const distance = (rounds: bigint) => {
      let b = 2n ** 300n;
      for (let bit = 310n; bit >= 0n; bit--) if ((b + 2n ** bit) ** 2n < 2n * a * rounds) b += 2n ** bit;
      return b;
    };
    const near = distance(95n);
    const far = distance(110n);
    const modulus = (b: bigint) => (a - b) * (a + b);
    const coprime = (b: bigint) => {
      let odd = b | 1n;
      while (smallPrimes.some((small) => modulus(odd) % small === 0n)) odd -= 2n;
      return modulus(odd);
    };
    expect(findRsaWeakness(octets(coprime(near)))).toBe('close_primes');
    expect(findRsaWeakness(octets(coprime(far)))).toBeNull();
  });

  it('leaves keys alone that are refused for their size', () => {
    expect(findRsaWeakness(Buffer.alloc(0))).toBeNull();
    expect(findRsaWeakness(Buffer.from(getRandomValues(new Uint8Array(63))))).toBeNull();
  });
});

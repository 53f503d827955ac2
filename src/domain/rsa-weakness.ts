/** Why an RSA modulus can be factored by anybody. */
export type RsaWeakness = 'roca' | 'small_factor' | 'close_primes';

/** CA/B BR §6.1.1.3 asks for this many rounds of Fermat's method. */
const FERMAT_ROUNDS = 100;
const SMALL_PRIMES = primesBelow(1000);
/** Primes of the primorial that the broken library built its primes from, as far as every key size has them. */
const ROCA_LAST_PRIME = 167;
const ROCA_GENERATOR = 65_537;
const ROCA_RESIDUES = SMALL_PRIMES.filter((prime) => prime > 2 && prime <= ROCA_LAST_PRIME).map(
  (prime) => [prime, powersOf(ROCA_GENERATOR, prime)] as const,
);
/** A shorter modulus is refused for its size, and small numbers look like all of these. */
const MIN_OCTETS = 64;

/**
 * What is wrong with a modulus, by methods that cost a fixed number of steps: residues of Infineon's generator
 * (CVE-2017-15361), a prime factor below 1000, or two primes so close that Fermat's method finds them at once
 * (CVE-2022-26320). Null = nothing found, which says nothing of other weaknesses.
 */
export function findRsaWeakness(modulus: Buffer): RsaWeakness | null {
  if (modulus.length < MIN_OCTETS) return null;
  const n = BigInt(`0x${modulus.toString('hex')}`);
  if (SMALL_PRIMES.some((prime) => n % BigInt(prime) === 0n)) return 'small_factor';
  if (ROCA_RESIDUES.every(([prime, residues]) => residues.has(Number(n % BigInt(prime))))) return 'roca';
  return hasClosePrimes(n) ? 'close_primes' : null;
}

/** n = a² - b² with a just above the square root of n. */
function hasClosePrimes(n: bigint): boolean {
  const floor = squareRoot(n);
  const start = floor * floor === n ? floor : floor + 1n;
  for (let round = 0n; round < FERMAT_ROUNDS; round++) {
    const a = start + round;
    if (isSquare(a * a - n)) return true;
  }
  return false;
}

/** Quadratic residues modulo 16 are 0, 1, 4 and 9: most numbers need no root. */
function isSquare(value: bigint): boolean {
  const low = Number(value & 15n);
  if (low !== 0 && low !== 1 && low !== 4 && low !== 9) return false;
  const root = squareRoot(value);
  return root * root === value;
}

/** The integer square root, by Newton's method from above. */
function squareRoot(value: bigint): bigint {
  if (value < 2n) return value;
  let root = 1n << BigInt(Math.ceil((value.toString(16).length * 4) / 2));
  for (;;) {
    const next = (root + value / root) >> 1n;
    if (next >= root) return root;
    root = next;
  }
}

function primesBelow(limit: number): number[] {
  const primes: number[] = [];
  for (let candidate = 2; candidate < limit; candidate++) {
    if (primes.every((prime) => candidate % prime !== 0)) primes.push(candidate);
  }
  return primes;
}

/** The subgroup that a number generates modulo a prime. */
function powersOf(generator: number, prime: number): ReadonlySet<number> {
  const powers = new Set<number>();
  for (let power = 1; !powers.has(power); power = (power * generator) % prime) powers.add(power);
  return powers;
}

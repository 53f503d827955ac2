import type { IpAddress } from '../domain/ip-address.ts';

/** What one network of a provider or an office usually is; whoever owns one address of it owns the others. */
const PREFIX_OCTETS = { 4: 3, 6: 6 } as const;

export interface AddressShare {
  /** A connection more to the address's range; null when that has as many as one may have. Give it back once. */
  take(address: IpAddress): (() => void) | null;
  readonly most: number;
}

/**
 * Bounds the connections to one range of addresses (/24, /48): any number of names may lead to one silent network,
 * and a bound by name would not see it.
 */
export function createAddressShare(most: number): AddressShare {
  const held = new Map<string, number>();
  return {
    most,
    take(address) {
      const key = keyOf(address);
      const count = held.get(key) ?? 0;
      if (count >= most) return null;
      held.set(key, count + 1);
      let isHeld = true;
      return () => {
        if (!isHeld) return;
        isHeld = false;
        const left = (held.get(key) ?? 0) - 1;
        if (left > 0) held.set(key, left);
        else held.delete(key);
      };
    },
  };
}

/** The range of an address as people write it: `192.0.2.0/24`, `2001:db8:1::/48`. */
export function rangeOf({ family, bytes }: IpAddress): string {
  if (family === 4) return `${bytes.subarray(0, 3).join('.')}.0/24`;
  const groups = [0, 2, 4].map((at) => bytes.readUInt16BE(at).toString(16));
  return `${groups.join(':')}::/48`;
}

function keyOf({ family, bytes }: IpAddress): string {
  return bytes.toString('latin1', 0, PREFIX_OCTETS[family]);
}

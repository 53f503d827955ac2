import { type IpAddress, ipAddressFromBytes } from '../domain/ip-address.ts';
import { rangeContains, suffixContains, type TargetPattern } from '../domain/target-pattern.ts';
import { ADDRESS_TABLE, type AddressBlock } from './address-table.ts';

/** Why an address is not dialled. */
export interface Refusal {
  readonly allowed: false;
  /** As it was to be dialled. */
  readonly address: IpAddress;
  /** What is refused: the address itself, or the IPv4 address inside it. */
  readonly refused: IpAddress;
  /** The block of the table, or the operator's pattern: `169.254.0.0/16`. */
  readonly range: string;
  /** `link-local`; for an operator's pattern, `denied by the operator`. */
  readonly rangeName: string;
  /** The setting that decides: DENY_TARGETS refused it, or ALLOW_TARGETS would allow it. */
  readonly setting: 'ALLOW_TARGETS' | 'DENY_TARGETS';
}

export type AddressJudgement = { readonly allowed: true } | Refusal;

export interface AddressGuard {
  /**
   * Says whether an address may be dialled under the name it was resolved from (A-label form; null for a literal).
   * An operator's denial wins over everything, an operator's permission over the table.
   */
  judge(address: IpAddress, name: string | null): AddressJudgement;
}

export interface AddressGuardOptions {
  readonly allowTargets: readonly TargetPattern[];
  readonly denyTargets: readonly TargetPattern[];
  /** Whether loopback may be dialled: only while nobody but this machine reaches the service. */
  readonly loopback: boolean;
}

const ALLOWED: AddressJudgement = { allowed: true };

/**
 * The guard against being used as a way into the network (server-side request forgery). It sees addresses, not
 * spellings: DNS rebinding and odd notations are met by judging what was resolved and again what was connected to.
 */
export function createAddressGuard(options: AddressGuardOptions): AddressGuard {
  return {
    judge(address, name) {
      const inner = embedded(address);
      for (const each of [address, ...inner]) {
        const denied = matching(options.denyTargets, each, name);
        if (denied) return refusal(address, each, denied.text, 'denied by the operator', 'DENY_TARGETS');
      }
      // A permission is for what is reached in the end: one for ::/0 does not open the IPv4 addresses inside.
      for (const each of inner.length > 0 ? inner : [address]) {
        if (matching(options.allowTargets, each, name)) continue;
        const block = blockOf(each);
        if (block.rule === 'allowed' || (block.rule === 'loopback' && options.loopback)) continue;
        return refusal(address, each, block.range.text, block.name, 'ALLOW_TARGETS');
      }
      return ALLOWED;
    },
  };
}

/** One sentence for the caller: which address, which block, and the setting that would change it. */
export function describeRefusal(refusal: Refusal, name: string | null): string {
  const { address, refused } = refusal;
  const inside = refused === address ? '' : `, which leads to ${refused.text},`;
  const subject = `${address.text}${name === null ? '' : ` (from ${name})`}${inside}`;
  if (refusal.setting === 'DENY_TARGETS') return `${subject} is refused by ${refusal.range} in DENY_TARGETS.`;
  const reason =
    refusal.rangeName === 'loopback'
      ? 'which this service dials only while it listens on loopback itself'
      : 'which this service does not dial';
  return `${subject} is in ${refusal.range} (${refusal.rangeName}), ${reason}; an operator may name ${refused.text} in ALLOW_TARGETS.`;
}

/** The IPv4 addresses inside an IPv6 address of a transition mechanism; empty for all others. */
function embedded(address: IpAddress): IpAddress[] {
  const { inside } = blockOf(address);
  if (inside === undefined) return [];
  return inside(address.bytes).map((bytes) => {
    const inner = ipAddressFromBytes(bytes);
    if (inner === null) throw new Error('address table: an embedded address has four octets');
    return inner;
  });
}

function blockOf(address: IpAddress): AddressBlock {
  const block = ADDRESS_TABLE.find(({ range }) => rangeContains(range, address));
  if (block === undefined) throw new Error('address table: the last rows hold every address');
  return block;
}

function matching(
  patterns: readonly TargetPattern[],
  address: IpAddress,
  name: string | null,
): TargetPattern | undefined {
  return patterns.find((pattern) =>
    pattern.kind === 'range' ? rangeContains(pattern, address) : name !== null && suffixContains(pattern, name),
  );
}

function refusal(
  address: IpAddress,
  refused: IpAddress,
  range: string,
  rangeName: string,
  setting: Refusal['setting'],
): Refusal {
  return { allowed: false, address, refused, range, rangeName, setting };
}

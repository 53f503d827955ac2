/** Of all connections: what one address may have. */
const ADDRESS_SHARE = 3 / 4;
/** Beyond the limit: connections that are taken all the same, to be told so, and so that health is always answered. */
const SURPLUS_SHARE = 1 / 4;

export interface ConnectionLimit {
  /** Counts a connection in; null when it is to be closed without a word. */
  take(address: string): HeldConnection | null;
  load(): { readonly open: number; readonly closed: number };
}

export interface HeldConnection {
  /** Why it is one too many, in a sentence: its request is answered so, unless it is about health. Null when it is not. */
  readonly surplus: string | null;
  /** Gives it back; once. */
  release(): void;
}

/** Bounds the memory and the files that connections of callers hold, and what one address may have of them. */
export function createConnectionLimit(most: number): ConnectionLimit {
  const mostOfAddress = Math.max(1, Math.floor(most * ADDRESS_SHARE));
  const mostSurplus = Math.max(1, Math.floor(most * SURPLUS_SHARE));
  const ofAll = `All ${most} connections that there may be (MAX_CONNECTIONS) are open.`;
  const ofAddress = `This address has ${mostOfAddress} connections open, all that one may have (3/4 of MAX_CONNECTIONS).`;
  const byAddress = new Map<string, number>();
  let open = 0;
  let closed = 0;
  return {
    take(address) {
      const own = byAddress.get(address) ?? 0;
      // One address may have its share of the surplus too, and not all of that.
      if (open >= most + mostSurplus || own >= mostOfAddress + Math.ceil(mostSurplus / 2)) {
        closed++;
        return null;
      }
      const surplus = own >= mostOfAddress ? ofAddress : open >= most ? ofAll : null;
      open++;
      byAddress.set(address, own + 1);
      return {
        surplus,
        release() {
          open--;
          const left = (byAddress.get(address) ?? 0) - 1;
          if (left > 0) byAddress.set(address, left);
          else byAddress.delete(address);
        },
      };
    },
    load: () => ({ open, closed }),
  };
}

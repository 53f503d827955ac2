/** Numbers by key, of which those that are zero are not kept. */
export interface Counts {
  of(key: string): number;
  add(key: string, change: number): void;
}

export function createCounts(): Counts {
  const counts = new Map<string, number>();
  const of = (key: string): number => counts.get(key) ?? 0;
  return {
    of,
    add(key, change) {
      const count = of(key) + change;
      if (count === 0) counts.delete(key);
      else counts.set(key, count);
    },
  };
}

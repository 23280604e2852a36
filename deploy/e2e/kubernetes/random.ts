/** Choices that a seed repeats. */
export interface Random {
  pick<T>(list: readonly T[]): T;
}

/** source: mulberry32, public domain */
export function createRandom(seed: number): Random {
  let state = seed >>> 0;
  const next = () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  return {
    pick<T>(list: readonly T[]): T {
      if (list.length === 0) throw new RangeError("pick: must have something to pick from");
      return list[Math.floor(next() * list.length)] as T;
    },
  };
}

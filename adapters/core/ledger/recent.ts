/** Remembers what came last, by key. */
export interface Recent<Value> {
  get(key: string): Value | undefined;
  set(key: string, value: Value): void;
  delete(key: string): void;
}

/**
 * By halves, since a map that loses its oldest one by one is slow to find it.
 *
 * in  half: so many are remembered at least, twice as many at most
 */
export function createRecent<Value>(half: number): Recent<Value> {
  let [last, before] = [new Map<string, Value>(), new Map<string, Value>()];
  return {
    get: (key) => last.get(key) ?? before.get(key),
    set(key, value) {
      last.set(key, value);
      if (last.size >= half) [last, before] = [new Map(), last];
    },
    delete(key) {
      last.delete(key);
      before.delete(key);
    },
  };
}

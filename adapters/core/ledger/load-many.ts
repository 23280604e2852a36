import { type CallOptions, type Held, type Ledger, MOST_ROWS } from "./ledger.ts";

/** As `loadAll`, of as many as there are: in calls of as many as one may name. */
export async function loadMany(
  ledger: Pick<Ledger, "loadAll">,
  keys: readonly string[],
  options?: CallOptions,
): Promise<readonly Held[]> {
  const all: Held[] = [];
  for (let at = 0; at < keys.length; at += MOST_ROWS)
    all.push(...(await ledger.loadAll(keys.slice(at, at + MOST_ROWS), options)));
  return all;
}

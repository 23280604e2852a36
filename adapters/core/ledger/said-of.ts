import type { CallOptions, Ledger } from "./ledger.ts";
import { loadMany } from "./load-many.ts";
import { type Marks, markedAt } from "./marks.ts";

interface SaidOptions extends CallOptions {
  readonly ledger: Pick<Ledger, "loadAll">;
  /** Of this process, which is asked first. */
  readonly known: Marks;
  /** Whether what was said then is said, in ms since the epoch. Left out: it is. */
  readonly isSaid?: (at: number) => boolean;
}

/** out: those marks of what is known to be said */
export async function saidOf(
  marks: readonly string[],
  { ledger, known, isSaid = () => true, signal }: SaidOptions,
): Promise<ReadonlySet<string>> {
  const isFine = (at: number | undefined): boolean => at !== undefined && isSaid(at);
  const said = new Set(marks.filter((mark) => isFine(known.saidAt(mark))));
  const others = marks.filter((mark) => !said.has(mark));
  const rows = await loadMany(ledger, others, { signal });
  for (const [nth, mark] of others.entries()) if (isFine(markedAt(rows[nth]?.entry))) said.add(mark);
  return said;
}

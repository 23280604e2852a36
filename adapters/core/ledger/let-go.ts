import { EMPTY } from "./entry.ts";
import type { Ledger } from "./ledger.ts";

const GONE_MS = 1_000;

/** Leaves a document to its store, which drops it, and nobody is told of it any more. */
export async function letGo(ledger: Pick<Ledger, "save">, key: string, version: string | undefined): Promise<void> {
  if (version !== undefined) await ledger.save(key, EMPTY, { expected: version, ttlMs: GONE_MS });
}

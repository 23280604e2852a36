import type { Ports } from "../core/dispatch/ports.ts";
import { createMemoryLedger } from "../core/ledger/memory-ledger.ts";
import type { Said } from "../core/relay/publish.ts";

/** For tests: ports in memory, and what was said through them. */
export function createTestPorts(others: Partial<Ports> = {}): { readonly ports: Ports; readonly said: Said[] } {
  const said: Said[] = [];
  const ports = {
    ledger: createMemoryLedger(),
    publish: async (events: readonly Said[]) => void said.push(...events),
    isRelayed: true,
    now: Date.now,
    deadlineMs: 5_000,
    leaseMs: 10_000,
    ...others,
  };
  return { ports, said };
}

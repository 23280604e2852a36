import type { FunctionDefinition } from "../../../functions/kernel/define.ts";
import { dispatch } from "../dispatch/dispatch.ts";
import type { Ports } from "../dispatch/ports.ts";
import { marksOf } from "../ledger/marks.ts";
import type { Relayed, RelayOptions, RelayParts } from "./relay.ts";

/** What `relay` does, with what this process has of its own. throws: when the ledger cannot tell what is due */
export async function relayNow(
  fn: FunctionDefinition,
  ports: Ports,
  options: RelayOptions & Partial<RelayParts> = {},
): Promise<Relayed> {
  const { relay } = await import("../dispatch/later.ts");
  return relay(fn, ports, { dispatch, marks: marksOf(ports), ...options });
}

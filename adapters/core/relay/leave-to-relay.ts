import type { FunctionDefinition } from "../../../functions/kernel/define.ts";
import { isLeased } from "../dispatch/is-leased.ts";
import type { Ports } from "../dispatch/ports.ts";
import type { Work } from "../dispatch/prepare.ts";
import { keeping } from "../ledger/due.ts";
import { fromStored, type Outgoing, outboxRow, withOutbox } from "../ledger/entry.ts";

interface LeaveOptions {
  readonly fn: FunctionDefinition;
  readonly work: Work;
  readonly ports: Ports;
  readonly signal: AbortSignal;
}

/**
 * An event ends that is saved, and what it says cannot be published: no delivery will say it any more.
 *
 * throws  when the ledger fails, and when another delivery is at work or was faster
 */
export async function leaveToRelay({ fn, work, ports, signal }: LeaveOptions): Promise<void> {
  const { documentKey, key } = work;
  const [held, row] = await ports.ledger.loadAll([documentKey, outboxRow(documentKey, key)], { signal });
  if (!held?.entry) return;
  const entry = fromStored(held.entry);
  const own = entry.outbox?.[key] ?? (row?.entry as Outgoing | undefined);
  if (!own || own.due !== undefined) return;
  const { at, said } = own;
  const next = withOutbox(entry, { ...entry.outbox, [key]: { at, said, due: ports.now() } });
  // Its version is theirs: what their handler has done would be done again.
  if (isLeased(entry, ports)) throw new Error("another delivery is at work");
  const { version: expected } = held;
  if (!(await ports.ledger.save(documentKey, next, { expected, signal, ...keeping(next, fn, ports) })))
    throw new Error("another delivery was faster");
}

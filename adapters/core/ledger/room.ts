import { Dead } from "../../../functions/kernel/outcome.ts";
import type { Ports } from "../dispatch/ports.ts";
import { CARRIER_BYTES, MAX_BYTES } from "../event/event-size.ts";
import type { Said } from "../relay/publish.ts";
import type { Entry } from "./entry.ts";
import { bytesOf } from "./ledger.ts";

/** In a document, beside all that a handler can make larger: a lease, numbers that tidying writes. */
const BESIDE_BYTES = 256;
/** In UTF-8. */
const MOST_BYTES_A_CHARACTER = 3;

/**
 * Before anything is saved: what no broker takes would be said again for ever, and what nobody can bury would be lost.
 *
 * throws  Dead `size`
 */
export function requireSizes(said: readonly Said[], { maxEventBytes = MAX_BYTES }: Ports): void {
  const most = maxEventBytes - CARRIER_BYTES;
  for (const { topic, body } of said)
    if (body.length * MOST_BYTES_A_CHARACTER > most && Buffer.byteLength(body) > most)
      throw new Dead("size", `event for ${topic}: must have at most ${most} bytes, got ${Buffer.byteLength(body)}`);
}

/** throws: Dead `too-large`, where the document is too large even when others have made room in its outbox */
export function requireRoom(entry: Entry, key: string, { ledger }: Ports): void {
  const maxBytes = ledger.maxBytes - BESIDE_BYTES;
  if (bytesOf(entry) <= maxBytes) return;
  const { outbox, ...rest } = entry;
  const staying = Object.entries(outbox ?? {}).filter(([one, { due }]) => one === key || due !== undefined);
  const bytes = bytesOf({ ...rest, outbox: Object.fromEntries(staying) });
  if (bytes > maxBytes)
    throw new Dead("too-large", `state and what is said: must have at most ${maxBytes} bytes, got ${bytes}`);
}

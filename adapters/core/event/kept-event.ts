import type { CloudEvent } from "../../../functions/kernel/event.ts";
import { decode } from "./decode.ts";

const STRUCTURED = { "content-type": "application/cloudevents+json" };

/**
 * An event out of the ledger, as we have encoded it.
 *
 * in      what: it is, for whoever reads that it is none
 * throws  TypeError
 */
export function keptEvent(body: string, what: string): CloudEvent {
  const [decoded] = decode({ headers: STRUCTURED, body: Buffer.from(body) }, { maxBytes: Number.POSITIVE_INFINITY });
  if (!decoded || !("event" in decoded)) throw new TypeError(`${what}: must be an event`);
  return decoded.event;
}

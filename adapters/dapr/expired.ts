import type { CloudEvent } from "../../functions/kernel/event.ts";
import { Dead } from "../../functions/kernel/outcome.ts";
import type { Ports } from "../core/dispatch/ports.ts";
import { toInstant } from "../core/event/timestamp.ts";

/**
 * For what a sidecar brings: a subscription with rawPayload delivers what the others would not, an event whose time to live is
 * over. What a relay or an edge brings is ours already.
 *
 * out     ports with which such an event is dead as `expired`
 * source  Dapr, "Message TTL": metadata ttlInSeconds, which daprd writes into the event where its broker has none;
 *         dapr/components-contrib, pubsub/envelope.go: HasExpired
 */
export const refusingExpired = (ports: Ports): Ports => ({
  ...ports,
  admit: (event) => requireUnexpired(event, ports.now()),
});

function requireUnexpired({ expiration }: CloudEvent, now: number): void {
  if (typeof expiration === "string" && toInstant(expiration) < now)
    throw new Dead("expired", `expiration: must lie ahead, got ${expiration}`);
}

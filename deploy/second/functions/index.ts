import { defineSystem } from "../../../functions/kernel/system.ts";
import { createDispatching } from "./dispatching/handler.ts";
import { createPayouts } from "./payouts/handler.ts";
import { pointsOfRiders } from "./points/handler.ts";
import { pricing } from "./pricing/handler.ts";
import { createReceipts } from "./receipts/handler.ts";
import { rideEdge } from "./rides/edge.ts";
import { rides } from "./rides/handler.ts";
import { ticketEdge } from "./support/edge.ts";
import { support } from "./support/handler.ts";

/** Another system than the shop, for tests: whatever it needs that is not here, adapters and deploy know for the shop alone. */
export const system = defineSystem({
  name: "fleet",
  ledgerPrefix: "fleet.",
  functions: [rides, support, createDispatching, createPayouts, pointsOfRiders, pricing, createReceipts],
  edges: [rideEdge, ticketEdge],
});

import * as v from "valibot";
import { defineEdge } from "../../../../functions/kernel/edge.ts";
import { TicketRequested } from "../events.ts";
import { support, type TicketState } from "./handler.ts";

/** Nothing is made up here: an empty body is refused. */
export const ticketEdge = defineEdge({
  name: "ticket",
  method: "PUT",
  path: "/tickets",
  of: support,
  body: v.strictObject({ text: v.string() }),
  event: (ticketId, { text }) => TicketRequested({ ticketId, text }),
  show: ({ text }: TicketState, ticketId) => ({ ticketId, text }),
});

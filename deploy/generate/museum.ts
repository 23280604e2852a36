import * as v from "valibot";
import { defineEvent, defineFunction, when } from "../../functions/kernel/define.ts";
import { defineEdge } from "../../functions/kernel/edge.ts";
import { defineSystem } from "../../functions/kernel/system.ts";

const data = v.object({ visitId: v.string() });
const about = { data, subject: ({ visitId }: { readonly visitId: string }) => visitId };

const TicketAsked = defineEvent({ type: "org.museum.ticket-asked.v1", ...about });
const LoanAsked = defineEvent({ type: "org.museum.loan-asked.v1", ...about });
const TicketSold = defineEvent({ type: "org.museum.ticket-sold.v1", topic: "ticket-sales", ...about });
const TicketSoldV2 = defineEvent({
  ...{ type: "org.museum.ticket-sold.v2", topic: "ticket-sales", ...about },
  upcast: { from: TicketSold, to: (old) => old },
});
const LoanGranted = defineEvent({ type: "org.museum.loan-granted.v1", topic: "loans", ...about });
/** On a topic that nobody here hears. */
const VisitCounted = defineEvent({ type: "org.museum.visit-counted.v1", topic: "statistics", ...about });
/** On a topic that nobody here says anything on. */
const AlarmRaised = defineEvent({ type: "net.guards.alarm.v1", topic: "guards", ...about });

/** Hears no topic: only its edge asks it. Another function's name begins with its own. */
const ticket = defineFunction({ name: "ticket", on: [when(TicketAsked, () => ({}))], emits: [TicketSoldV2] });
const loans = defineFunction({ name: "loans", on: [when(LoanAsked, () => ({}))], emits: [LoanGranted] });
const history = defineFunction({
  name: "ticket-history",
  on: [when(TicketSoldV2, () => ({})), when(LoanGranted, () => ({}))],
  emits: [VisitCounted],
});
/** Says nothing. */
const guard = defineFunction({
  name: "guard",
  exclusive: true,
  on: [when(AlarmRaised, () => ({})), when(LoanGranted, () => ({}))],
});

const edge = (name: string, of: typeof ticket) => ({ name, of, body: data, show: () => ({}) });

/** Another system than that which ships. */
export const museum = defineSystem({
  name: "museum",
  ledgerPrefix: "m.",
  functions: [ticket, loans, history, guard],
  edges: [
    defineEdge({ ...edge("ticket", ticket), path: "/tickets", event: (visitId) => TicketAsked({ visitId }) }),
    defineEdge({
      ...{ ...edge("loan", loans), method: "PUT", path: "/loan-requests" },
      event: (visitId) => LoanAsked({ visitId }),
    }),
  ],
});

/** Which nobody outside may ask for anything. */
export const closedMuseum = defineSystem({ name: "museum", functions: [history, guard] });

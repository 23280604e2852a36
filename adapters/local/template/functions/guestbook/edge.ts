import { defineEdge } from "loosely";
import * as v from "valibot";
import { VisitRequested } from "../events.ts";
import { createGuestbook, type Visit } from "./handler.ts";

/** POST /visits, and GET /visits/{id}. */
export const visits = defineEdge({
  name: "visit",
  path: "/visits",
  of: createGuestbook,
  body: v.object({ name: v.string() }),
  none: () => ({ name: "Somebody" }),
  event: (visitId, { name }) => VisitRequested({ visitId, name }),
  show: (state: Visit) => state,
});

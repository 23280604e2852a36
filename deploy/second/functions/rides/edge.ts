import * as v from "valibot";
import { defineEdge } from "../../../../functions/kernel/edge.ts";
import { RideRequested } from "../events.ts";
import { type RideState, rides } from "./handler.ts";

export const rideEdge = defineEdge({
  name: "ride",
  path: "/rides",
  of: rides,
  body: v.strictObject({ rider: v.string(), km: v.number() }),
  none: (rideId) => ({ rider: `rider-${rideId.slice(0, 1)}`, km: 3 }),
  event: (rideId, body) => RideRequested({ rideId, ...body }),
  show: (state: RideState, rideId) =>
    state.km === undefined ? undefined : { rideId, km: state.km, driver: state.driver, cents: state.cents },
});

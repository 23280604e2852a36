import type { EventType } from "../../functions/kernel/define.ts";
import { DriverAssigned, FareComputed, RideFinished, RideOpened } from "./functions/events.ts";

/** Valid data of what a broker brings. */
export const samples: ReadonlyMap<EventType, object> = new Map<EventType, object>([
  [RideOpened, { rideId: "r-1", rider: "ada", km: 3 }],
  [DriverAssigned, { rideId: "r-1", driver: "d-1" }],
  [FareComputed, { rideId: "r-1", rider: "ada", cents: 790 }],
  [RideFinished, { rideId: "r-1", rider: "ada", driver: "d-1", cents: 790 }],
]);

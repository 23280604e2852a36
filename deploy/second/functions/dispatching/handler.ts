import { defineFunction, when } from "../../../../functions/kernel/define.ts";
import { DriverAssigned, RideOpened } from "../events.ts";

/** Finds one driver per key, however often it is asked. */
export type AssignDriver = (request: { readonly key: string; readonly eventId: string }) => Promise<string>;

export const createDispatching = ({ assignDriver }: { readonly assignDriver: AssignDriver }) =>
  defineFunction({
    name: "dispatching",
    on: [
      when(RideOpened, async ({ id, data: { rideId } }) => ({
        emit: [DriverAssigned({ rideId, driver: await assignDriver({ key: rideId, eventId: id }) })],
      })),
    ],
    emits: [DriverAssigned],
  });

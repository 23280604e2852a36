import { defineFunction, when } from "../../../../functions/kernel/define.ts";
import { FareComputed, RideOpened } from "../events.ts";

/** Keeps nothing and asks nobody. */
export const pricing = defineFunction({
  name: "pricing",
  on: [
    when(RideOpened, ({ data: { rideId, rider, km } }) => ({
      emit: [FareComputed({ rideId, rider, cents: 250 + km * 180 })],
    })),
  ],
  emits: [FareComputed],
});

import { defineFunction, when } from "../../../../functions/kernel/define.ts";
import { DriverAssigned, FareComputed, RideFinished, RideOpened, RideRequested } from "../events.ts";

export interface RideState {
  readonly rider?: string;
  readonly km?: number;
  readonly driver?: string;
  readonly cents?: number;
}

/** Owns a ride: it is finished when it has a driver and a fare, whichever comes first. */
export const rides = defineFunction<RideState>({
  name: "rides",
  keeps: "state",
  on: [
    when(RideRequested, ({ data: { rideId, rider, km } }, state) => ({
      state: { ...state, rider, km },
      emit: [RideOpened({ rideId, rider, km })],
    })),
    when(DriverAssigned, ({ data: { rideId, driver } }, state) => learn(rideId, { ...state, driver })),
    when(FareComputed, ({ data: { rideId, rider, cents } }, state) => learn(rideId, { ...state, rider, cents })),
  ],
  emits: [RideOpened, RideFinished],
});

function learn(rideId: string, state: RideState) {
  const { rider, driver, cents } = state;
  const isWhole = rider !== undefined && driver !== undefined && cents !== undefined;
  return { state, emit: isWhole ? [RideFinished({ rideId, rider, driver, cents })] : [] };
}

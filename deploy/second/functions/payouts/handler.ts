import { defineFunction, when } from "../../../../functions/kernel/define.ts";
import { PayoutSent, RideFinished } from "../events.ts";

/** Pays once per key. */
export type Transfer = (request: {
  readonly key: string;
  readonly to: string;
  readonly cents: number;
}) => Promise<string>;

export const createPayouts = ({ transfer }: { readonly transfer: Transfer }) =>
  defineFunction({
    name: "payouts",
    on: [
      when(RideFinished, async ({ data: { rideId, driver, cents } }) => ({
        emit: [PayoutSent({ rideId, transfer: await transfer({ key: rideId, to: driver, cents }) })],
      })),
    ],
    emits: [PayoutSent],
  });

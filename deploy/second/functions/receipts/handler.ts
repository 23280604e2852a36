import { defineFunction, when } from "../../../../functions/kernel/define.ts";
import { RideFinished } from "../events.ts";

/** Cannot tell a repetition. */
export type TellRider = (request: { readonly key: string; readonly to: string }) => Promise<void>;

export const createReceipts = ({ tellRider }: { readonly tellRider: TellRider }) =>
  defineFunction({
    name: "receipts",
    exclusive: true,
    on: [
      when(RideFinished, async ({ data: { rideId, rider } }) => {
        await tellRider({ key: rideId, to: rider });
        return {};
      }),
    ],
  });

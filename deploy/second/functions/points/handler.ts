import * as v from "valibot";
import { defineFunction, when } from "../../../../functions/kernel/define.ts";
import { PointsEarned, RideFinished } from "../events.ts";

const points = v.object({ points: v.number() });

/** Points belong to a rider, not to a ride. */
export const pointsOfRiders = defineFunction<v.InferOutput<typeof points>>({
  name: "points",
  state: points,
  on: [
    when(RideFinished, { key: ({ data }) => data.rider }, ({ data: { rider, cents } }, state) => {
      const next = (state?.points ?? 0) + Math.floor(cents / 100);
      return { state: { points: next }, emit: [PointsEarned({ rider, points: next })] };
    }),
  ],
  emits: [PointsEarned],
});

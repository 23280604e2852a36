import * as v from "valibot";

const name = v.pipe(v.string(), v.nonEmpty());
const whole = v.pipe(v.number(), v.integer(), v.minValue(0));

/** Breaks something on purpose, or mends it. */
const breaking = v.variant("do", [
  v.strictObject({ do: v.picklist(["away", "back"]), what: v.picklist(["broker", "store"]) }),
  v.strictObject({ do: v.literal("fail"), app: name, times: whole }),
  v.strictObject({
    do: v.literal("again"),
    app: name,
    topic: name,
    entry: whole,
    times: v.picklist([1, 2]),
    afterMs: whole,
    /** The event as it was published, for where the broker has it no more. */
    body: v.exactOptional(v.string()),
  }),
]);
/** Where an app listens that has been started again. */
const move = v.strictObject({ appId: name, appPort: v.pipe(whole, v.maxValue(65_535)) });

/** A line on the standard input of the sidecars' process. */
export const sidecarCommand = v.union([move, breaking]);
export type Breaking = v.InferOutput<typeof breaking>;

import * as v from "valibot";
// Messages without values.
import "../../functions/events/schema.ts";
import {
  defineEvent,
  defineFunction,
  type EventDefinition,
  type EventType,
  when,
} from "../../functions/kernel/define.ts";
import { defineSystem, type System } from "../../functions/kernel/system.ts";

export interface SeedOptions {
  readonly data?: v.GenericSchema;
  readonly topic?: string;
  readonly subject?: (data: never) => string;
  readonly audience?: "others";
  readonly sample?: unknown;
}

const SAMPLE = { bed: "b-1", by: "ada" };
const bedAndBy = v.object({ bed: v.string(), by: v.string() });

/** An event type of a garden. */
export function seedSown({ data = bedAndBy, topic = "beds", sample = SAMPLE, ...rest }: SeedOptions = {}) {
  const subject = ({ bed }: { readonly bed: string }) => bed;
  const event = defineEvent({
    type: "garden.seed.sown.v1",
    topic,
    data,
    subject: subject as (data: unknown) => string,
    ...(rest as object),
  });
  return Object.assign(event, { sample });
}

/** Where a function called `waters` hears the first, `weeds` the second, and `digs` the third. */
export function gardenOf(...events: readonly EventType[]): System<never> {
  const names = ["waters", "weeds", "digs"];
  const functions = events.map((event, at) =>
    defineFunction({ name: names[at] ?? "", on: [when(event as EventDefinition<unknown>, () => ({}))] }),
  );
  return defineSystem({ name: "garden", functions }) as System<never>;
}

import type { EventDefinition, EventType } from "../kernel/define.ts";

/** An event type with valid data of it, for tests and documentation. */
export interface SampledEvent extends EventType {
  readonly sample: unknown;
}

/**
 * Puts its sample on an event type, which stays the same object. The definition is without: a bundle names events one by one, and
 * a cold start loads no sample.
 */
export const sampled = <Data>(
  event: EventDefinition<Data>,
  sample: NoInfer<Data>,
): EventDefinition<Data> & { readonly sample: Data } => Object.assign(event, { sample });

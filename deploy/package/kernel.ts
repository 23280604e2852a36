// The package's entry: what functions, events and systems are made of. Nothing in it knows a host.

export { type SampledEvent, sampled } from "../../functions/events/sampled.ts";
export { after, type Delay } from "../../functions/kernel/after.ts";
export {
  type Clause,
  defineEvent,
  defineFunction,
  type EventDefinition,
  type EventType,
  type FunctionDefinition,
  type Handler,
  type Reaction,
  when,
} from "../../functions/kernel/define.ts";
export { defineEdge, type EdgeDefinition, type FunctionSource } from "../../functions/kernel/edge.ts";
export type { Checked, CloudEvent, EventDraft } from "../../functions/kernel/event.ts";
export { Dead } from "../../functions/kernel/outcome.ts";
export { defineState, type StateDefinition } from "../../functions/kernel/state.ts";
export { defineSystem, type System } from "../../functions/kernel/system.ts";

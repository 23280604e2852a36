import type { EventType } from "../../../functions/kernel/define.ts";
import type { System } from "../../../functions/kernel/system.ts";
import type { Fault, SystemView } from "./api-types.ts";
import { personalIn } from "./personal.ts";

const FAULTS = [
  "kill",
  "stop",
  "start",
  "away",
  "back",
  "fail",
  "again",
  "clock",
] as const satisfies readonly Fault["do"][];

/** An event type, with its data where it has an example. */
type Catalogued = EventType & { readonly sample?: unknown };

export interface ViewOptions {
  readonly catalogue: readonly Catalogued[];
  /** ms since the epoch, of the launcher's start. */
  readonly started: number;
  /** Where each function listens, as of now. */
  readonly services: () => readonly { readonly name: string; readonly url: string }[];
  readonly canBreak: boolean;
}

/** What the page knows of a system before anything happens in it. */
export function toSystemView(system: System<never>, options: ViewOptions): SystemView {
  const { catalogue, started, services, canBreak } = options;
  const { name, functions, edges, events } = system;
  const urls = new Map(services().map((service) => [service.name, service.url]));
  const types = new Map<string, Catalogued>([...events, ...catalogue].map((event) => [event.type, event]));
  return {
    name,
    started,
    functions: functions.map(({ name, definition }) => ({
      name,
      keeps: definition.keeps,
      hears: [...definition.on.values()].flatMap(({ event: { type, topic } }) =>
        topic === undefined ? [] : [{ topic, type }],
      ),
      says: [...definition.emits.values()].map(toSaid),
    })),
    edges: edges.map(({ of, method, path }) => {
      const fn = functions.find(({ source }) => source === of);
      return { of: fn?.name ?? "", method, path, url: `${urls.get(fn?.name ?? "") ?? ""}${path}` };
    }),
    types: [...types.values()].map((event) => ({
      ...toSaid(event),
      ...(event.sample === undefined ? {} : { sample: event.sample }),
      personal: personalIn(event.schema),
    })),
    personalState: Object.fromEntries(
      functions.flatMap(({ name, definition: { state } }) => {
        const paths = personalIn(state.schema);
        return paths.length > 0 ? [[name, paths]] : [];
      }),
    ),
    faults: canBreak ? FAULTS : [],
  };
}

const toSaid = ({ type, topic }: EventType) => ({ type, ...(topic === undefined ? {} : { topic }) });

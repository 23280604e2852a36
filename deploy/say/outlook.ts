import { prepare } from "../../adapters/core/dispatch/prepare.ts";
import { type EventType, topicsOf } from "../../functions/kernel/define.ts";
import type { CloudEvent } from "../../functions/kernel/event.ts";
import { Dead } from "../../functions/kernel/outcome.ts";
import type { System, SystemFunction } from "../../functions/kernel/system.ts";

/** What a function that hears an event does with it, before it has: what its handler thinks of it nobody knows. */
export interface Prospect {
  readonly function: string;
  readonly will: "handle" | "ignore" | "bury";
  /** Why it buries it. */
  readonly why?: string;
}

/** in: the topic it goes to; now in ms since the epoch */
export function prospects(
  { functions }: System<never>,
  event: CloudEvent,
  { topic, now }: { readonly topic: string; readonly now: number },
): readonly Prospect[] {
  return functions
    .filter(({ definition }) => topicsOf(definition).includes(topic))
    .map((fn) => ({ function: fn.name, ...prospectOf(fn, event, now) }));
}

function prospectOf({ definition }: SystemFunction<never>, event: CloudEvent, now: number): Omit<Prospect, "function"> {
  if (!definition.on.has(event.type)) return { will: "ignore" };
  try {
    prepare(definition, event, { now: () => now });
    return { will: "handle" };
  } catch (error) {
    if (!(error instanceof Dead)) throw error;
    return { will: "bury", why: `${error.code}: ${error.message}` };
  }
}

/** How an event without a topic comes to be. */
export function origins({ functions, edges }: System<never>, { type }: EventType): string {
  const asked = edges.flatMap(({ method, path, of }) => {
    const { definition } = functions.find(({ source }) => source === of) as SystemFunction<never>;
    return definition.on.has(type) && !definition.emits.has(type) ? [`${method} ${path}`] : [];
  });
  return asked.length > 0 ? `ask for it by ${asked.join(" or ")}` : "it comes to the function that says it";
}

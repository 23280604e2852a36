import { readFileSync } from "node:fs";
import * as v from "valibot";
import type { EventType } from "../../functions/kernel/define.ts";
import type { System } from "../../functions/kernel/system.ts";
import { schemaOf } from "./json-schema.ts";

/** The event types of a system as they are at a release, so that later ones can be held against it. */
export interface Kept {
  readonly system: string;
  readonly events: Readonly<Record<string, KeptEvent>>;
}

export interface KeptEvent {
  /** `null`: it is on none. */
  readonly topic: string | null;
  readonly audience?: "others" | undefined;
  /** Functions, by name. */
  readonly consumers: readonly string[];
  /** JSON Schema of its data. */
  readonly data: object | boolean;
  /** Valid data, and what that is about. Left out: it has none. */
  readonly sample?: unknown;
  readonly subject?: string | undefined;
}

/** out: the same for the same system. throws: Error naming an event type whose schema cannot be said, or does not take its sample */
export function keepSchemas(system: System<never>): Kept {
  const events = system.events.toSorted((one, other) => (one.type < other.type ? -1 : 1));
  return {
    system: system.name,
    events: Object.fromEntries(events.map((event) => [event.type, keepEvent(event, system)])),
  };
}

function keepEvent(event: EventType, system: System<never>): KeptEvent {
  const { sample } = event as { readonly sample?: unknown };
  return {
    topic: event.topic ?? null,
    ...(event.audience && { audience: event.audience }),
    consumers: consumersOf(event.type, system),
    data: schemaOf(event),
    ...(sample !== undefined && { sample, subject: event.subjectOf(event.parse(sample)) }),
  };
}

/** The functions that consume an event type, by name. */
export const consumersOf = (type: string, { functions }: System<never>): readonly string[] =>
  functions
    .filter(({ definition }) => definition.on.has(type))
    .map(({ name }) => name)
    .toSorted();

const keptSchema = v.object({
  system: v.string(),
  events: v.record(
    v.string(),
    v.object({
      topic: v.nullable(v.string()),
      audience: v.optional(v.literal("others")),
      consumers: v.array(v.string()),
      data: v.union([v.looseObject({}), v.boolean()]),
      sample: v.optional(v.unknown()),
      subject: v.optional(v.string()),
    }),
  ),
});

/** throws: Error naming the file, the field and the rule */
export function readKept(file: string): Kept {
  const refuse = (why: string) => new Error(`${file}: ${why}`);
  let json: unknown;
  try {
    json = JSON.parse(readFileSync(file, "utf8"));
  } catch (error) {
    throw refuse((error as Error).message);
  }
  const result = v.safeParse(keptSchema, json);
  if (result.success) return result.output;
  const [issue] = result.issues;
  throw refuse(`${v.getDotPath(issue) ?? "it"}: ${issue.message}`);
}

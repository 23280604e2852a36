import { prepare } from "../../adapters/core/dispatch/prepare.ts";
import type { EventType, FunctionDefinition } from "../../functions/kernel/define.ts";
import type { EdgeDefinition } from "../../functions/kernel/edge.ts";
import type { CloudEvent } from "../../functions/kernel/event.ts";
import type { SystemFunction } from "../../functions/kernel/system.ts";
import { USUAL } from "./surroundings.ts";

/** What a function is fed. */
export interface Feed {
  /** One event of each type, all about one subject. */
  readonly events: readonly CloudEvent[];
  /** The same about another, none of whose documents is one of theirs. */
  readonly others: readonly CloudEvent[];
  /** Those of the first said once more by their source, with ids of their own. */
  readonly repeated: readonly CloudEvent[];
  /** Types that it hears, of which there is no valid sample. */
  readonly unsampled: readonly string[];
}

export interface FeedOptions {
  /** Valid data by event type, where an event has none itself. */
  readonly samples?: ReadonlyMap<EventType, unknown> | undefined;
  readonly edges?: readonly EdgeDefinition<never>[] | undefined;
}

const TIME = new Date(USUAL.clock - 60_000).toISOString();

export function toFeed(fn: SystemFunction<never>, { samples = new Map(), edges = [] }: FeedOptions): Feed {
  const { definition } = fn;
  const types = [...definition.on.values()].map(({ event }) => event);
  const asked = edges.filter(({ of, none }) => of === fn.source && none).flatMap(dataOfEdge);
  const found = types.flatMap((type) => {
    const data =
      samples.get(type) ??
      (type as { readonly sample?: unknown }).sample ??
      asked.find((each) => each.type === type.type)?.data;
    return data === undefined || !isValid(type, data) ? [] : [{ type, data }];
  });
  const subject = found[0]?.type.subjectOf(found[0].data);
  const events: CloudEvent[] = [];
  const others: CloudEvent[] = [];
  for (const [at, { type, data }] of found.entries()) {
    const own = about(type, data, { [type.subjectOf(data)]: subject ?? "" });
    const event = toEvent(type, own, `e${at + 1}`);
    events.push(event);
    const names = [type.subjectOf(own), keyOf(definition, event)].filter((name) => name !== undefined);
    const strange = about(type, own, Object.fromEntries(names.map((name) => [name, another(name)])));
    const other = toEvent(type, strange, `f${at + 1}`);
    if (documentOf(definition, other) !== documentOf(definition, event)) others.push(other);
  }
  return {
    events,
    others,
    repeated: events.map((event) => ({ ...event, id: event.id.replace("e", "r"), time: later(event.time) })),
    unsampled: types.filter((type) => found.every((each) => each.type !== type)).map(({ type }) => type),
  };
}

const later = (time = TIME) => new Date(Date.parse(time) + 1_000).toISOString();

function dataOfEdge({ event, none }: EdgeDefinition<never>) {
  try {
    const id = "00000000-0000-4000-8000-000000000001";
    return [event(id, none?.(id))];
  } catch {
    return [];
  }
}

function isValid(type: EventType, data: unknown): boolean {
  try {
    return typeof type.subjectOf(type.parse(data)) === "string";
  } catch {
    return false;
  }
}

const toEvent = (type: EventType, data: unknown, id: string): CloudEvent => ({
  specversion: "1.0",
  id,
  source: "/prove",
  type: type.type,
  subject: type.subjectOf(data),
  time: TIME,
  datacontenttype: "application/json",
  data,
});

/** The data with other names in it, where its schema takes them; else as it was. */
function about(type: EventType, data: unknown, names: Readonly<Record<string, string>>): unknown {
  const renamed = rename(data, names);
  return isValid(type, renamed) ? renamed : data;
}

function rename(value: unknown, names: Readonly<Record<string, string>>): unknown {
  if (typeof value === "string") return Object.hasOwn(names, value) ? names[value] : value;
  if (typeof value === "number" && Object.hasOwn(names, String(value))) return value + 1;
  if (Array.isArray(value)) return value.map((each) => rename(each, names));
  if (typeof value !== "object" || value === null || value instanceof Uint8Array) return value;
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, rename(each, names)]));
}

/** As like it as can be, so that what takes the one takes the other. */
function another(name: string): string {
  const last = name.at(-1) ?? "";
  const next = /[0-8a-eA-E]/.test(last) ? String.fromCharCode(last.charCodeAt(0) + 1) : last === "9" ? "8" : `${last}2`;
  return name.slice(0, -1) + next;
}

const checked = (event: CloudEvent) => ({ ...event, data: event.data, time: event.time ?? TIME });

function keyOf(fn: FunctionDefinition, event: CloudEvent): string | undefined {
  try {
    return fn.on.get(event.type)?.key?.(checked(event));
  } catch {
    return undefined;
  }
}

/** The key of the document that an event is handled in. */
export const documentOf = (fn: FunctionDefinition, event: CloudEvent): string =>
  prepare(fn, event, { now: () => USUAL.clock }).documentKey;

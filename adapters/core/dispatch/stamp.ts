import type { EventType, FunctionDefinition } from "../../../functions/kernel/define.ts";
import type { CloudEvent, EventDraft } from "../../../functions/kernel/event.ts";
import { Dead } from "../../../functions/kernel/outcome.ts";
import { encodeStructured } from "../event/encode.ts";
import { derivedId, keyOf } from "../event/ids.ts";
import type { Trace } from "../event/trace.ts";
import { ITSELF, type Said } from "../relay/publish.ts";
import { serialise } from "./unserialisable.ts";

interface StampOptions {
  readonly fn: FunctionDefinition;
  readonly cause: CloudEvent;
  /** ms since the epoch. */
  readonly at: number;
  /** Where everything goes instead of the events' own topics. */
  readonly topics: readonly string[] | undefined;
  readonly trace: Trace;
}

/** One event of those that a handler says: once, or once for each topic. */
export interface Stamped {
  readonly id: string;
  /** When it is to be said, in ms since the epoch. Left out: at once. */
  readonly due?: number;
  readonly said: readonly Said[];
}

/**
 * Turns what a handler says into events. Ids are derived from the cause, so that a second run says the same again; from its
 * subject too, since a ledger that keeps one document a subject cannot see one id used for two of them.
 *
 * throws  Dead `schema` and `unserialisable`; TypeError for an event that the function does not declare, or cannot say at once
 */
export function stamp(drafts: readonly EventDraft[], { trace, ...options }: StampOptions): readonly Stamped[] {
  const { traceparent, tracestate } = trace;
  return drafts.map((draft, index) => {
    const { fn, topics } = options;
    const { type, subject, afterMs } = draft;
    const event = fn.emits.get(type);
    if (!event) throw new TypeError(`${fn.name}: emits ${type} without declaring it`);
    const { topic } = event;
    if (topic === undefined && afterMs === undefined)
      throw new TypeError(`${fn.name}: emits ${type}, which has no topic, at once`);
    requireValid(draft, event);
    const stamped = toEvent(draft, { ...options, index });
    const body = encode(stamped);
    const tos = topic === undefined ? [ITSELF] : topics?.length ? topics : [topic];
    return {
      id: stamped.id,
      ...(afterMs === undefined ? {} : { due: options.at + afterMs }),
      said: tos.map((to) => ({
        topic: to,
        key: keyOf(subject),
        body,
        traceparent,
        tracestate,
      })),
    };
  });
}

function toEvent(
  { type, subject, data, afterMs = 0 }: EventDraft,
  { fn, cause, index, at }: Pick<StampOptions, "fn" | "cause" | "at"> & { readonly index: number },
): CloudEvent {
  const { source, id, subject: about = "", correlationid } = cause;
  return {
    specversion: "1.0",
    id: derivedId(source, id, about, fn.name, index),
    source: fn.source,
    type,
    subject,
    time: new Date(at + afterMs).toISOString(),
    datacontenttype: "application/json",
    correlationid: typeof correlationid === "string" ? correlationid : subject,
    causationid: id,
    data,
  };
}

/** Checked, never transformed: at its consumers it would die one by one. */
function requireValid({ type, subject, data }: EventDraft, event: EventType): void {
  try {
    event.parse(data);
  } catch (error) {
    throw error instanceof Dead ? new Dead(error.code, `emits ${error.message}`) : error;
  }
  if (typeof subject !== "string" || subject === "")
    throw new Dead("schema", `emits ${type}: subject: must be a text that is not empty`);
}

/** Looked for only where it fails: what was parsed and checked holds no cycle but by intent. */
function encode(event: CloudEvent): string {
  try {
    return encodeStructured(event);
  } catch (error) {
    serialise(event.data, `emits ${event.type}: data`);
    throw error;
  }
}

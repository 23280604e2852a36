import type { EventType, FunctionDefinition } from "../../functions/kernel/define.ts";
import type { CloudEvent, EventDraft } from "../../functions/kernel/event.ts";
import { Dead } from "../../functions/kernel/outcome.ts";
import { encodeStructured } from "./encode.ts";
import { derivedId, keyOf } from "./ids.ts";
import type { Said } from "./publish.ts";
import type { Trace } from "./trace.ts";
import { serialise } from "./unserialisable.ts";

interface StampOptions {
  readonly fn: FunctionDefinition;
  readonly cause: CloudEvent;
  /** RFC 3339. */
  readonly time: string;
  /** Where everything goes instead of the events' own topics. */
  readonly topics: readonly string[] | undefined;
  readonly trace: Trace;
}

/**
 * Turns what a handler says into events. Ids are derived from the cause, so that a second run says the same again; from its
 * subject too, since a ledger that keeps one document a subject cannot see one id used for two of them.
 *
 * throws  Dead `schema` and `unserialisable`; TypeError for an event that the function does not declare
 */
export function stamp(drafts: readonly EventDraft[], { trace, ...options }: StampOptions): readonly Said[] {
  const { traceparent, tracestate } = trace;
  return drafts.flatMap((draft, index) => {
    const { fn, topics } = options;
    const said = fn.emits.get(draft.type);
    const topic = said?.topic;
    if (topic === undefined) throw new TypeError(`${fn.name}: emits ${draft.type} without declaring it`);
    requireValid(draft, said);
    const body = encode(toEvent(draft, { ...options, index }));
    return (topics?.length ? topics : [topic]).map((to) => ({
      topic: to,
      key: keyOf(draft.subject),
      body,
      ...(traceparent === undefined ? {} : { traceparent }),
      ...(tracestate === undefined ? {} : { tracestate }),
    }));
  });
}

function toEvent(
  { type, subject, data }: EventDraft,
  { fn, cause, index, time }: Pick<StampOptions, "fn" | "cause" | "time"> & { readonly index: number },
): CloudEvent {
  const { source, id, subject: about = "", correlationid } = cause;
  return {
    specversion: "1.0",
    id: derivedId(source, id, about, fn.name, index),
    source: `/shop/${fn.name}`,
    type,
    subject,
    time,
    datacontenttype: "application/json",
    correlationid: typeof correlationid === "string" ? correlationid : subject,
    causationid: id,
    data,
  };
}

/** Checked, never transformed: at its consumers it would die one by one. */
function requireValid({ type, subject, data }: EventDraft, said: EventType | undefined): void {
  try {
    said?.parse(data);
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

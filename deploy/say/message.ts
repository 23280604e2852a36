import { decode } from "../../adapters/core/event/decode.ts";
import { encodeStructured } from "../../adapters/core/event/encode.ts";
import { keyOf } from "../../adapters/core/event/ids.ts";
import { parseJson } from "../../adapters/core/event/json.ts";
import type { Said } from "../../adapters/core/relay/publish.ts";
import { STRUCTURED } from "../../adapters/dapr/sidecar-client.ts";
import { UsageError } from "../../adapters/local/command-line.ts";
import type { EventType } from "../../functions/kernel/define.ts";
import type { CloudEvent } from "../../functions/kernel/event.ts";

interface Around {
  /** CloudEvents `source`, where the event has none. */
  readonly source: string;
  /** Wins over the event's own. */
  readonly id?: string | undefined;
  readonly newId: () => string;
  /** RFC 3339, where the event has none. */
  readonly time: string;
}

/**
 * The event that is said: of bare data, or a whole one, whose attributes stay. One that is said without belonging to anything begins
 * something of its own: all that follows bears its id.
 *
 * in      data, or a structured CloudEvent
 * throws  UsageError for one of another type, or that is no CloudEvent
 */
export function toEvent(input: unknown, eventType: EventType, { source, id, newId, time }: Around): CloudEvent {
  const { type } = eventType;
  const isWhole = typeof input === "object" && input !== null && "specversion" in input;
  const { data, ...given }: Partial<CloudEvent> = isWhole ? (input as CloudEvent) : { data: input };
  if (given.type !== undefined && given.type !== type)
    throw new UsageError(`FILE: must hold an event of ${type}, holds one of ${given.type}`);
  const own = id ?? given.id ?? newId();
  const subject = given.subject ?? subjectIn(data, eventType);
  const event = {
    specversion: "1.0",
    source,
    time,
    ...(data === undefined ? {} : { datacontenttype: "application/json" }),
    correlationid: own,
    ...given,
    type,
    ...(subject === undefined ? {} : { subject }),
    id: own,
    data,
  };
  const [decoded] = decode({ headers: { "content-type": STRUCTURED }, body: Buffer.from(encodeStructured(event)) });
  if (!decoded || "refused" in decoded)
    throw new UsageError(`${decoded?.refused.message ?? "FILE: must hold one event"}`);
  return decoded.event;
}

/** Of data that breaks its schema there may be none. */
function subjectIn(data: unknown, { subjectOf }: EventType): string | undefined {
  try {
    const subject: unknown = subjectOf(data);
    return typeof subject === "string" && subject !== "" ? subject : undefined;
  } catch {
    return undefined;
  }
}

/** throws: UsageError where it is no JSON */
export function parseInput(text: string, file: string): unknown {
  try {
    return parseJson(text, `FILE ${file}`);
  } catch (error) {
    throw new UsageError((error as Error).message);
  }
}

export const toSaid = (event: CloudEvent, topic: string): Said => ({
  topic,
  key: keyOf(event.subject ?? event.id),
  body: encodeStructured(event),
  ...(typeof event.traceparent === "string" ? { traceparent: event.traceparent } : {}),
});

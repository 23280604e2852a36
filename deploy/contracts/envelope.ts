import { stringifyJson } from "../../adapters/core/event/json.ts";
import type { EventType } from "../../functions/kernel/define.ts";
import type { JsonSchema } from "./json-schema.ts";

const NAME: JsonSchema = { type: "string", minLength: 1 };

/**
 * A CloudEvent as it travels, whatever it is about. Its subject may be left out, and is then what its data says.
 *
 * source  CloudEvents JSON format 1.0.2, section 3; CloudEvents 1.0.2, "Context Attributes", "Type System"
 */
export const ENVELOPE: JsonSchema = {
  title: "CloudEvent",
  description: "A CloudEvent 1.0 with JSON as its data, in structured mode.",
  type: "object",
  properties: {
    specversion: { const: "1.0" },
    id: NAME,
    source: { ...NAME, format: "uri-reference" },
    type: NAME,
    subject: { ...NAME, description: "What the data is about. Left out: as the data says." },
    time: { type: "string", format: "date-time" },
    datacontenttype: { ...NAME, description: "Left out: application/json." },
    dataschema: { type: "string", format: "uri" },
    correlationid: { ...NAME, description: "What all that follows from one event has in common." },
    causationid: { ...NAME, description: "The id of the event that it follows from." },
    data: {},
  },
  required: ["specversion", "id", "source", "type", "data"],
  propertyNames: { pattern: "^[a-z0-9]{1,64}$" },
  additionalProperties: { type: ["string", "boolean", "integer"], minimum: -(2 ** 31), maximum: 2 ** 31 - 1 },
};

interface EventOptions {
  /** What functions of the system that say it give as `source`. */
  readonly sources: readonly string[];
  /** Where the schema of its data stands. */
  readonly data: string;
  readonly envelope: string;
}

/** A whole event of a type. */
export const eventSchema = ({ type }: EventType, { sources, data, envelope }: EventOptions): JsonSchema => ({
  allOf: [{ $ref: envelope }],
  type: "object",
  properties: {
    type: { const: type },
    // Not the only ones: whoever may publish can say it, and it is handled.
    ...(sources.length > 0 ? { source: { examples: sources } } : {}),
    data: { $ref: data },
  },
});

/** A whole event with its sample as data. Left out: its sample is not what a sender writes. */
export function exampleOf(eventType: EventType, sample: unknown, source: string): unknown {
  const { type, parse, subjectOf } = eventType;
  try {
    const subject = subjectOf(parse(sample));
    const around = { specversion: "1.0", id: "1", source, type, subject, time: "2026-01-01T12:00:00.000Z" };
    const event = { ...around, datacontenttype: "application/json", correlationid: subject, data: sample };
    return JSON.parse(stringifyJson(event));
  } catch {
    return undefined;
  }
}

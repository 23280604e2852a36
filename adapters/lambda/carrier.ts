import { isUtf8 } from "node:buffer";
import type { Carried as Told } from "../core/event/carried.ts";
import type { Message } from "../core/event/decode.ts";
import { parseExactJson, stringifyJson } from "../core/event/json.ts";
import { isMadeUp } from "../core/event/made-up.ts";
import { kindOf, quote, refusal } from "../core/event/refusal.ts";

/** What a record of SQS, SNS or Kinesis carries, before anybody has looked at it. */
export interface Carried {
  /** Text, or bytes of which nothing is known. */
  readonly body: unknown;
  /** In the words of SQS (`stringValue`, `binaryValue`) or of SNS (`Value`, `Type`). */
  readonly attributes?: unknown;
  /** Where it was published, as far as the carrier knows. */
  readonly topic: string | undefined;
  /** What its letter is to say of it. */
  readonly told?: Pick<Told, "key" | "partition" | "offset" | "messageId"> | undefined;
}

/** A message, and the topic that it was published to. */
export interface Unwrapped {
  readonly message: Message;
  readonly topic: string | undefined;
}

/** source: awslabs/amazon-kinesis-producer, "KPL Aggregated Record Format" */
const AGGREGATED = Buffer.from("f3899ac2", "hex");

/**
 * What a record carries → message with the event in it, in structured or in binary mode: as it is, in the envelope of SNS
 * (delivery that is not raw) or of EventBridge (the event in `detail`). What is none of these comes out as it is: the core
 * says why it is no event.
 *
 * throws  Dead `envelope` for what its carrier never makes
 * source  Amazon SNS developer guide, "Message formats", "Raw message delivery"; Amazon EventBridge user guide, "Events"
 */
export function unwrap(carried: Carried): Unwrapped {
  const { body, topic, told } = carried;
  if (body instanceof Uint8Array) {
    if (isUtf8(body)) return unwrap({ ...carried, body: Buffer.from(body).toString("utf8") });
    if (AGGREGATED.equals(body.subarray(0, AGGREGATED.length)))
      throw refusal("envelope", "record", {
        must: "hold one event",
        got: "several, aggregated by the Kinesis Producer Library",
      });
    return { message: { ...toMessage("", carried), body }, topic };
  }
  requireText("body", body);
  const envelope = body.includes('"TopicArn"') || body.includes('"detail-type"') ? toEnvelope(body) : undefined;
  if (!envelope) return { message: toMessage(body, carried), topic };
  const { Message: inner, TopicArn: arn, MessageAttributes: around, detail, MessageId: messageId, id } = envelope;
  if (typeof inner !== "string")
    return { message: toMessage(stringifyJson(detail), { told: toldOf(id, told) }), topic };
  requireText("TopicArn", arn);
  return unwrap({ body: inner, attributes: around, topic: nameIn(arn), told: toldOf(messageId, told) });
}

/** The last part of an ARN: the name of a topic, queue or stream. out: undefined where there is no ARN */
export const nameIn = (arn: unknown): string | undefined =>
  typeof arn === "string" ? arn.slice(Math.max(arn.lastIndexOf(":"), arn.lastIndexOf("/")) + 1) : undefined;

/** The envelope's own id is the same however often its carrier brings it. */
const toldOf = (id: unknown, told: Carried["told"]): Carried["told"] =>
  typeof id === "string" ? { ...told, messageId: id } : told;

/** What a letter keeps of a record beside its body: all of its attributes, bytes as the base64 that they come in. */
export const carriedIn = ({ attributes, told }: Pick<Carried, "attributes" | "told">): Told => ({
  ...told,
  attributes: Object.fromEntries(
    Object.entries(attributes ?? {}).map(([name, attribute]) => {
      const {
        stringValue,
        binaryValue,
        Value = binaryValue ?? stringValue,
      } = (attribute ?? {}) as Record<string, unknown>;
      return [name, typeof Value === "string" ? Value : stringifyJson(attribute)];
    }),
  ),
});

function requireText(part: string, value: unknown): asserts value is string {
  if (typeof value !== "string") throw refusal("envelope", part, { must: "be text", got: kindOf(value) });
}

/** out: undefined for anything but an envelope around something. */
function toEnvelope(body: string): Readonly<Record<string, unknown>> | undefined {
  try {
    // Integers of an event in `detail` must come out as they went in.
    const value = parseExactJson(body) as Record<string, unknown> | null;
    const isEvent = typeof value?.specversion === "string";
    const isSns = value?.Type === "Notification" && typeof value.Message === "string";
    const isEventBridge = typeof (value?.detail as Record<string, unknown> | null)?.specversion === "string";
    return value && !isEvent && (isSns || isEventBridge) ? value : undefined;
  } catch {
    return undefined;
  }
}

/**
 * Attributes make a message of binary mode only together, `ce-specversion` among them: single ones beside a structured
 * event are there for filter policies, and a content type that says nothing is none.
 */
function toMessage(body: string, { attributes, told }: Pick<Carried, "attributes" | "told">): Message {
  const texts = textsOf(attributes);
  const isBinary = texts.some(([name]) => name === "ce-specversion");
  const headers: Record<string, string> = {};
  for (const [name, text] of texts) {
    const isSaid = name === "content-type" && (isBinary || !isMadeUp(text));
    if (isSaid || name.startsWith("trace")) headers[name] = text;
    else if (isBinary && name.startsWith("ce-")) headers[name] = text;
  }
  return { headers, body: Buffer.from(body), carried: () => carriedIn({ attributes, told }) };
}

const SPEAKS = /^(?:ce-.*|content-type|traceparent|tracestate)$/;

/** Those that say something of the event and have a value, by name in lower case. */
function textsOf(attributes: unknown): readonly (readonly [string, string])[] {
  const all = attributes ?? {};
  if (typeof all !== "object" || Array.isArray(all))
    throw refusal("envelope", "attributes", { must: "be an object", got: kindOf(all) });
  return Object.entries(all).flatMap(([given, attribute]) => {
    const name = given.toLowerCase();
    const { stringValue, binaryValue, Value = stringValue, Type } = (attribute ?? {}) as Record<string, unknown>;
    const value = binaryValue ?? Value ?? undefined;
    if (!SPEAKS.test(name) || value === undefined) return [];
    requireText(quote(name), value);
    const isBytes = value === binaryValue || Type === "Binary";
    return [[name, isBytes ? Buffer.from(value, "base64").toString("utf8") : value]];
  });
}

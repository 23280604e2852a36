import type { Message } from "../core/decode.ts";
import { encodeHeader } from "../core/header-value.ts";
import { parseExactJson, stringifyJson } from "../core/json.ts";

/** An attribute beside a body, in the words of SQS (`stringValue`) or of SNS (`Value`). */
interface CarrierAttribute {
  readonly stringValue?: string | undefined;
  readonly binaryValue?: string | undefined;
  readonly Value?: string | undefined;
  readonly Type?: string | undefined;
}

/** A text with attributes beside it, as SQS and SNS carry it. */
export interface Carried {
  readonly body: string;
  readonly attributes?: Readonly<Record<string, CarrierAttribute>> | undefined;
  /** Where it was published, as far as the carrier knows. */
  readonly topic: string;
}

/** A message, and the topic that it was published to. */
export interface Unwrapped {
  readonly message: Message;
  readonly topic: string;
}

/**
 * What SQS or SNS carry → message with the event in it, in structured or in binary mode: as it is, in the envelope of SNS
 * (delivery that is not raw) or of EventBridge (the event in `detail`). What is none of these comes out as it is: the core
 * says why it is no event. Never throws.
 *
 * source  Amazon SNS developer guide, "Message formats", "Raw message delivery"; Amazon EventBridge user guide, "Events"
 */
export function unwrap({ body, attributes = {}, topic }: Carried): Unwrapped {
  const envelope = body.includes('"TopicArn"') || body.includes('"detail-type"') ? toEnvelope(body) : undefined;
  if (!envelope) return { message: toMessage(body, attributes), topic };
  const { Message: inner, TopicArn: arn, MessageAttributes: around, detail } = envelope;
  if (typeof inner === "string" && typeof arn === "string")
    return unwrap({ body: inner, attributes: (around ?? {}) as Carried["attributes"], topic: nameIn(arn) });
  return { message: toMessage(stringifyJson(detail), {}), topic };
}

/** The last part of an ARN: the name of a topic, queue or stream. */
export const nameIn = (arn: string): string => arn.replace(/.*[:/]/, "");

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
 * event are there for filter policies.
 */
function toMessage(body: string, attributes: NonNullable<Carried["attributes"]>): Message {
  const texts = Object.entries(attributes).map(([name, value]) => [name.toLowerCase(), textOf(value)] as const);
  const isBinary = texts.some(([name]) => name === "ce-specversion");
  const headers: Record<string, string> = {};
  for (const [name, text] of texts) {
    if (name === "content-type" || name === "traceparent") headers[name] = text;
    // Plain text here, percent-encoded in HTTP, whose rules the core applies.
    else if (isBinary && name.startsWith("ce-")) headers[name] = encode(name, text);
  }
  return { headers, body: Buffer.from(body) };
}

const textOf = ({ stringValue, binaryValue, Value, Type }: CarrierAttribute): string =>
  binaryValue !== undefined || Type === "Binary"
    ? Buffer.from(binaryValue ?? Value ?? "", "base64").toString("utf8")
    : (stringValue ?? Value ?? "");

/** A lone surrogate cannot be encoded: as it is, the core refuses it. */
function encode(name: string, text: string): string {
  try {
    return encodeHeader(name, text);
  } catch {
    return text;
  }
}

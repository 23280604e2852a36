import { type Job, toJob, toJobs } from "../core/dispatch/receive.ts";
import { asBuffer } from "../core/event/as-buffer.ts";
import { decodeElement, type Message } from "../core/event/decode.ts";
import { elementsOf, splitObject } from "../core/event/json-members.ts";
import { carriedIn, fromRecord } from "./record.ts";

export interface BulkEntry {
  readonly entryId: string;
  readonly event: unknown;
  readonly contentType?: string;
  readonly metadata?: Readonly<Record<string, string>>;
}

interface Bulk {
  readonly entries: readonly BulkEntry[];
  /** The JSON text of an entry. */
  textOf(index: number): string;
}

export const mayBeBulk = (headers: Message["headers"]): boolean =>
  String(headers["content-type"]).startsWith("application/json") && headers["ce-specversion"] === undefined;

/** out: undefined for anything that is not certainly a bulk: the core says what it is. */
export function toBulk({ headers, body }: Message): Bulk | undefined {
  if (!mayBeBulk(headers)) return undefined;
  const text = asBuffer(body).toString("utf8");
  try {
    const { entries, specversion } = JSON.parse(text);
    if (specversion !== undefined || !Array.isArray(entries) || !entries.every(isEntry)) return undefined;
    let texts: readonly string[] | undefined;
    return {
      entries,
      textOf(index) {
        texts ??= elementsOf(splitObject(text).get("entries") ?? "[]");
        return texts[index] ?? "";
      },
    };
  } catch {
    return undefined;
  }
}

export const isEntry = (entry: unknown): entry is BulkEntry =>
  typeof (entry as BulkEntry | null)?.entryId === "string" && "event" in (entry as object);

interface EntryOptions {
  readonly topic: string;
  /** The JSON text of the entry: numbers in it have all their digits. */
  readonly textOf: () => string;
  /** Of the bulk. */
  readonly bytes: number;
  /** Of an event. */
  readonly maxBytes: number | undefined;
}

/** An event as an object, or the bytes that were published in base64 (rawPayload), whatever the entry says they are. */
export function toEntryJobs(
  { event, contentType, metadata }: BulkEntry,
  { topic, textOf, bytes, maxBytes }: EntryOptions,
): readonly Job[] {
  const options = { topic, traceparent: metadata?.traceparent, tracestate: metadata?.tracestate, maxBytes };
  const carried = metadata && (() => carriedIn(metadata, { isText: true }));
  const eventText = () => splitObject(textOf()).get("event") ?? "";
  const record = metadata?.ce_specversion === undefined ? undefined : metadata;
  if (typeof event !== "string" && !record)
    return [
      toJob(decodeElement(event, { textOf: eventText, bytes, maxBytes }), {
        origin: options,
        message: { ...LABEL, carried },
      }),
    ];
  const body = typeof event === "string" ? fromBase64(event) : Buffer.from(eventText());
  if (record) return toJobs({ ...fromRecord({ headers: record, body }, { isText: true }), carried }, options);
  const isLabelled = String(contentType).startsWith("application/cloudevents");
  return toJobs({ headers: isLabelled ? { "content-type": contentType } : LABEL.headers, body, carried }, options);
}

/** As a sidecar labels single deliveries, whatever is in them. */
const LABEL = { headers: { "content-type": "application/cloudevents+json" } };

/** Text that is no base64 is what it is. */
function fromBase64(text: string): Buffer {
  const bytes = Buffer.from(text, "base64");
  return isBase64Of(text, bytes) ? bytes : Buffer.from(text);
}

/**
 * Whether text is the base64 of the bytes that Node has read from it, without writing all of it again. Node skips what is no base64,
 * of which there are then too few bytes; takes that of URLs as well; and takes no notice of the last bits.
 */
function isBase64Of(text: string, bytes: Buffer): boolean {
  const padding = text.endsWith("==") ? 2 : text.endsWith("=") ? 1 : 0;
  return (
    bytes.byteLength === (text.length * 3) / 4 - padding &&
    !text.includes("-") &&
    !text.includes("_") &&
    text.endsWith(bytes.toString("base64", (Math.ceil(bytes.byteLength / 3) - 1) * 3))
  );
}

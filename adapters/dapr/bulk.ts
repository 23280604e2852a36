import { type Job, toJob, toJobs } from "../core/dispatch/receive.ts";
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
  const text = Buffer.from(body).toString("utf8");
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
  { topic, textOf, ...limits }: EntryOptions,
): readonly Job[] {
  const origin = { topic, traceparent: metadata?.traceparent, tracestate: metadata?.tracestate };
  const options = { ...origin, maxBytes: limits.maxBytes };
  const carried = metadata && (() => carriedIn(metadata, { isText: true }));
  const eventText = () => splitObject(textOf()).get("event") ?? "";
  const record = metadata?.ce_specversion === undefined ? undefined : metadata;
  if (typeof event !== "string" && !record)
    return [toJob(decodeElement(event, { textOf: eventText, ...limits }), { origin, message: { ...LABEL, carried } })];
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
  return bytes.toString("base64") === text ? bytes : Buffer.from(text);
}

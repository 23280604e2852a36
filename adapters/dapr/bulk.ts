import { decodeElement, type Message } from "../core/decode.ts";
import { parseExactJson, stringifyJson } from "../core/json.ts";
import { type Job, toJob, toJobs } from "../core/receive.ts";
import { fromRecord } from "./record.ts";

interface BulkEntry {
  readonly entryId: string;
  readonly event: unknown;
  readonly contentType?: string;
  readonly metadata?: Readonly<Record<string, string>>;
}

interface Bulk {
  readonly topic: string;
  readonly whole: Uint8Array;
}

/** out: undefined for anything that is not certainly a bulk: the core says what it is. */
export function toEntries({ headers, body }: Message): readonly BulkEntry[] | undefined {
  if (!mayBeBulk(headers)) return undefined;
  try {
    const { entries, specversion } = parseExactly(Buffer.from(body).toString("utf8")) as Partial<
      Record<string, unknown>
    >;
    const isBulk = specversion === undefined && Array.isArray(entries) && entries.every(isEntry);
    return isBulk ? entries : undefined;
  } catch {
    return undefined;
  }
}

/** Integers beyond 2^53 as bigint, unless something else in it is nested too deep to look for them. */
function parseExactly(text: string): unknown {
  const value = JSON.parse(text);
  if (!/\d{16}/.test(text)) return value;
  try {
    return parseExactJson(text);
  } catch {
    return value;
  }
}

export const mayBeBulk = (headers: Message["headers"]): boolean =>
  String(headers["content-type"]).startsWith("application/json") && headers["ce-specversion"] === undefined;

export const isEntry = (entry: unknown): entry is BulkEntry =>
  typeof (entry as BulkEntry | null)?.entryId === "string" && "event" in (entry as object);

/** An event as an object, or the bytes that were published in base64 (rawPayload), whatever the entry says they are. */
export function toEntryJobs({ event, contentType, metadata }: BulkEntry, { topic, whole }: Bulk): readonly Job[] {
  const origin = { topic, traceparent: metadata?.traceparent };
  const textOf = () => toTextOf(event) ?? Buffer.from(whole).toString("utf8");
  const record = metadata?.ce_specversion === undefined ? undefined : metadata;
  if (typeof event !== "string" && !record) return [toJob(decodeElement(event, textOf), { origin, message: LABEL })];
  const body = typeof event === "string" ? fromBase64(event) : Buffer.from(textOf());
  const label = String(contentType).startsWith("application/cloudevents") ? { "content-type": contentType } : {};
  return toJobs(fromRecord({ headers: record ?? label, body }, String), origin);
}

const LABEL = { headers: { "content-type": "application/cloudevents+json" } };

/** Text that is no base64 is what it is. */
function fromBase64(text: string): Buffer {
  const bytes = Buffer.from(text, "base64");
  return bytes.toString("base64") === text ? bytes : Buffer.from(text);
}

/** out: undefined for what is nested too deep to be written again: then its letter holds the bulk that it came in */
function toTextOf(event: unknown): string | undefined {
  try {
    return stringifyJson(event);
  } catch {
    return undefined;
  }
}

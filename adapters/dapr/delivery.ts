import type { FunctionDefinition } from "../../functions/kernel/define.ts";
import { Dead } from "../../functions/kernel/outcome.ts";
import { type Message, parseEvent } from "../core/decode.ts";
import type { Outcome } from "../core/outcome.ts";
import type { Ports } from "../core/ports.ts";
import { dispatchBatch, type Job, receive, toJobs } from "../core/receive.ts";

export type Answer = readonly [code: number, body: object];

/** How a sidecar hears each outcome. Never 404 (it drops the event), never 400 (it repeats it for ever). */
export const ANSWER = {
  ack: [200, { status: "SUCCESS" }],
  dead: [200, { status: "SUCCESS" }],
  retry: [503, { status: "RETRY" }],
} as const satisfies Record<Outcome["kind"], Answer>;

interface DaprDelivery extends Message {
  readonly topic: string;
}

/** One event, or a bulk of them. Source: Dapr pub/sub API reference, "Expected HTTP response" and "bulk subscribe". */
export async function answerDelivery(fn: FunctionDefinition, delivery: DaprDelivery, ports: Ports): Promise<Answer> {
  const { body, topic } = delivery;
  const entries = toBulk(delivery);
  if (!entries) return ANSWER[(await receive(fn, delivery, ports)).kind];
  const jobs = entries.map((entry) => toJob(entry, { topic, whole: body }));
  const outcomes = await dispatchBatch(fn, jobs, { ports });
  // Every entry must be listed: one that is missing comes again.
  const statuses = entries.map(({ entryId }, index) => ({
    entryId,
    status: ANSWER[outcomes[index]?.kind ?? "retry"][1].status,
  }));
  return [200, { statuses }];
}

export interface BulkEntry {
  readonly entryId: string;
  readonly event: unknown;
  readonly contentType?: string;
  readonly metadata?: Readonly<Record<string, string>>;
}

/** out: undefined for anything that is not certainly a bulk: the core says what it is. */
function toBulk({ headers, body }: Message): readonly BulkEntry[] | undefined {
  if (!mayBeBulk(headers)) return undefined;
  try {
    const { entries, specversion } = JSON.parse(Buffer.from(body).toString("utf8"));
    const isBulk = specversion === undefined && Array.isArray(entries) && entries.every(isEntry);
    return isBulk ? entries : undefined;
  } catch {
    return undefined;
  }
}

export const mayBeBulk = (headers: Message["headers"]): boolean =>
  String(headers["content-type"]).startsWith("application/json") && headers["ce-specversion"] === undefined;

export const isEntry = (entry: unknown): entry is BulkEntry =>
  typeof (entry as BulkEntry | null)?.entryId === "string" && "event" in (entry as object);

interface Bulk {
  readonly topic: string;
  readonly whole: Uint8Array;
}

/** An entry is an event as an object; a raw payload is base64 in a string. */
export function toJob({ event, contentType, metadata }: BulkEntry, { topic, whole }: Bulk): Job {
  const origin = { topic, traceparent: metadata?.traceparent };
  const headers = { "content-type": contentType || "application/cloudevents+json" };
  if (typeof event === "string") {
    const bytes = Buffer.from(event, contentType === "application/octet-stream" ? "base64" : "utf8");
    const [job] = toJobs({ headers, body: bytes }, origin);
    if (job) return job;
  }
  try {
    return { ...origin, event: parseEvent(event) };
  } catch (error) {
    const refused = error instanceof Dead ? error : new Dead("json", "entry: must be an event", { cause: error });
    return { ...origin, refused, message: { headers, body: toBytes(event) ?? whole } };
  }
}

/** out: undefined for what is nested too deep to be written again: then its letter holds the bulk that it came in */
function toBytes(event: unknown): Uint8Array | undefined {
  try {
    return Buffer.from(JSON.stringify(event));
  } catch {
    return undefined;
  }
}

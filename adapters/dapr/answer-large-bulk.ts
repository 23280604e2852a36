import { Dead } from "../../functions/kernel/outcome.ts";
import type { Outcome } from "../core/dispatch/outcome.ts";
import { type Job, toJobs } from "../core/dispatch/receive.ts";
import { type Answer, toBulkAnswer } from "./answer.ts";
import { isEntry, toEntryJobs } from "./bulk.ts";
import type { LargeBulkEntry } from "./large-bulk.ts";
import type { Receiving } from "./receive.ts";

/** Of entries that are parsed at once. */
const SLICE_BYTES = 1024 * 1024;

interface LargeDelivery {
  readonly entries: readonly LargeBulkEntry[];
  readonly topic: string;
}

/**
 * A bulk that is too large to be held. A sidecar makes one of up to maxMessagesCount messages and takes no answer but one that
 * names its entries: each too large one is a letter of its own, the others are handled, and those for which there was no
 * room come again in a smaller bulk.
 */
export async function answerLargeBulk({ entries, topic }: LargeDelivery, { ports, bulk }: Receiving): Promise<Answer> {
  const held = entries.filter(({ bytes }) => bytes !== undefined);
  const byEntry = new Map<LargeBulkEntry, Outcome | undefined>();
  for (const slice of slicesOf(held)) {
    const jobs = slice.map((entry) => toLargeJobs(entry, { topic, maxBytes: ports.maxEventBytes }));
    const outcomes = await bulk.dispatchAll(jobs);
    for (const [index, entry] of slice.entries()) byEntry.set(entry, outcomes[index]);
  }
  return toBulkAnswer(
    entries,
    entries.map((entry) => byEntry.get(entry)),
  );
}

/** As values they are many times as large as they are as bytes. */
function* slicesOf(entries: readonly LargeBulkEntry[]): Generator<readonly LargeBulkEntry[]> {
  let slice: LargeBulkEntry[] = [];
  let bytes = 0;
  for (const entry of entries) {
    slice.push(entry);
    bytes += entry.bytes?.byteLength ?? 0;
    if (bytes < SLICE_BYTES) continue;
    yield slice;
    slice = [];
    bytes = 0;
  }
  if (slice.length > 0) yield slice;
}

function toLargeJobs(
  { bytes: body = Buffer.alloc(0), overflow }: LargeBulkEntry,
  { topic, maxBytes }: { readonly topic: string; readonly maxBytes: number | undefined },
): readonly Job[] {
  const message = { headers: { "content-type": "application/json" }, body, overflow };
  if (overflow) return toJobs(message, { topic, maxBytes });
  try {
    const text = body.toString("utf8");
    const entry: unknown = JSON.parse(text);
    if (isEntry(entry)) return toEntryJobs(entry, { topic, textOf: () => text, bytes: body.byteLength, maxBytes });
  } catch {
    // It is told below.
  }
  return [{ topic, refused: new Dead("json", "entry: must be an object with entryId and event"), message }];
}

import type { FunctionDefinition } from "../../functions/kernel/define.ts";
import { Dead } from "../../functions/kernel/outcome.ts";
import type { Ports } from "../core/ports.ts";
import { dispatchAll, type Job, toJobs } from "../core/receive.ts";
import { type Answer, toBulkAnswer } from "./answer.ts";
import { isEntry, toEntryJobs } from "./bulk.ts";
import type { LargeBulkEntry } from "./large-bulk.ts";

interface LargeDelivery {
  readonly entries: readonly LargeBulkEntry[];
  readonly topic: string;
}

/**
 * A bulk that is too large to be held. A sidecar makes one of up to maxMessagesCount messages and takes no answer but one that
 * names its entries: each too large one is a letter of its own, the others are handled, and those for which there was no
 * room come again in a smaller bulk.
 */
export async function answerLargeBulk(
  fn: FunctionDefinition,
  { entries, topic }: LargeDelivery,
  ports: Ports,
): Promise<Answer> {
  const held = entries.filter(({ bytes }) => bytes !== undefined);
  const jobs = held.map((entry) => toLargeJobs(entry, topic));
  const outcomes = await dispatchAll(fn, jobs, { ports });
  const byEntry = new Map(held.map((entry, index) => [entry, outcomes[index]]));
  return toBulkAnswer(
    entries,
    entries.map((entry) => byEntry.get(entry)),
  );
}

function toLargeJobs({ bytes: body = Buffer.alloc(0), overflow }: LargeBulkEntry, topic: string): readonly Job[] {
  const message = { headers: { "content-type": "application/json" }, body, overflow };
  if (overflow) return toJobs(message, { topic });
  try {
    const text = body.toString("utf8");
    const entry: unknown = JSON.parse(text);
    if (isEntry(entry)) return toEntryJobs(entry, { topic, textOf: () => text, mayExceed: true });
  } catch {
    // It is told below.
  }
  return [{ topic, refused: new Dead("json", "entry: must be an object with entryId and event"), message }];
}

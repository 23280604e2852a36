import type { FunctionDefinition } from "../../functions/kernel/define.ts";
import { Dead } from "../../functions/kernel/outcome.ts";
import type { Ports } from "../core/ports.ts";
import { dispatchBatch, type Job, toJobs } from "../core/receive.ts";
import { ANSWER, type Answer, isEntry, toJob } from "./delivery.ts";
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
  const outcomes = await dispatchBatch(
    fn,
    held.map((entry) => toLargeJob(entry, topic)),
    { ports },
  );
  const kinds = new Map(held.map((entry, index) => [entry, outcomes[index]?.kind]));
  const statuses = entries.map((entry) => ({
    entryId: entry.entryId,
    status: ANSWER[kinds.get(entry) ?? "retry"][1].status,
  }));
  return [200, { statuses }];
}

function toLargeJob({ bytes: body = Buffer.alloc(0), overflow }: LargeBulkEntry, topic: string): Job {
  const message = { headers: { "content-type": "application/json" }, body, overflow };
  try {
    const [job] = overflow ? toJobs(message, { topic }) : [];
    if (job) return job;
    const entry: unknown = JSON.parse(body.toString("utf8"));
    if (isEntry(entry)) return toJob(entry, { topic, whole: body });
  } catch {
    // It is told below.
  }
  return { topic, refused: new Dead("json", "entry: must be an object with entryId and event"), message };
}

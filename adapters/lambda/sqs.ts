import type { SQSBatchResponse, SQSEvent, SQSRecord } from "aws-lambda";
import type { FunctionDefinition } from "../../functions/kernel/define.ts";
import type { Ports } from "../core/dispatch/ports.ts";
import { runRecords } from "./batch.ts";
import { type Carried, nameIn } from "./carrier.ts";
import { endOf, type Invocation } from "./invocation.ts";

/**
 * Records of an SQS queue. Those that have to come again are reported, also when they are all of them: never thrown, which
 * would count as an error of the function. Of a FIFO queue, a message group stops at its first one.
 *
 * source  AWS Lambda developer guide, "Handling errors for an SQS event source", "Implementing partial batch responses"
 */
export async function handleSqs(
  fn: FunctionDefinition,
  { event: { Records: records }, invocation }: { readonly event: SQSEvent; readonly invocation: Invocation },
  ports: Ports,
): Promise<SQSBatchResponse> {
  const signal = endOf(invocation);
  const groups = Map.groupBy(records, groupOf);
  const standard = groups.get(undefined) ?? [];
  groups.delete(undefined);
  const failed = await Promise.all([
    failuresOf(standard),
    ...groups.values().map(async (group) => {
      for (const [index, record] of group.entries())
        if ((await failuresOf([record])).length > 0) return group.slice(index);
      return [];
    }),
  ]);
  // Without an id, the whole batch comes again.
  return { batchItemFailures: failed.flat().map((record) => ({ itemIdentifier: record?.messageId ?? "" })) };

  async function failuresOf(batch: readonly SQSRecord[]): Promise<readonly SQSRecord[]> {
    const outcomes = await runRecords(fn, batch, { toCarried, ports, signal });
    return batch.filter((_, index) => outcomes[index]?.kind !== "ack" && outcomes[index]?.kind !== "dead");
  }
}

/**
 * out  undefined for a record that waits for nobody: a group of a standard queue is only for its share of the consumers
 *
 * source  Amazon SQS developer guide, "Amazon SQS fair queues"
 */
const groupOf = (record: SQSRecord | null): string | undefined =>
  nameIn(record?.eventSourceARN)?.endsWith(".fifo") ? (record?.attributes?.MessageGroupId ?? "") : undefined;

const toCarried = (record: SQSRecord | null): Carried => ({
  body: record?.body,
  attributes: record?.messageAttributes,
  topic: nameIn(record?.eventSourceARN),
  told: { messageId: record?.messageId, key: record?.attributes?.MessageGroupId },
});

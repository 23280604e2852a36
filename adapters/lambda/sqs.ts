import type { SQSBatchResponse, SQSEvent, SQSRecord } from "aws-lambda";
import type { FunctionDefinition } from "../../functions/kernel/define.ts";
import type { Ports } from "../core/ports.ts";
import { endOf, type Invocation, runRecords } from "./batch.ts";
import { nameIn, type Unwrapped, unwrap } from "./carrier.ts";

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
  // A record without a group is of a standard queue: it waits for nobody.
  const groups = Map.groupBy(records, ({ attributes }) => attributes.MessageGroupId ?? "");
  const standard = groups.get("") ?? [];
  groups.delete("");
  const failed = await Promise.all([
    failuresOf(standard),
    ...groups.values().map(async (group) => {
      for (const [index, record] of group.entries())
        if ((await failuresOf([record])).length > 0) return group.slice(index);
      return [];
    }),
  ]);
  return { batchItemFailures: failed.flat().map(({ messageId }) => ({ itemIdentifier: messageId })) };

  async function failuresOf(batch: readonly SQSRecord[]): Promise<readonly SQSRecord[]> {
    const outcomes = await runRecords(fn, batch.map(toUnwrapped), { ports, signal });
    return batch.filter((_, index) => outcomes[index]?.kind !== "ack" && outcomes[index]?.kind !== "dead");
  }
}

const toUnwrapped = ({ body, messageAttributes, eventSourceARN }: SQSRecord): Unwrapped =>
  unwrap({ body, attributes: messageAttributes, topic: nameIn(eventSourceARN) });

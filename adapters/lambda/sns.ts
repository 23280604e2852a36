import type { SNSEvent, SNSEventRecord } from "aws-lambda";
import type { FunctionDefinition } from "../../functions/kernel/define.ts";
import type { Ports } from "../core/dispatch/ports.ts";
import { runRecords } from "./batch.ts";
import { type Carried, nameIn } from "./carrier.ts";
import { endOf, type Invocation } from "./invocation.ts";

/** Makes Lambda invoke the function again with the same event. */
export class ComesAgainError extends Error {
  override readonly name = "ComesAgainError";
}

/**
 * A notification that SNS invokes the function with, asynchronously: whatever returns is done.
 *
 * throws  ComesAgainError, the only word for "again": Lambda retries twice, then hands the event to the function's OnFailure
 *         destination
 * source  AWS Lambda developer guide, "Using Lambda with Amazon SNS", "Asynchronous invocation"
 */
export async function handleSns(
  fn: FunctionDefinition,
  { event: { Records: records }, invocation }: { readonly event: SNSEvent; readonly invocation: Invocation },
  ports: Ports,
): Promise<void> {
  const outcomes = await runRecords(fn, records, { toCarried, ports, signal: endOf(invocation) });
  const again = outcomes.find(({ kind }) => kind === "retry");
  if (again?.kind === "retry") throw new ComesAgainError(`${again.code}: ${again.reason}`);
}

function toCarried(record: SNSEventRecord | null): Carried {
  const { Message, MessageAttributes, TopicArn, MessageId }: Partial<SNSEventRecord["Sns"]> = record?.Sns ?? {};
  return { body: Message, attributes: MessageAttributes, topic: nameIn(TopicArn), told: { messageId: MessageId } };
}

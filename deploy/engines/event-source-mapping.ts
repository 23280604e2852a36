import { createHash } from "node:crypto";
import { setTimeout as pause } from "node:timers/promises";
import type { AwsApi } from "./aws-api.ts";
import type { Invoke } from "./runtime-api.ts";

/** As Lambda keeps it. */
export interface MappingSettings {
  readonly UUID: string;
  readonly EventSourceArn: string;
  readonly FunctionArn: string;
  readonly BatchSize: number;
  readonly FunctionResponseTypes?: readonly string[];
}

/** One message as it was handed to the function. */
export interface Receipt {
  readonly messageId: string;
  readonly receiveCount: number;
  readonly body: string;
}

export interface EventSourceMapping {
  /** Everything since the start, in order. */
  readonly receipts: readonly Receipt[];
  /** Takes no more; what is at work is finished. */
  stop(): Promise<void>;
}

interface MappingOptions {
  readonly api: AwsApi;
  readonly settings: MappingSettings;
  readonly queueUrl: string;
  readonly invoke: Invoke;
}

interface Message {
  readonly MessageId: string;
  readonly ReceiptHandle: string;
  readonly Body: string;
  readonly Attributes: Readonly<Record<string, string>>;
  readonly MessageAttributes?: Readonly<
    Record<string, { StringValue?: string; BinaryValue?: string; DataType: string }>
  >;
}

const IDLE_MS = 50;

/**
 * Polls a queue for a function as Lambda does: a batch is deleted but for what the function reports, and only where the
 * mapping says that reports count; a failed invocation leaves all of it to come again.
 *
 * source  AWS Lambda developer guide, "Using Lambda with Amazon SQS", "Handling errors for an SQS event source"
 */
export function startMapping({ api, settings, queueUrl, invoke }: MappingOptions): EventSourceMapping {
  const receipts: Receipt[] = [];
  const { BatchSize: most, FunctionResponseTypes: responses = [] } = settings;
  const stopping = new AbortController();

  const work = async () => {
    while (!stopping.signal.aborted) {
      const batch = await receive();
      if (batch.length > 0) await handle(batch);
      else await pause(IDLE_MS);
    }
  };

  async function receive(): Promise<readonly Message[]> {
    const { Messages = [] } = await api.json("AmazonSQS.ReceiveMessage", {
      QueueUrl: queueUrl,
      MaxNumberOfMessages: Math.min(most, 10),
      AttributeNames: ["All"],
      MessageAttributeNames: ["All"],
    });
    return Messages as readonly Message[];
  }

  async function handle(batch: readonly Message[]): Promise<void> {
    for (const { MessageId, Body, Attributes } of batch)
      receipts.push({ messageId: MessageId, receiveCount: Number(Attributes.ApproximateReceiveCount), body: Body });
    let answer: unknown;
    try {
      answer = await invoke({ Records: batch.map((message) => toRecord(message, settings)) });
    } catch {
      return;
    }
    const failed = responses.includes("ReportBatchItemFailures") ? failuresIn(answer, batch) : new Set();
    const done = batch.filter(({ MessageId }) => !failed.has(MessageId));
    if (done.length === 0) return;
    const entries = done.map(({ ReceiptHandle }, index) => ({ Id: String(index), ReceiptHandle }));
    await api.json("AmazonSQS.DeleteMessageBatch", { QueueUrl: queueUrl, Entries: entries });
  }

  const ended = work();
  return {
    receipts,
    async stop() {
      stopping.abort();
      await ended;
    },
  };
}

/** An id that Lambda does not know, or none at all, makes the whole batch fail. */
function failuresIn(answer: unknown, batch: readonly Message[]): ReadonlySet<string> {
  const all = new Set(batch.map(({ MessageId }) => MessageId));
  const { batchItemFailures = [] } = (answer ?? {}) as { batchItemFailures?: { itemIdentifier?: string }[] | null };
  const ids = (batchItemFailures ?? []).map(({ itemIdentifier }) => itemIdentifier ?? "");
  return ids.every((id) => all.has(id)) ? new Set(ids) : all;
}

/** The same names in another case: where one is forgotten, attributes are lost without a word. */
const toRecord = (
  { MessageId, ReceiptHandle, Body, Attributes, MessageAttributes = {} }: Message,
  { EventSourceArn }: MappingSettings,
) => ({
  messageId: MessageId,
  receiptHandle: ReceiptHandle,
  body: Body,
  attributes: Attributes,
  messageAttributes: Object.fromEntries(
    Object.entries(MessageAttributes).map(([name, { StringValue, BinaryValue, DataType }]) => [
      name,
      {
        stringValue: StringValue,
        binaryValue: BinaryValue,
        dataType: DataType,
        stringListValues: [],
        binaryListValues: [],
      },
    ]),
  ),
  md5OfBody: createHash("md5").update(Body).digest("hex"),
  eventSource: "aws:sqs",
  eventSourceARN: EventSourceArn,
  awsRegion: EventSourceArn.split(":")[3],
});

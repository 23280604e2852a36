import type { KinesisStreamBatchResponse, KinesisStreamEvent } from "aws-lambda";
import type { FunctionDefinition } from "../../functions/kernel/define.ts";
import type { Ports } from "../core/ports.ts";
import { endOf, type Invocation, runRecords } from "./batch.ts";
import { nameIn } from "./carrier.ts";

/** A record is bytes and nothing beside them: its event can only be in structured mode. */
const headers = { "content-type": "application/cloudevents+json" };

/**
 * Records of a shard. Lambda goes on from the first that is reported, those after it included: what was done is known by
 * the ledger when it comes again. Subjects keep their order.
 *
 * source  AWS Lambda developer guide, "Configuring partial batch response with Kinesis Data Streams and Lambda"
 */
export async function handleKinesis(
  fn: FunctionDefinition,
  { event: { Records: records }, invocation }: { readonly event: KinesisStreamEvent; readonly invocation: Invocation },
  ports: Ports,
): Promise<KinesisStreamBatchResponse> {
  const messages = records.map(({ kinesis: { data }, eventSourceARN }) => ({
    message: { headers, body: Buffer.from(data, "base64") },
    topic: nameIn(eventSourceARN),
  }));
  const outcomes = await runRecords(fn, messages, { ports, signal: endOf(invocation), keepOrder: true });
  const first = records[outcomes.findIndex(({ kind }) => kind === "retry")];
  return { batchItemFailures: first ? [{ itemIdentifier: first.kinesis.sequenceNumber }] : [] };
}

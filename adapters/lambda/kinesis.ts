import type { KinesisStreamBatchResponse, KinesisStreamEvent, KinesisStreamRecord } from "aws-lambda";
import type { FunctionDefinition } from "../../functions/kernel/define.ts";
import type { Ports } from "../core/dispatch/ports.ts";
import type { runRecords } from "./batch.ts";
import { type Carried, nameIn } from "./carrier.ts";
import { endOf, type Invocation } from "./invocation.ts";

/** A record is bytes and nothing beside them: its event can only be in structured mode, or in the envelope of EventBridge. */
const attributes = { "content-type": { stringValue: "application/cloudevents+json" } };

interface KinesisOptions {
  readonly event: KinesisStreamEvent;
  readonly invocation: Invocation;
  /** That of the start: what this file has beneath it is a second copy. */
  readonly runRecords: typeof runRecords;
}

/**
 * Records of a shard. Lambda goes on from the first that is reported, those after it included: what was done is known by
 * the ledger when it comes again. Subjects keep their order.
 *
 * source  AWS Lambda developer guide, "Configuring partial batch response with Kinesis Data Streams and Lambda"
 */
export async function handleKinesis(
  fn: FunctionDefinition,
  { event: { Records: records }, invocation, runRecords: run }: KinesisOptions,
  ports: Ports,
): Promise<KinesisStreamBatchResponse> {
  const outcomes = await run(fn, records, { toCarried, ports, signal: endOf(invocation), keepOrder: true });
  const first = outcomes.findIndex(({ kind }) => kind === "retry");
  // Without a number, the whole batch comes again.
  const itemIdentifier = records[first]?.kinesis?.sequenceNumber ?? "";
  return { batchItemFailures: first < 0 ? [] : [{ itemIdentifier }] };
}

function toCarried(record: KinesisStreamRecord | null): Carried {
  const data: unknown = record?.kinesis?.data;
  const body = typeof data === "string" ? Buffer.from(data, "base64") : undefined;
  const { partitionKey: key, sequenceNumber: offset }: Partial<KinesisStreamRecord["kinesis"]> = record?.kinesis ?? {};
  const partition = String(record?.eventID ?? "").split(":")[0];
  return { body, attributes, topic: nameIn(record?.eventSourceARN), told: { key, partition, offset } };
}

import type { KinesisStreamBatchResponse, KinesisStreamEvent, SNSEvent, SQSBatchResponse, SQSEvent } from "aws-lambda";
import type { FunctionDefinition } from "../../functions/kernel/define.ts";
import { dispatch } from "../core/dispatch/dispatch.ts";
import type { Ports } from "../core/dispatch/ports.ts";
import { marksOf } from "../core/ledger/marks.ts";
import { keepFault } from "../core/ledger/retention.ts";
import { runRecords } from "./batch.ts";
import type { Invocation } from "./invocation.ts";
import { handleSns } from "./sns.ts";
import { handleSqs } from "./sqs.ts";

/** What a schedule invokes a function with. */
export interface RelayEvent {
  readonly relay: true;
}

type Consumer = (
  event: SQSEvent | SNSEvent | KinesisStreamEvent | RelayEvent,
  context: Invocation,
  // biome-ignore lint/suspicious/noConfusingVoidType: an answer to SNS is none, nor is one to a schedule
) => Promise<SQSBatchResponse | KinesisStreamBatchResponse | void>;

/** SNS takes 256 KiB, as it is set up. */
export const MAX_EVENT_BYTES = 190 * 1024;

/**
 * Hosts one function behind any of the triggers: each invocation says which one it comes from, so that no setting can
 * make an answer mean something else. `{"relay":true}` comes from a schedule, of which AWS says nothing.
 *
 * throws  Error for a function that cannot be run; (when it is invoked) TypeError for what comes from elsewhere: never success by default
 */
export function createConsumer(fn: FunctionDefinition, lent: Ports): Consumer {
  const fault = keepFault(fn, lent);
  if (fault) throw new Error(fault);
  const ports = { ...lent, maxEventBytes: lent.maxEventBytes ?? MAX_EVENT_BYTES };
  return async (event, invocation) => {
    if (comesFrom(event, "aws:sqs")) return handleSqs(fn, { event: event as SQSEvent, invocation }, ports);
    if (comesFrom(event, "aws:sns")) return handleSns(fn, { event: event as SNSEvent, invocation }, ports);
    if (comesFrom(event, "aws:kinesis"))
      return (await import("./later.ts")).handleKinesis(
        fn,
        { event: event as KinesisStreamEvent, invocation, runRecords },
        ports,
      );
    if ((event as Partial<RelayEvent>).relay === true)
      return (await import("./later.ts")).handleRelay(fn, { invocation, dispatch, marks: marksOf(ports) }, ports);
    throw new TypeError("event: must be records of SQS, SNS or Kinesis");
  };
}

/** SNS spells it its own way. One record that does not say it must not hide the others. */
const comesFrom = (
  { Records: records }: { readonly Records?: unknown; readonly relay?: unknown },
  source: string,
): boolean =>
  Array.isArray(records) && records.some((record) => record?.eventSource === source || record?.EventSource === source);

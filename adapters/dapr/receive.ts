import type { FunctionDefinition } from "../../functions/kernel/define.ts";
import type { Bulk } from "../core/dispatch/bulk.ts";
import type { Ports } from "../core/dispatch/ports.ts";
import { receive } from "../core/dispatch/receive.ts";
import type { Message } from "../core/event/decode.ts";
import { HTTP_HEADERS } from "../core/event/header-value.ts";
import { ANSWER, type Answer, toBulkAnswer } from "./answer.ts";
import { toBulk, toEntryJobs } from "./bulk.ts";
import { carriedIn, fromRecord } from "./record.ts";

interface DaprDelivery extends Message {
  readonly topic: string;
}

/** What takes an event, or a bulk of them. */
export interface Receiving {
  readonly ports: Ports;
  readonly bulk: Pick<Bulk, "dispatchAll">;
}

/** One event, or a bulk of them. Source: Dapr pub/sub API reference, "Expected HTTP response" and "bulk subscribe". */
export async function answerDelivery(
  fn: FunctionDefinition,
  delivery: DaprDelivery,
  { ports, bulk }: Receiving,
): Promise<Answer> {
  const { topic, headers, body, overflow } = delivery;
  const entriesOf = toBulk(delivery);
  if (!entriesOf) {
    const carried = () => carriedIn(headers);
    const message = fromRecord({ headers, body, overflow, coding: HTTP_HEADERS, carried });
    return ANSWER[(await receive(fn, { ...message, topic }, ports)).kind];
  }
  const { entries, textOf } = entriesOf;
  const limits = { bytes: body.byteLength, maxBytes: ports.maxEventBytes };
  const held = entries.map((entry, index) => toEntryJobs(entry, { topic, textOf: () => textOf(index), ...limits }));
  return toBulkAnswer(entries, await bulk.dispatchAll(held));
}

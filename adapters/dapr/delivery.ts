import type { FunctionDefinition } from "../../functions/kernel/define.ts";
import { MAX_BYTES, type Message } from "../core/decode.ts";
import type { Ports } from "../core/ports.ts";
import { dispatchAll, receive } from "../core/receive.ts";
import { ANSWER, type Answer, toBulkAnswer } from "./answer.ts";
import { toBulk, toEntryJobs } from "./bulk.ts";
import { fromRecord } from "./record.ts";

interface DaprDelivery extends Message {
  readonly topic: string;
}

/** One event, or a bulk of them. Source: Dapr pub/sub API reference, "Expected HTTP response" and "bulk subscribe". */
export async function answerDelivery(
  fn: FunctionDefinition,
  { topic, ...message }: DaprDelivery,
  ports: Ports,
): Promise<Answer> {
  const bulk = toBulk(message);
  if (!bulk) return ANSWER[(await receive(fn, { ...fromRecord(message), topic }, ports)).kind];
  const { entries, textOf } = bulk;
  const mayExceed = message.body.byteLength > MAX_BYTES;
  const held = entries.map((entry, index) => toEntryJobs(entry, { topic, textOf: () => textOf(index), mayExceed }));
  return toBulkAnswer(entries, await dispatchAll(fn, held, { ports }));
}

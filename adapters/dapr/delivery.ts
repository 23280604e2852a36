import type { FunctionDefinition } from "../../functions/kernel/define.ts";
import type { Message } from "../core/decode.ts";
import type { Outcome } from "../core/outcome.ts";
import type { Ports } from "../core/ports.ts";
import { receive } from "../core/receive.ts";
import { runBulk, toEntries } from "./bulk.ts";
import { fromRecord } from "./record.ts";

type Answer = readonly [code: number, body: object];

/** How a sidecar hears each outcome. Never 404 (it drops the event), never 400 (it repeats it for ever). */
const ANSWER = {
  ack: [200, { status: "SUCCESS" }],
  dead: [200, { status: "SUCCESS" }],
  retry: [503, { status: "RETRY" }],
} as const satisfies Record<Outcome["kind"], Answer>;

interface DaprDelivery extends Message {
  readonly topic: string;
}

/** One event, or a bulk of them. Source: Dapr pub/sub API reference, "Expected HTTP response" and "bulk subscribe". */
export async function answerDelivery(
  fn: FunctionDefinition,
  { headers, body = Buffer.alloc(0), topic }: DaprDelivery,
  ports: Ports,
): Promise<Answer> {
  const entries = toEntries({ headers, body });
  if (!entries) return ANSWER[(await receive(fn, { ...fromRecord({ headers, body }), topic }, ports)).kind];
  const outcomes = await runBulk(fn, { entries, topic, whole: body }, ports);
  // Every entry must be listed: one that is missing comes again.
  const statuses = entries.map(({ entryId }, index) => ({
    entryId,
    status: ANSWER[outcomes[index]?.kind ?? "retry"][1].status,
  }));
  return [200, { statuses }];
}

import { randomUUID } from "node:crypto";
import { OrderCreated } from "../../functions/events/index.ts";

export const TOKEN = "token-of-the-app";

const TRACE = `00-${"a".repeat(32)}-${"b".repeat(16)}-01`;

/** One order of five lines, as a sidecar delivers it: 1 KB, keys in order. */
export function orderEvent(): Readonly<Record<string, unknown>> {
  const [item] = OrderCreated.sample.items;
  const orderId = randomUUID();
  return inOrder({
    ...{ data: { ...OrderCreated.sample, orderId, items: Array.from({ length: 5 }, () => item) } },
    ...{ datacontenttype: "application/json", id: randomUUID(), pubsubname: "pubsub", source: "/shop/order" },
    ...{ correlationid: orderId, causationid: orderId, subject: orderId, specversion: "1.0" },
    ...{ time: new Date().toISOString(), topic: "orders", type: OrderCreated.type },
    ...{ traceid: TRACE, traceparent: TRACE, tracestate: "" },
  });
}

const inOrder = (object: object): Readonly<Record<string, unknown>> =>
  JSON.parse(JSON.stringify(object), (_key, value: unknown) =>
    typeof value === "object" && value !== null && !Array.isArray(value)
      ? Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)))
      : value,
  );

export const SINGLE = { "content-type": "application/cloudevents+json", "dapr-api-token": TOKEN };

/** Many events in one request. source: Dapr, bulk subscribe */
export const toBulk = (events: readonly unknown[]): string =>
  JSON.stringify({
    entries: events.map((event, index) => ({
      ...{ entryId: String(index), event, contentType: "application/cloudevents+json", metadata: {} },
    })),
  });

/** The same as of a subscription with rawPayload: the bytes that were published. */
export const toRawBulk = (events: readonly object[]): string =>
  toBulk(events.map((event) => Buffer.from(JSON.stringify(event)).toString("base64")));

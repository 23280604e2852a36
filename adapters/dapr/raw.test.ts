import { expect, it, onTestFinished } from "vitest";
import { createBilling } from "../../functions/billing/handler.ts";
import { OrderCreated } from "../../functions/events/index.ts";
import { toReplay } from "../core/dispatch/replayed.ts";
import { createEffects } from "../effects/index.ts";
import { createDaprApp } from "./app.ts";
import { createTestPorts } from "./test-ports.ts";

const NOW = Date.parse("2026-11-25T10:00:00Z");
const PAST = "2026-11-25T09:59:59Z";

const eventOf = (members: object = {}) => ({
  ...{ specversion: "1.0", id: "o-1", source: "/shop/order", type: OrderCreated.type },
  data: { ...OrderCreated.sample, orderId: "o-1" },
  ...members,
});

function start() {
  const { ports, said } = createTestPorts({ now: () => NOW });
  const app = createDaprApp(createBilling(createEffects({})), { ports });
  onTestFinished(() => app.close());
  const deliver = async (contentType: string, payload: object) => {
    const headers = { "content-type": contentType };
    const { statusCode, json } = await app.inject({ method: "POST", url: "/orders", headers, payload });
    return [statusCode, json()];
  };
  const letters = () => said.flatMap(({ topic, body }) => (topic === "dead-letters" ? JSON.parse(body) : []));
  return { deliver, said, letters };
}

type Way = (deliver: ReturnType<typeof start>["deliver"], body: string | Uint8Array) => Promise<unknown[]>;

const base64 = (body: string | Uint8Array) => Buffer.from(body as string).toString("base64");
const CLOUD_EVENT = "application/cloudevents+json";

/** As daprd hands over what was published. */
const bulkOf = (events: readonly object[]) => ({
  ...{ id: "b", metadata: { pubsubName: "pubsub" }, pubsubname: "pubsub", topic: "orders" },
  entries: events.map((members, index) => ({
    ...{ entryId: `${index}`, metadata: null, contentType: "application/octet-stream" },
    ...members,
  })),
  type: "com.dapr.event.sent.bulk",
});
const inBulk: Way = (deliver, body) => deliver("application/json", bulkOf([{ event: base64(body) }]));
const single: Way = (deliver, body) =>
  deliver(CLOUD_EVENT, {
    ...{ specversion: "1.0", id: crypto.randomUUID(), source: "Dapr", type: "com.dapr.event.sent" },
    ...{ datacontenttype: "application/octet-stream", data_base64: base64(body) },
    ...{ topic: "orders", pubsubname: "pubsub" },
  });

const ways: readonly (readonly [string, Way, object])[] = [
  ["in a bulk", inBulk, { statuses: [{ entryId: "0", status: "SUCCESS" }] }],
  ["by itself", single, { status: "SUCCESS" }],
];
it.each(ways)(
  "what has expired is a letter with its event, raw %s: no sidecar looks into it",
  async (_how, way, done) => {
    const { deliver, said, letters } = start();
    const event = eventOf({ expiration: PAST, topic: "orders", pubsubname: "pubsub" });
    expect(await way(deliver, JSON.stringify(event))).toEqual([200, done]);
    expect(said.map(({ topic }) => topic)).toEqual(["dead-letters"]);
    const reason = `expiration: must lie ahead, got ${PAST}`;
    expect(letters()).toMatchObject([{ ...event, deadcode: "expired", deadreason: reason, deadtopic: "orders" }]);

    const letter = { headers: { "content-type": CLOUD_EVENT }, body: Buffer.from(said[0]?.body ?? "") };
    const { event: replayed } = toReplay(letter);
    expect(replayed).not.toHaveProperty("expiration");
    await way(deliver, JSON.stringify(replayed));
    expect(said.map(({ topic }) => topic)).toEqual(["dead-letters", "bills"]);
  },
);

it.each(
  [
    { when: "this very moment", members: { expiration: "2026-11-25T10:00:00Z" }, handled: 1 },
    { when: "later", members: { expiration: "2026-11-25T11:00:01+01:00" }, handled: 1 },
    { when: "never, as far as anybody can tell", members: { expiration: "tomorrow" }, handled: 1 },
    { when: "and is of others", members: { expiration: PAST, type: "com.example.other.v1" }, handled: 0 },
  ].flatMap((row) => ways.map(([how, way, done]) => ({ ...row, how, way, done }))),
)("no letter is made of what expires $when, raw $how", async ({ members, handled, way, done }) => {
  const { deliver, said, letters } = start();
  expect(await way(deliver, JSON.stringify(eventOf(members)))).toEqual([200, done]);
  expect([said.length, letters()]).toEqual([handled, []]);
});

it.each([
  ["text", "no JSON", "json"],
  ["a list", "[1]", "json"],
  ["JSON that is no event", '{"orderId":"o-1"}', "attribute"],
  ["nothing", "", "json"],
  ["bytes that are no text", new Uint8Array([0xff, 0xfe, 0x00]), "utf8"],
])("what is no event is a letter of its bytes, with our reason: %s", async (_what, body, code) => {
  const { deliver, letters } = start();
  expect(await inBulk(deliver, body)).toEqual([200, { statuses: [{ entryId: "0", status: "SUCCESS" }] }]);
  const { deadcode, deadreason, deadtopic, data_base64 } = letters()[0];
  expect([deadcode, deadtopic, data_base64]).toEqual([code, "orders", base64(body)]);
  expect(deadreason).toMatch(/^[\w-]+: must /);
});

it.each(ways)("the event's own trace goes on, raw %s: the sidecar has begun none", async (_how, way) => {
  const { deliver, said } = start();
  const trace = { traceparent: `00-${"a".repeat(32)}-${"b".repeat(16)}-01`, tracestate: "a=1" };
  await way(deliver, JSON.stringify(eventOf(trace)));
  expect(said).toMatchObject([{ topic: "bills", tracestate: "a=1" }]);
  expect(said[0]?.traceparent?.slice(3, 35)).toBe("a".repeat(32));
});

it("a record that was written to Kafka in binary mode is told by its entry's metadata, its time to live among it", async () => {
  const { deliver, said, letters } = start();
  const { data, ...attributes } = eventOf();
  const record = (more: object) => ({
    event: base64(JSON.stringify(data)),
    metadata: Object.fromEntries([
      ...Object.entries({ ...attributes, ...more }).map(([name, value]) => [`ce_${name}`, value]),
      ...Object.entries({ __key: "o-1", __topic: "orders", __partition: "3", __offset: "17" }),
      ["content-type", "application/json"],
    ]),
  });
  await deliver("application/json", bulkOf([record({}), record({ id: "o-2", expiration: PAST }), record({ id: "" })]));
  expect(said.filter(({ topic }) => topic === "bills")).toHaveLength(1);
  expect(letters()).toMatchObject([
    { id: "o-2", deadcode: "expired" },
    { deadcode: "attribute", deadkey: "o-1", deadpartition: "3", deadoffset: "17" },
  ]);
});

it("an empty value of Kafka beside no headers is a letter with its key: it was a tombstone", async () => {
  const { deliver, letters } = start();
  await deliver("application/json", bulkOf([{ event: "", metadata: { __key: "o-1", __offset: "17" } }]));
  expect(letters()).toMatchObject([{ deadcode: "json", deadkey: "o-1", deadoffset: "17" }]);
});

it("takes text that is no base64 for what it is, though no daprd writes it", async () => {
  const { deliver, said } = start();
  await deliver("application/json", bulkOf([{ event: JSON.stringify(eventOf()) }]));
  expect(said.map(({ topic }) => topic)).toEqual(["bills"]);
});

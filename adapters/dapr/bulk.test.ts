import { expect, it, onTestFinished } from "vitest";
import { createBilling } from "../../functions/billing/handler.ts";
import { OrderCreated } from "../../functions/events/index.ts";
import { createEffects } from "../effects/index.ts";
import { createDaprApp } from "./app.ts";
import { createTestPorts } from "./test-ports.ts";

const event = (id: string, members: object = {}) => ({
  specversion: "1.0",
  id,
  source: "/shop/order",
  type: OrderCreated.type,
  data: { ...OrderCreated.sample, orderId: id },
  ...members,
});

const entry = (entryId: string, what: unknown, contentType = "application/cloudevents+json") => ({
  entryId,
  event: what,
  contentType,
  metadata: { traceparent: `00-${"a".repeat(32)}-${"b".repeat(16)}-01`, tracestate: "a=1" },
});

function start() {
  const { charge, withdraw } = createEffects({});
  const billing = createBilling({
    charge: (request) => (request.key === "fails" ? Promise.reject(new Error("no")) : charge(request)),
    withdraw,
  });
  const { ports, said } = createTestPorts();
  const app = createDaprApp(billing, { ports });
  onTestFinished(() => app.close());
  const deliver = async (body: string | object, contentType = "application/json") =>
    app.inject({
      method: "POST",
      url: "/orders",
      headers: { "content-type": contentType },
      payload: typeof body === "string" ? body : JSON.stringify(body),
    });
  return { deliver, said };
}

const letters = (said: readonly { topic: string; body: string }[]) =>
  said.flatMap(({ topic, body }) => (topic === "dead-letters" ? JSON.parse(body) : []));

it("gives every entry its status, in order: one that is missing would come again", async () => {
  const { deliver, said } = start();
  const entries = [
    entry("1", event("o-1")),
    entry("2", event("fails")),
    entry("3", event("", {})),
    entry("4", event("o-1")),
    entry("5", event("o-5", { type: "com.example.other.v1" })),
    entry("6", 17),
    entry("7", null),
    entry("8", event("o-8", { data: {} })),
    entry("9", Buffer.from(JSON.stringify(event("o-9"))).toString("base64"), "application/octet-stream"),
    entry("10", JSON.stringify(event("o-10"))),
    entry("11", "no event", "text/plain"),
  ];
  const answer = await deliver({ id: "b-1", entries, topic: "orders", pubsubname: "pubsub", type: "bulk" });
  expect(answer.statusCode).toBe(200);
  expect(answer.json()).toEqual({
    statuses: entries.map(({ entryId }) => ({ entryId, status: entryId === "2" ? "RETRY" : "SUCCESS" })),
  });
  expect(
    letters(said)
      .map(({ deadcode }) => deadcode)
      .sort(),
  ).toEqual(["attribute", "json", "json", "json", "schema"]);
  const traces = said.flatMap(({ traceparent, tracestate }) =>
    traceparent ? `${traceparent.slice(3, 35)} ${tracestate}` : [],
  );
  expect(new Set(traces)).toEqual(new Set([`${"a".repeat(32)} a=1`]));
});

it.each(["application/octet-stream", "application/json", "text/plain", "application/cloudevents+json", "", undefined])(
  "takes the bytes of a raw payload for what they are, whatever the entry says: %s",
  async (contentType) => {
    const { deliver, said } = start();
    const raw = (event: unknown) => Buffer.from(JSON.stringify(event)).toString("base64");
    const entries = [raw(event("o-1")), raw({ orderId: "o-2" }), raw(event("o-3"))].map((what, index) => ({
      ...entry(`${index}`, what),
      contentType,
    }));
    const answer = await deliver({ entries });
    expect(answer.json().statuses.map(({ status }: { status: string }) => status)).toEqual(Array(3).fill("SUCCESS"));
    expect(said.map(({ topic }) => topic).sort()).toEqual(["bills", "bills", "dead-letters"]);
  },
);

it("handles every event of a batch in one entry, and has it come again for one of them", async () => {
  const { deliver, said } = start();
  const batch = (...ids: string[]) => Buffer.from(JSON.stringify(ids.map((id) => event(id)))).toString("base64");
  const label = "application/cloudevents-batch+json";
  const answer = await deliver({
    entries: [entry("1", batch("o-1", "o-2"), label), entry("2", batch("fails", "o-3"), label)],
  });
  expect(answer.json().statuses).toEqual([
    { entryId: "1", status: "SUCCESS" },
    { entryId: "2", status: "RETRY" },
  ]);
  expect(said.map(({ topic }) => topic)).toEqual(["bills", "bills", "bills"]);
});

it("keeps integers beyond 2^53 exact in entries, as in single deliveries, whatever stands beside them", async () => {
  const { deliver, said } = start();
  const large = JSON.stringify(event("o-1", { data: "LARGE", subject: "s" })).replace('"LARGE"', "9007199254740993");
  const deep = JSON.stringify(event("o-2", { data: "DEEP" })).replace('"DEEP"', "[".repeat(9_000) + "]".repeat(9_000));
  const around = '"a":"[{","specversions":[1]';
  await deliver(`{${around},"entries":[{"entryId":"0","event":${deep}},{"event":${large}, "entryId":"1"}]}`);
  expect(said.map(({ body }) => body)).toEqual([
    expect.any(String),
    expect.stringContaining('"data":9007199254740993'),
  ]);
});

it("takes no entry that is larger than a single delivery may be", async () => {
  const { deliver, said } = start();
  const large = { ...event("o-2"), padding: "x".repeat(3 * 1024 * 1024) };
  const answer = await deliver({ entries: [entry("1", event("o-1")), entry("2", large)] });
  expect(answer.json().statuses.map(({ status }: { status: string }) => status)).toEqual(["SUCCESS", "SUCCESS"]);
  expect(letters(said).map(({ deadcode }) => deadcode)).toEqual(["size"]);
});

it("takes an entry that a producer wrote to Kafka in binary mode", async () => {
  const { deliver, said } = start();
  const { data, ...attributes } = event("o-1");
  const metadata = Object.fromEntries(Object.entries(attributes).map(([name, value]) => [`ce_${name}`, value]));
  const raw = Buffer.from(JSON.stringify(data)).toString("base64");
  const escaped = { ce_id: "%C3%BC", ce_source: "%2Fshop%2Forder" };
  const entries = [
    { entryId: "1", event: data, contentType: "application/cloudevents+json", metadata },
    { entryId: "2", event: raw, contentType: "application/octet-stream", metadata: { ...metadata, ...escaped } },
    { entryId: "3", event: raw, metadata: { ...metadata, ce_id: "3", "content-type": "text/plain" } },
  ];
  await deliver({ entries });
  expect(said.filter(({ topic }) => topic === "bills").map(({ body }) => JSON.parse(body).causationid)).toEqual([
    "o-1",
    "ü",
  ]);
  // By its record's own content type, it is text.
  expect(letters(said)).toMatchObject([{ id: "3", deadcode: "schema", data: JSON.stringify(data) }]);
});

it("buries an entry that is nested too deep with its own text: the others do not suffer from it", async () => {
  const { deliver, said } = start();
  const deep = JSON.stringify(entry("2", event("o-2", { data: "DEEP" }))).replace(
    '"DEEP"',
    "[".repeat(50_000) + "]".repeat(50_000),
  );
  const body = `{"entries":[${JSON.stringify(entry("1", event("o-1")))},${deep}]}`;
  const answer = await deliver(body);
  expect([answer.statusCode, answer.json()]).toEqual([
    200,
    {
      statuses: [
        { entryId: "1", status: "SUCCESS" },
        { entryId: "2", status: "SUCCESS" },
      ],
    },
  ]);
  const [letter] = letters(said);
  expect(letter).toMatchObject({ deadcode: "depth", deadtopic: "orders" });
  const own = Buffer.from(letter.data_base64, "base64").toString();
  expect([own.startsWith('{"specversion":"1.0","id":"o-2"'), deep.includes(own)]).toEqual([true, true]);
});

it.each([
  ["metadata", { metadata: null }],
  ["content type", { contentType: null }],
  ["content type of another kind", { contentType: 17 }],
])("takes an entry with a strange %s", async (_what, members) => {
  const { deliver } = start();
  for (const what of [event("o-1"), JSON.stringify(event("o-2"))]) {
    const answer = await deliver({ entries: [{ ...entry("1", what), ...members }] });
    expect([answer.statusCode, answer.json()]).toEqual([200, { statuses: [{ entryId: "1", status: "SUCCESS" }] }]);
  }
});

it("answers a bulk of none with none", async () => {
  expect((await start().deliver({ entries: [] })).json()).toEqual({ statuses: [] });
});

it.each([
  ["an event that has entries", { ...event("o-1"), entries: [] }],
  ["entries without ids", { entries: [{ event: event("o-1") }] }],
  ["entries that are none", { entries: "all" }],
])("answers %s as one delivery", async (_what, body) => {
  const answer = await start().deliver(body);
  expect([answer.statusCode, answer.json()]).toEqual([200, { status: "SUCCESS" }]);
});

it("takes more events at once than a single delivery may have bytes", async () => {
  const { deliver } = start();
  const padding = "x".repeat(200_000);
  const entries = Array.from({ length: 30 }, (_, n) => entry(`${n}`, event(`o-${n}`, { padding })));
  const { statuses } = (await deliver({ entries })).json();
  expect(statuses.filter(({ status }: { status: string }) => status === "SUCCESS")).toHaveLength(30);
});

it.each([
  ["without its padding", "YWJjZA"],
  ["of URLs", "YWJj_-9k"],
  ["with a blank in it", "YWJj ZGV"],
  ["with other characters in it", "YWJjéZGV"],
  ["with padding in its middle", "YQ==YWJj"],
  ["with last bits that say nothing", "YWJjZR=="],
  ["of nothing but padding", "===="],
])("takes text for what it is, which is base64 but %s", async (_what, text) => {
  const { deliver, said } = start();
  await deliver({ entries: [entry("1", text, "text/plain")] });
  const [letter] = letters(said);
  expect(Buffer.from(letter.data_base64, "base64").toString()).toBe(text);
});

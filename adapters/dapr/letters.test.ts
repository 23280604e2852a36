import { expect, it } from "vitest";
import { createBilling } from "../../functions/billing/handler.ts";
import { OrderCreated } from "../../functions/events/index.ts";
import { createEffects } from "../effects/index.ts";
import { createDaprApp } from "./app.ts";
import { createTestPorts } from "./test-ports.ts";

const TOKEN = "a-secret-that-nobody-knows";
const PLACE = { __topic: "orders", __partition: "3", __offset: "17", __timestamp: "1764000000000" };
const latin1 = (text: string) => Buffer.from(text).toString("latin1");

async function letterOf(headers: Readonly<Record<string, string>>, payload: string) {
  const { ports, said } = createTestPorts();
  const app = createDaprApp(createBilling(createEffects({})), { ports, token: TOKEN });
  const shown = { "content-type": "application/cloudevents+json", pubsubname: "pubsub", "dapr-api-token": TOKEN };
  await app.inject({ method: "POST", url: "/orders", headers: { ...shown, ...headers }, payload });
  await app.close();
  return JSON.parse(said[0]?.body ?? "{}");
}

const bulkOf = (metadata: object, more: object = {}) =>
  JSON.stringify({
    id: "b",
    entries: [{ entryId: "1", event: "", contentType: "application/octet-stream", metadata, ...more }],
  });

it.each<[string, (key: string, more?: object) => Promise<Record<string, unknown>>]>([
  ["a delivery", (key, more) => letterOf({ ...PLACE, __key: latin1(key), ...more }, "null")],
  [
    "an entry of a bulk",
    (key, more) => letterOf({ "content-type": "application/json" }, bulkOf({ ...PLACE, __key: key, ...more })),
  ],
])("of two tombstones of Kafka, %s tells what was deleted, and comes twice as one", async (_what, deliver) => {
  const [one, other, again] = [
    await deliver("ü/1", { traceparent: `00-${"1".repeat(32)}-${"1".repeat(16)}-01` }),
    await deliver("ü/2"),
    await deliver("ü/1", { traceparent: `00-${"2".repeat(32)}-${"2".repeat(16)}-01`, "x-request-id": "7" }),
  ];
  expect(one).toMatchObject({ deadkey: "ü/1", deadpartition: "3", deadoffset: "17", deadtopic: "orders" });
  expect([one.id === again.id, one.id === other.id, other.deadkey]).toEqual([true, false, "ü/2"]);
  expect(JSON.stringify(one)).not.toContain(TOKEN);
  expect(JSON.parse(String(one.deadheaders))).toEqual(
    expect.arrayContaining([
      ["__topic", "orders"],
      ["__timestamp", PLACE.__timestamp],
    ]),
  );
});

it("keeps the headers of a record, and unescapes its key where the component escapes", async () => {
  const record = {
    ce_specversion: "1.0",
    ce_id: "e%2F1",
    ce_type: OrderCreated.type,
    tenant: "t-1",
    __key: "k+10+%C3%BC%25",
  };
  const letter = await letterOf(record, "17");
  expect(letter).toMatchObject({ deadcode: "attribute", deadkey: "k 10 ü%" });
  expect(JSON.parse(letter.deadheaders)).toEqual(
    expect.arrayContaining([
      ["ce_id", "e/1"],
      ["tenant", "t-1"],
      ["pubsubname", "pubsub"],
    ]),
  );
});

it.each<[string, string, string]>([
  ["two bytes that are no text", "\xff\xfe", "%FF%FE"],
  ["a telephone number", "+4930123456", "+4930123456"],
  ["a percent sign beside bytes", "%\xff", "%25%FF"],
])("keeps a key as it was, or as it would be in a URL: %s", async (_what, key, deadkey) => {
  expect(await letterOf({ ...PLACE, __key: key }, "null")).toMatchObject({ deadkey });
});

it("is one letter for an envelope that a sidecar makes of a raw payload anew each time", async () => {
  const envelope = (id: string) =>
    JSON.stringify({
      specversion: "1.0",
      type: "com.dapr.event.sent",
      source: "Dapr",
      id,
      data_base64: "bm90aGluZw==",
    });
  const [one, again] = [await letterOf(PLACE, envelope("1")), await letterOf(PLACE, envelope("2"))];
  expect([one.deadcode, again.id]).toEqual(["type", one.id]);
});

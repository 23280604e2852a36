import { expect, onTestFinished, test } from "vitest";
import { createSidecars } from "./sidecars.ts";
import { ask, pubsubYaml, resourcesWith, startApp, subscriptionsYaml } from "./test-app.ts";

/** A sidecar whose app hears `t`. */
async function start() {
  const app = await startApp();
  const files = { "a.yaml": pubsubYaml({ publishingScopes: "app=t" }), "b.yaml": subscriptionsYaml([{ topic: "t" }]) };
  const apps = [{ appId: "app", appPort: app.port, httpPort: 0 }];
  const sidecars = await createSidecars({ resources: [resourcesWith(files)], database: ":memory:", apps });
  onTestFinished(sidecars.close);
  const publish = (path: string, entries: unknown) => {
    const body = typeof entries === "string" ? entries : JSON.stringify(entries);
    return ask(sidecars.apps[0]?.httpPort ?? 0, { method: "POST", path, body });
  };
  return { app, publish };
}

const PATH = "/v1.0-alpha1/publish/bulk/pubsub/t";
const JSON_TYPE = "application/json";
const CLOUD_EVENT = "application/cloudevents+json";
const event = { specversion: "1.0", id: "e", source: "/s", type: "t", data: 1 };

test.each(["/v1.0/publish/bulk/pubsub/t", PATH])("takes events of every kind, in their order: %s", async (path) => {
  const { app, publish } = await start();
  const entries = [
    { entryId: "1", event: { a: 1 }, contentType: JSON_TYPE },
    { entryId: "2", event: "text", contentType: "text/plain" },
    { entryId: "3", event, contentType: CLOUD_EVENT },
    { entryId: "4", event: "AAEC", contentType: "application/octet-stream" },
  ];
  expect(
    (await publish(`${path}?metadata.foo=bar`, [...entries, { ...entries[0], entryId: "5", metadata: {} }])).status,
  ).toBe(204);
  await app.until(({ length }) => length === 5);
  const said = app.deliveries.map(({ body, headers }) => {
    const { data, data_base64, type } = JSON.parse(body);
    return [data ?? data_base64, type, headers.foo];
  });
  // What is said of all is said of an entry that has metadata of its own, as daprd has it.
  expect(said).toEqual(
    expect.arrayContaining([
      [{ a: 1 }, "com.dapr.event.sent", undefined],
      ["text", "com.dapr.event.sent", undefined],
      [1, "t", undefined],
      ["AAEC", "com.dapr.event.sent", undefined],
      [{ a: 1 }, "com.dapr.event.sent", "bar"],
    ]),
  );
});

test("with rawPayload the bytes are what lies on the topic: integers keep their digits", async () => {
  const { app, publish } = await start();
  const bytes = '{"specversion":"1.0", "id":"e","data":9007199254740993}';
  const base64 = Buffer.from(bytes).toString("base64");
  const entry = { entryId: "1", event: base64, contentType: "application/octet-stream" };
  const metadata = { partitionKey: "k", "content-type": CLOUD_EVENT };
  expect((await publish(`${PATH}?metadata.rawPayload=true`, [{ ...entry, metadata }])).status).toBe(204);
  await app.until(({ length }) => length === 1);
  expect(app.deliveries[0]).toMatchObject({ body: bytes, headers: { partitionkey: "k", rawpayload: "true" } });
});

test.each([
  ["no JSON", "[{"],
  ["no list", {}],
  ["an entry without id", [{ event: 1, contentType: JSON_TYPE }]],
  ["two of one id", [1, 2].map((event) => ({ entryId: "1", event, contentType: JSON_TYPE }))],
  ["an object as text", [{ entryId: "1", event: {}, contentType: "text/plain" }]],
  ["no content type", [{ entryId: "1", event: {} }]],
  ["another content type", [{ entryId: "1", event: "x", contentType: "image/png" }]],
  ["bytes that are no base64", [{ entryId: "1", event: "***", contentType: "application/octet-stream" }]],
])("takes nothing where there is %s among it", async (_what, entries) => {
  const { app, publish } = await start();
  const good = { entryId: "good", event, contentType: CLOUD_EVENT };
  const { status, body } = await publish(PATH, Array.isArray(entries) ? [good, ...entries] : entries);
  expect([status, JSON.parse(body).errorCode]).toEqual([400, "ERR_PUBSUB_EVENTS_SER"]);
  await publish(PATH, [{ ...good, event: { ...event, id: "next" } }]);
  await app.until(({ length }) => length === 1);
  expect(JSON.parse(app.deliveries[0]?.body ?? "").id).toBe("next");
});

test.each([
  ["no component", "/v1.0/publish/bulk/nope/t", 404, "ERR_PUBSUB_NOT_FOUND"],
  ["a topic that is not its own", "/v1.0/publish/bulk/pubsub/u", 403, "ERR_PUBSUB_FORBIDDEN"],
  ["no topic", "/v1.0/publish/bulk/pubsub/", 404, "ERR_DIRECT_INVOKE"],
  ["rawPayload that is none", `${PATH}?metadata.rawPayload=maybe`, 400, "ERR_PUBSUB_REQUEST_METADATA"],
])("refuses %s as it does one event", async (_what, path, status, code) => {
  const answer = await (await start()).publish(path, []);
  expect([answer.status, JSON.parse(answer.body).errorCode]).toEqual([status, code]);
});

import { expect, onTestFinished, test } from "vitest";
import type { ReportLine } from "./report.ts";
import { type AppOptions, createSidecars } from "./sidecars.ts";
import {
  ask,
  publishEvent,
  pubsubYaml,
  resourcesWith,
  startApp,
  subscriptionsYaml,
  temporaryFolder,
} from "./test-app.ts";

const event = { specversion: "1.0", id: "1", source: "/s", type: "t", data: { a: 1 } };

interface StartOptions extends Partial<AppOptions> {
  readonly files?: Readonly<Record<string, string>>;
  readonly database?: string;
}

/** One sidecar; its app subscribes to `t`, with the dead letter topic `d` unless the files say otherwise. */
async function start({ files = {}, database = ":memory:", ...app }: StartOptions = {}) {
  const lines: ReportLine[] = [];
  const subscriptions = subscriptionsYaml([{ topic: "t", deadLetterTopic: "d" }, { topic: "d" }]);
  const resources = [resourcesWith({ "pubsub.yaml": pubsubYaml(), "subscriptions.yaml": subscriptions, ...files })];
  const { apps, close } = await createSidecars({
    resources,
    database,
    apps: [{ appId: "app", appPort: 1, httpPort: 0, ...app }],
    onEvent: (line) => lines.push(line),
  });
  let closing: Promise<void> | undefined;
  const closeOnce = () => (closing ??= close());
  onTestFinished(closeOnce);
  const port = apps[0]?.httpPort ?? 0;
  const told = (msg: string) =>
    expect.poll(() => lines.some((line) => line.msg === msg), { timeout: 5_000 }).toBe(true);
  return { port, lines, told, close: closeOnce };
}

const withoutDeadLetters = { "subscriptions.yaml": subscriptionsYaml([{ topic: "t" }]) };
const healthOf = async (port: number) => (await ask(port, { path: "/v1.0/healthz" })).status;

test("what is published before the app listens waits for it, and health says when it is there", async () => {
  const { port: appPort, stop } = await startApp();
  await stop();
  const { port, told } = await start({ appPort });
  expect([await healthOf(port), (await ask(port, { path: "/v1.0/healthz/outbound" })).status]).toEqual([500, 204]);
  expect(await publishEvent(port, "t", event)).toBe(204);
  const app = await startApp({ port: appPort });
  await app.until(({ length }) => length === 1);
  await told("app is up");
  expect(await healthOf(port)).toBe(204);
});

test("asks the app as daprd does: its id and token on every call but the probe", async () => {
  const app = await startApp();
  const { port } = await start({ appPort: app.port, appToken: "secret", healthCheckPath: "/readyz" });
  await publishEvent(port, "t?metadata.Foo=b%C3%A4r&metadata.content-type=evil&metadata.dapr-api-token=evil", event);
  await app.until(({ length }) => length === 1);
  const asked = (wanted: string) => app.others.find(({ path }) => path === wanted)?.headers;
  const mine = { "dapr-app-id": "app", "dapr-api-token": "secret", "content-type": "application/json" };
  expect(asked("/dapr/config")).toMatchObject(mine);
  expect(asked("/dapr/subscribe")).toMatchObject(mine);
  expect(asked("/readyz")).not.toHaveProperty("dapr-api-token");
  expect(app.deliveries[0]).toMatchObject({
    path: "/t",
    headers: {
      "content-type": "application/cloudevents+json",
      pubsubname: "pubsub",
      "dapr-api-token": "secret",
      foo: Buffer.from("bär").toString("latin1"),
      traceparent: `00-${"0".repeat(32)}-${"0".repeat(16)}-00`,
    },
  });
});

test.each([
  ["a restart", async ({ stop }: { stop(): Promise<void> }) => stop()],
  ["bad health", undefined],
])("%s of the app uses up no attempts: its events come as soon as it is back", async (_what, goAway) => {
  let healthy = true;
  const other = (path: string) => (path === "/healthz" ? { status: healthy ? 200 : 503 } : { body: "[]" });
  const first = await startApp({ other });
  const { port, told } = await start({ appPort: first.port });
  await told("app is up");
  healthy = goAway !== undefined;
  await goAway?.(first);
  if (!goAway) await told("app is down");
  for (let n = 0; n < 20; n++) await publishEvent(port, "t", { ...event, id: String(n) });
  healthy = true;
  const app = goAway ? await startApp({ port: first.port, other }) : first;
  await app.until(({ length }) => length >= 20);
  // Nothing went to the dead letters, which this app subscribes to as well.
  expect(app.deliveries.map(({ path }) => path)).toEqual(Array.from({ length: 20 }, () => "/t"));
  // It is asked once, however often it comes and goes.
  expect(app.others.filter(({ path }) => path === "/dapr/subscribe")).toHaveLength(goAway ? 0 : 1);
});

test("delivers ten at once and no more, as many as a Redis component takes", async () => {
  const { port: appPort, stop } = await startApp();
  await stop();
  const files = { "subscriptions.yaml": subscriptionsYaml([{ topic: "t" }, { topic: "u" }]) };
  const { port } = await start({ appPort, files });
  const ids = Array.from({ length: 30 }, (_, n) => String(n));
  for (const id of ids) await publishEvent(port, Number(id) % 2 ? "t" : "u", { ...event, id });
  const gate = Promise.withResolvers<object>();
  const app = await startApp({ port: appPort, answer: () => gate.promise });
  await app.until(({ length }) => length >= 10);
  // One more round trip to the app, so that an eleventh would have come.
  await ask(appPort, { path: "/healthz" });
  expect(app.deliveries).toHaveLength(10);
  gate.resolve({});
  await app.until(({ length }) => length >= 30);
  expect(new Set(app.deliveries.map(({ body }) => JSON.parse(body).id))).toEqual(new Set(ids));
});

test.each([
  ["fails", { status: 500 }],
  ["is not served", { status: 404 }],
  ["hangs", { hang: true }],
])("an event whose delivery %s, without dead letter topic, comes again after processingTimeout", async (_what, bad) => {
  const app = await startApp({ answer: (_call, nth) => (nth === 0 ? bad : {}) });
  const files = { ...withoutDeadLetters, "pubsub.yaml": pubsubYaml({ processingTimeout: "300ms" }) };
  const { port, lines } = await start({ appPort: app.port, files });
  const began = Date.now();
  await publishEvent(port, "t", event);
  await app.until(({ length }) => length === 2);
  expect(Date.now() - began).toBeGreaterThanOrEqual(300);
  expect(lines.filter(({ level }) => level === "error")).toHaveLength(1);
});

test("a topic with a backlog does not hold up another of the same app", async () => {
  const { port: appPort, stop } = await startApp();
  await stop();
  const files = { "subscriptions.yaml": subscriptionsYaml([{ topic: "t" }, { topic: "u" }]) };
  const { port } = await start({ appPort, files });
  for (let n = 0; n < 100; n++) await publishEvent(port, "t", event);
  await publishEvent(port, "u", event);
  const app = await startApp({ port: appPort });
  await app.until(({ length }) => length === 101);
  expect(app.deliveries.findIndex(({ path }) => path === "/u")).toBeLessThan(50);
});

test("an expired event goes to the dead letter topic, whose subscriber gets it", async () => {
  const app = await startApp();
  const { port } = await start({ appPort: app.port });
  await publishEvent(port, "t", { ...event, expiration: "2001-01-01T00:00:00Z" });
  await app.until(({ length }) => length === 1);
  expect(app.deliveries[0]?.path).toBe("/d");
});

test("an app that answers with subscriptions gets no events and says why, since ours are declared", async () => {
  const app = await startApp({ other: () => ({ body: '[{"pubsubname":"pubsub","topic":"t","route":"/x"}]' }) });
  const { port, told } = await start({ appPort: app.port });
  await publishEvent(port, "t", event);
  await told("app gets no events");
  expect([await healthOf(port), app.deliveries]).toEqual([500, []]);
});

test("close waits for the answers that are due, while handlers can still publish", async () => {
  const database = `${temporaryFolder()}/broker.db`;
  const gate = Promise.withResolvers<void>();
  let published: number | undefined;
  const app = await startApp({
    async answer() {
      await gate.promise;
      published = await publishEvent(port, "elsewhere", event);
      return {};
    },
  });
  const { port, close } = await start({ appPort: app.port, database });
  await publishEvent(port, "t", event);
  await app.until(({ length }) => length === 1);
  const closed = close();
  gate.resolve();
  await closed;
  expect(published).toBe(204);
  // Nothing is left to deliver, so that only a new event comes.
  const again = await start({ appPort: app.port, database });
  await publishEvent(again.port, "t", { ...event, id: "2" });
  await app.until(({ length }) => length === 2);
  expect(app.deliveries.map(({ body }) => JSON.parse(body).id)).toEqual(["1", "2"]);
});

test("refuses a port that is taken, and an app id that is there twice", async () => {
  const app = await startApp();
  await expect(start({ httpPort: app.port })).rejects.toThrow("EADDRINUSE");
  const twice = ["app", "app"].map((appId) => ({ appId, appPort: 1, httpPort: 0 }));
  await expect(createSidecars({ resources: [], database: ":memory:", apps: twice })).rejects.toThrow("app, app");
});

import { DatabaseSync } from "node:sqlite";
import { expect, onTestFinished, test } from "vitest";
import type { ReportLine } from "../report.ts";
import { createSidecars } from "../sidecars.ts";
import {
  ask,
  publishEvent,
  pubsubYaml,
  resiliencyYaml,
  resourcesWith,
  startApp,
  stateYaml,
  subscriptionsYaml,
  temporaryFolder,
} from "../test-app.ts";

const event = (id: string) => ({ specversion: "1.0", id, source: "/s", type: "t", data: {} });
const idIn = ({ body }: { readonly body: string }): string => JSON.parse(body).id;

/** One sidecar, and its app that hears `t`, one event in a request. */
async function start(database = `${temporaryFolder()}/broker.db`, app = startApp()) {
  const { port: appPort, ...rest } = await app;
  const lines: ReportLine[] = [];
  const resources = resourcesWith({
    "pubsub.yaml": pubsubYaml(),
    "state.yaml": stateYaml,
    "subscriptions.yaml": subscriptionsYaml([{ topic: "t" }]),
    "resiliency.yaml": resiliencyYaml({ timeout: "5s", duration: "20ms", maxRetries: -1 }),
  });
  const { apps, obey, close } = await createSidecars({
    ...{ resources: [resources], database, apps: [{ appId: "app", appPort, httpPort: 0 }] },
    onEvent: (line) => lines.push(line),
  });
  let closing: Promise<void> | undefined;
  const closeOnce = () => (closing ??= close());
  onTestFinished(closeOnce);
  const kept = (table: "entry" | "delivery") => {
    const db = new DatabaseSync(database, { readOnly: true });
    const [row] = db.prepare(`SELECT count(*) AS rows FROM ${table}`).all();
    db.close();
    return Number(row?.rows);
  };
  return { ...rest, appPort, database, port: apps[0]?.httpPort ?? 0, obey, close: closeOnce, lines, kept };
}

test("while the broker is away publishing fails in its words and nothing is delivered; back, all of it comes", async () => {
  const app = await start();
  expect(await publishEvent(app.port, "t", event("1"))).toBe(204);
  await app.until(({ length }) => length === 1);
  app.obey({ do: "away", what: "broker" });
  const refused = await ask(app.port, {
    method: "POST",
    path: "/v1.0/publish/pubsub/t",
    headers: { "content-type": "application/cloudevents+json" },
    body: JSON.stringify(event("2")),
  });
  expect([refused.status, JSON.parse(refused.body).errorCode]).toEqual([500, "ERR_PUBSUB_PUBLISH_MESSAGE"]);
  app.obey({ do: "back", what: "broker" });
  expect(await publishEvent(app.port, "t", event("3"))).toBe(204);
  await app.until((all) => all.map(idIn).includes("3"));
  expect(app.deliveries.map(idIn)).not.toContain("2");
});

test("what is answered while the broker is away is acknowledged nowhere, so that it comes again when it is back", async () => {
  const answering = Promise.withResolvers<void>();
  const app = await start(
    undefined,
    startApp({ answer: async (_, nth) => (nth === 0 ? answering.promise.then(() => ({})) : {}) }),
  );
  await publishEvent(app.port, "t", event("1"));
  await app.until(({ length }) => length === 1);
  app.obey({ do: "away", what: "broker" });
  answering.resolve();
  await expect.poll(() => app.lines.some(({ msg }) => msg === "the broker failed")).toBe(true);
  app.obey({ do: "back", what: "broker" });
  await app.until((all) => all.length === 2);
  expect(app.deliveries.map(idIn)).toEqual(["1", "1"]);
});

test("while the store is away each of its calls answers 500, and what was saved is there when it is back", async () => {
  const { port, obey } = await start();
  const path = "/v1.0/state/statestore";
  const save = () => ask(port, { method: "POST", path, body: '[{"key":"k","value":1}]' });
  const calls = () =>
    Promise.all([
      save(),
      ask(port, { path: `${path}/k` }),
      ask(port, { method: "POST", path: `${path}/bulk`, body: '{"keys":["k"]}' }),
      ask(port, { method: "DELETE", path: `${path}/other` }),
    ]);
  expect((await save()).status).toBe(204);
  obey({ do: "away", what: "store" });
  expect((await calls()).map(({ status }) => status)).toEqual([500, 500, 500, 500]);
  obey({ do: "back", what: "store" });
  expect((await calls()).map(({ status }) => status)).toEqual([204, 200, 200, 204]);
});

test("the next deliveries fail as often as told and reach nobody, and then it is delivered", async () => {
  const app = await start();
  app.obey({ do: "fail", app: "app", times: 3 });
  await publishEvent(app.port, "t", event("1"));
  await app.until(({ length }) => length === 1);
  const attempts = app.lines.filter(({ msg }) => msg === "delivery failed").map((line) => line.attempts);
  expect([attempts, app.deliveries.length]).toEqual([[1, 2, 3], 1]);
});

test.each([1, 2] as const)("an event that the broker has no more comes again %i times, as it was", async (times) => {
  const app = await start();
  await publishEvent(app.port, "t", event("1"));
  await app.until(({ length }) => length === 1);
  await expect.poll(() => app.kept("entry")).toBe(0);
  const again = { do: "again", app: "app", topic: "t", entry: 1, times, afterMs: 0 } as const;
  app.obey({ ...again, body: app.deliveries[0]?.body ?? "" });
  await app.until(({ length }) => length === 1 + times);
  expect(new Set(app.deliveries.map(({ body }) => body)).size).toBe(1);
  await expect.poll(() => [app.kept("entry"), app.kept("delivery")]).toEqual([0, 0]);
});

test("twice at once is two requests at the same time", async () => {
  const both = Promise.withResolvers<void>();
  const app = await start(
    undefined,
    startApp({ answer: async (_, nth) => (nth === 0 ? {} : both.promise.then(() => ({}))) }),
  );
  await publishEvent(app.port, "t", event("1"));
  await app.until(({ length }) => length === 1);
  app.obey({ ...{ do: "again", app: "app", topic: "t", entry: 1, times: 2, afterMs: 0 }, body: "{}" });
  await app.until(({ length }) => length === 3);
  both.resolve();
});

test("late is not before its time, and what is due twice does not keep the sidecars from their next start", async () => {
  const app = await start();
  await publishEvent(app.port, "t", event("1"));
  await app.until(({ length }) => length === 1);
  await expect.poll(() => app.kept("entry")).toBe(0);
  const again = { do: "again", app: "app", topic: "t", entry: 1, body: JSON.stringify(event("1")) } as const;
  const before = Date.now();
  app.obey({ ...again, times: 1, afterMs: 150 });
  await app.until(({ length }) => length === 2);
  expect(Date.now() - before).toBeGreaterThanOrEqual(150);
  app.obey({ ...again, times: 2, afterMs: 60_000 });
  await app.close();
  const next = await start(app.database, Promise.resolve({ ...app, port: app.appPort }));
  await next.until(({ length }) => length > 2);
});

test.each([
  [{ topic: "other", entry: 1, body: "{}" }, "app does not hear other"],
  [{ topic: "t", entry: 1 }, "entry 1 is not on t"],
])("%j cannot come again: %s", async (what, why) => {
  const { obey, kept } = await start();
  expect(() => obey({ do: "again", app: "app", times: 1, afterMs: 0, ...what })).toThrow(why);
  expect(kept("delivery")).toBe(0);
});

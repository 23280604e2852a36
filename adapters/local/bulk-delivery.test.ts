import type { IncomingHttpHeaders } from "node:http";
import { DatabaseSync } from "node:sqlite";
import { expect, onTestFinished, test } from "vitest";
import type { ReportLine } from "./report.ts";
import { createSidecars } from "./sidecars.ts";
import {
  ask,
  publishEvent,
  pubsubYaml,
  resiliencyYaml,
  resourcesWith,
  startApp,
  subscriptionsYaml,
  type TestAnswer,
  temporaryFolder,
} from "./test-app.ts";

const eventOf = (id: string | number, members: object = {}) => ({
  ...{ specversion: "1.0", id: String(id), source: "/s", type: "t", data: {} },
  ...members,
});

interface Entry {
  readonly entryId: string;
  readonly event: string;
  readonly metadata: Readonly<Record<string, string>>;
  readonly contentType: string;
}

const entriesIn = (body: string): readonly Entry[] => JSON.parse(body).entries;
const bytesOf = ({ event }: Entry) => Buffer.from(event, "base64").toString();
const idOf = (entry: Entry): string => JSON.parse(bytesOf(entry)).id;
const idsIn = ({ body }: { readonly body: string }) => entriesIn(body).map(idOf);

/** What an app says to a bulk: SUCCESS of each entry, unless `statusOf` has another word for its event. */
const toAnswer = (body: string, statusOf: (id: string) => unknown = () => "SUCCESS"): TestAnswer => ({
  body: JSON.stringify({
    statuses: entriesIn(body).map((entry) => ({ entryId: entry.entryId, status: statusOf(idOf(entry)) })),
  }),
});

const NONE = { path: "", headers: {} as IncomingHttpHeaders, body: "{}" };

interface StartOptions {
  readonly appPort: number;
  readonly subscriptions?: Parameters<typeof subscriptionsYaml>[0];
  readonly retries?: number;
  readonly processingTimeout?: string;
}

const BULK = [{ topic: "t", deadLetterTopic: "d", bulk: 50 }];

async function start({ appPort, subscriptions = BULK, retries = -1, processingTimeout = "60s" }: StartOptions) {
  const database = `${temporaryFolder()}/broker.db`;
  const lines: ReportLine[] = [];
  const resources = resourcesWith({
    "pubsub.yaml": pubsubYaml({ processingTimeout }),
    "subscriptions.yaml": subscriptionsYaml(subscriptions),
    "resiliency.yaml": resiliencyYaml({ timeout: "5s", duration: "20ms", maxRetries: retries }),
  });
  const { apps, close } = await createSidecars({
    ...{ resources: [resources], database, apps: [{ appId: "app", appPort, httpPort: 0 }] },
    onEvent: (line) => lines.push(line),
  });
  let closing: Promise<void> | undefined;
  const closeOnce = () => (closing ??= close());
  onTestFinished(closeOnce);
  /** Of a topic, what is left there once all have ended. */
  const kept = async (topic: string) => {
    await closeOnce();
    const db = new DatabaseSync(database);
    const rows = db.prepare("SELECT body FROM entry WHERE topic = ? ORDER BY id").all(topic);
    db.close();
    return rows.map(({ body }) => JSON.parse(Buffer.from(body as Uint8Array).toString()).id);
  };
  return { port: apps[0]?.httpPort ?? 0, lines, kept };
}

/** A port on which an app will listen. */
async function appPortToBe(): Promise<number> {
  const { port, stop } = await startApp();
  await stop();
  return port;
}

const toPublish = (n: number) => ({
  entryId: String(n),
  event: eventOf(n),
  contentType: "application/cloudevents+json",
});
const publishThree = (port: number) =>
  ask(port, {
    ...{ method: "POST", path: "/v1.0/publish/bulk/pubsub/t" },
    body: JSON.stringify([1, 2, 3].map(toPublish)),
  });

test("what waits comes in one request, in the order of the broker, as the bytes that were published", async () => {
  const appPort = await appPortToBe();
  const { port } = await start({ appPort });
  const large = '{"specversion":"1.0","id":"0","source":"/s","type":"t","data":9007199254740993}';
  const raw = ["no event at all", large];
  const bare = "?metadata.rawPayload=true&metadata.partitionKey=k&metadata.content-type=text/plain";
  for (const body of raw) await ask(port, { method: "POST", path: `/v1.0/publish/pubsub/t${bare}`, body });
  for (let n = 1; n <= 5; n++) await publishEvent(port, "t", eventOf(n));
  const app = await startApp({ port: appPort, answer: () => ({ status: 503 }) });
  await app.until(({ length }) => length > 0);
  const [{ path, headers, body } = NONE] = app.deliveries;
  const { entries, id, ...envelope } = JSON.parse(body);
  expect([path, headers["content-type"], headers.pubsubname, headers.traceparent]).toEqual([
    "/t",
    "application/json",
    "pubsub",
    undefined,
  ]);
  expect(envelope).toEqual({
    ...{ metadata: { pubsubName: "pubsub" }, pubsubname: "pubsub", topic: "t" },
    type: "com.dapr.event.sent.bulk",
  });
  expect(entries.slice(0, 2).map(bytesOf)).toEqual(raw);
  expect(entries.slice(2).map(idOf)).toEqual(["1", "2", "3", "4", "5"]);
  const said = { rawPayload: "true", partitionKey: "k", "content-type": "text/plain" };
  expect(entries.slice(1, 3)).toMatchObject([
    { contentType: "application/octet-stream", metadata: said },
    { contentType: "application/octet-stream", metadata: {} },
  ]);
  expect(new Set([id, ...entries.map(({ entryId }: Entry) => entryId)]).size).toBe(8);
});

test("an event by itself goes at once, and what comes while it is at work goes with the next request, up to the most", async () => {
  const gate = Promise.withResolvers<void>();
  const app = await startApp({
    async answer({ body }, nth) {
      if (nth === 0) await gate.promise;
      return toAnswer(body);
    },
  });
  const { port } = await start({ appPort: app.port, subscriptions: [{ topic: "t", bulk: 3 }] });
  await publishEvent(port, "t", eventOf(0));
  await app.until(({ length }) => length === 1);
  for (let n = 1; n <= 5; n++) await publishEvent(port, "t", eventOf(n));
  gate.resolve();
  await app.until(({ length }) => length === 3);
  expect(app.deliveries.map(idsIn)).toEqual([["0"], ["1", "2", "3"], ["4", "5"]]);
});

test("no two requests are with an app at once, whatever their topics, and each topic has its turn", async () => {
  let inFlight = 0;
  let most = 0;
  const app = await startApp({
    async answer({ body }) {
      most = Math.max(most, ++inFlight);
      await new Promise((resolve) => setImmediate(resolve));
      inFlight--;
      return toAnswer(body);
    },
  });
  const topics = ["t", "u", "v"];
  const { port } = await start({ appPort: app.port, subscriptions: topics.map((topic) => ({ topic, bulk: 4 })) });
  await Promise.all(Array.from({ length: 60 }, (_, n) => publishEvent(port, topics[n % 3] ?? "", eventOf(n))));
  await app.until((calls) => calls.flatMap(idsIn).length === 60);
  expect(most).toBe(1);
  expect(new Set(app.deliveries.flatMap(idsIn)).size).toBe(60);
  expect(new Set(app.deliveries.map(({ path }) => path))).toEqual(new Set(["/t", "/u", "/v"]));
});

test.each([
  ["RETRY", "RETRY"],
  ["an empty status", ""],
  ["an unknown status", "MAYBE"],
  ["success in lower case", "success"],
  ["a status that is no text", 17],
  ["no status", undefined],
])("an entry with %s comes again by itself, under its id, and the others are done", async (_what, status) => {
  const app = await startApp({
    answer: ({ body }, nth) => toAnswer(body, (id) => (id === "2" && nth < 2 ? status : "SUCCESS")),
  });
  const { port, kept, lines } = await start({ appPort: app.port });
  await publishThree(port);
  await app.until(({ length }) => length === 3);
  expect(app.deliveries.map(idsIn)).toEqual([["1", "2", "3"], ["2"], ["2"]]);
  const again = app.deliveries.flatMap(({ body }) => entriesIn(body).filter((entry) => idOf(entry) === "2"));
  expect(new Set(again.map(({ entryId }) => entryId)).size).toBe(1);
  expect(lines.filter(({ msg }) => msg === "delivery failed")).toMatchObject([{ events: 1 }, { events: 1 }]);
  expect([await kept("t"), await kept("d")]).toEqual([[], []]);
});

test.each<[string, TestAnswer]>([
  ["500", { status: 500 }],
  ["429", { status: 429, body: '{"statuses":[]}' }],
  ["200 and nothing", { body: "" }],
  ["200 and no JSON", { body: "OK" }],
  ["200 as to a single delivery", { body: '{"status":"SUCCESS"}' }],
  ["200 and statuses of others", { body: '{"statuses":[{"entryId":"x","status":"SUCCESS"}]}' }],
  ["200 and statuses that are none", { body: '{"statuses":"SUCCESS"}' }],
  ["a broken connection", { reset: true }],
])("all of a bulk that is answered %s come again", async (_what, answer) => {
  const app = await startApp({ answer: ({ body }, nth) => (nth === 0 ? answer : toAnswer(body)) });
  const { port, kept } = await start({ appPort: app.port });
  await publishThree(port);
  await app.until(({ length }) => length === 2);
  expect(app.deliveries.map(idsIn)).toEqual([
    ["1", "2", "3"],
    ["1", "2", "3"],
  ]);
  expect([await kept("t"), await kept("d")]).toEqual([[], []]);
});

test.each<[string, number, (id: string) => unknown, readonly string[]]>([
  ["keeps failing until its retries are used up", 2, (id) => (id === "2" ? "RETRY" : "SUCCESS"), ["2"]],
  ["is dropped", -1, (id) => (id === "2" ? "DROP" : "SUCCESS"), ["2"]],
])("an entry that %s is a dead letter, and no other is", async (_what, retries, statusOf, dead) => {
  const app = await startApp({ answer: ({ body }) => toAnswer(body, statusOf) });
  const { port, kept, lines } = await start({ appPort: app.port, retries });
  await publishThree(port);
  await expect.poll(() => lines.filter(({ msg }) => msg === "dead letter").length, { timeout: 5_000 }).toBe(1);
  expect([await kept("t"), await kept("d")]).toEqual([[], dead]);
});

test("404 loses nothing: each is a dead letter", async () => {
  const app = await startApp({ answer: () => ({ status: 404 }) });
  const { port, kept, lines } = await start({ appPort: app.port });
  await publishThree(port);
  await expect.poll(() => lines.filter(({ msg }) => msg === "dead letter").length, { timeout: 5_000 }).toBe(3);
  expect([await kept("t"), await kept("d")]).toEqual([[], ["1", "2", "3"]]);
});

test("404 without dead letter topic: they come again after processingTimeout", async () => {
  const app = await startApp({ answer: ({ body }, nth) => (nth === 0 ? { status: 404 } : toAnswer(body)) });
  const options = { subscriptions: [{ topic: "t", bulk: 50 }], processingTimeout: "200ms" };
  const { port } = await start({ appPort: app.port, ...options });
  await publishThree(port);
  await app.until((calls) => calls.slice(1).flatMap(idsIn).length === 3);
  expect(app.deliveries.slice(1).flatMap(idsIn)).toEqual(["1", "2", "3"]);
});

test("an app that goes away in the middle uses up no attempts, and what it had is there when it is back", async () => {
  const first = await startApp({ answer: ({ body }) => toAnswer(body, (id) => (id === "2" ? "RETRY" : "SUCCESS")) });
  const { port, kept, lines } = await start({ appPort: first.port, retries: 1_000 });
  await publishThree(port);
  await first.until(({ length }) => length >= 2);
  await first.stop();
  await expect.poll(() => lines.some(({ msg }) => msg === "app is down"), { timeout: 5_000 }).toBe(true);
  const app = await startApp({ port: first.port, answer: ({ body }) => toAnswer(body) });
  await app.until(({ length }) => length === 1);
  expect(app.deliveries.map(idsIn)).toEqual([["2"]]);
  expect([await kept("t"), await kept("d")]).toEqual([[], []]);
});

test("what has expired reaches an app that wants bytes: it alone looks into them", async () => {
  const app = await startApp({ answer: ({ body }) => toAnswer(body) });
  const { port } = await start({ appPort: app.port });
  await publishEvent(port, "t", eventOf(1, { expiration: "2001-01-01T00:00:00Z" }));
  await app.until(({ length }) => length === 1);
  expect(app.deliveries.map(idsIn)).toEqual([["1"]]);
});

test("with rawPayload and without bulk, the bytes come in an envelope of their own", async () => {
  const app = await startApp();
  const { port } = await start({ appPort: app.port, subscriptions: [{ topic: "t", isRaw: true }] });
  await ask(port, { method: "POST", path: "/v1.0/publish/pubsub/t?metadata.rawPayload=true", body: "no event" });
  await app.until(({ length }) => length === 1);
  const [{ headers, body } = NONE] = app.deliveries;
  expect([headers["content-type"], headers.traceparent, headers.rawpayload]).toEqual([
    "application/cloudevents+json",
    undefined,
    "true",
  ]);
  expect(JSON.parse(body)).toEqual({
    ...{ specversion: "1.0", id: expect.any(String), source: "Dapr", type: "com.dapr.event.sent" },
    ...{ datacontenttype: "application/octet-stream", data_base64: Buffer.from("no event").toString("base64") },
    ...{ topic: "t", pubsubname: "pubsub" },
  });
});

test("without rawPayload, what is no JSON is a dead letter, and never reaches the app", async () => {
  const app = await startApp();
  const subscriptions = [{ topic: "t", deadLetterTopic: "d" }];
  const { port, lines } = await start({ appPort: app.port, subscriptions });
  await ask(port, { method: "POST", path: "/v1.0/publish/pubsub/t?metadata.rawPayload=true", body: "no JSON" });
  await expect
    .poll(() => lines.find(({ msg }) => msg === "dead letter"), { timeout: 5_000 })
    .toMatchObject({
      why: "it is no JSON",
    });
  expect(app.deliveries).toEqual([]);
});

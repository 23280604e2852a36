import { expect, it, onTestFinished, test } from "vitest";
import { eventKey } from "../../core/event/ids.ts";
import { compact } from "../../core/ledger/entry.ts";
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
  type TestAnswer,
  temporaryFolder,
} from "../test-app.ts";
import { createRecorder, type Recorded } from "./recorder.ts";

const ABOUT = { event: "e-1", type: "org.example.asked.v1", subject: "s-1", correlation: "c-1", causation: "e-0" };
const EVENT = {
  ...{ specversion: "1.0", id: "e-1", source: "/s", type: "org.example.asked.v1", subject: "s-1" },
  ...{ correlationid: "c-1", causationid: "e-0", data: { a: 1 } },
};
const LATER = { ...EVENT, id: "e-2" };
const bytesOf = (event: unknown) => Buffer.from(JSON.stringify(event));

const timeless = ({ at: _, ms: __, body: ___, ...line }: Recorded) => line;

interface Options {
  readonly answer?: (nth: number) => TestAnswer;
  readonly bulk?: number;
  readonly deadLetterTopic?: string;
}

/** One sidecar; its app hears `t`, repeats a delivery once, and has a store. out: what was recorded, without times and bodies */
async function start({ answer = () => ({}), ...subscription }: Options = {}) {
  const lines: Recorded[] = [];
  const app = await startApp({
    answer: ({ body }, nth) => {
      if (subscription.bulk === undefined) return answer(nth);
      const ids = (JSON.parse(body).entries as { entryId: string }[]).map(({ entryId }) => entryId);
      return { body: JSON.stringify({ statuses: ids.map((entryId) => ({ entryId, status: "SUCCESS" })) }) };
    },
  });
  const { apps, close } = await createSidecars({
    resources: [
      resourcesWith({
        "pubsub.yaml": pubsubYaml(),
        "state.yaml": stateYaml,
        "subscriptions.yaml": subscriptionsYaml([{ topic: "t", ...subscription }]),
        "resiliency.yaml": resiliencyYaml({ timeout: "5s", duration: "10ms", maxRetries: 1 }),
      }),
    ],
    database: `${temporaryFolder()}/broker.db`,
    apps: [{ appId: "app", appPort: app.port, httpPort: 0 }],
    recorder: createRecorder((line) => lines.push(JSON.parse(line))),
  });
  onTestFinished(close);
  const port = apps[0]?.httpPort ?? 0;
  const until = (count: number) => expect.poll(() => lines.length, { timeout: 5_000 }).toBe(count);
  return { port, lines, until, told: () => lines.map(timeless), of: { app: "app", topic: "t", entry: 1, ...ABOUT } };
}

test("an event is told when it is published, brought and answered, with its attributes, and with its bytes once", async () => {
  const { port, lines, until, told, of } = await start();
  await publishEvent(port, "t", EVENT);
  await until(3);
  expect(told()).toEqual([
    { kind: "published", ...of },
    { kind: "delivered", ...of, attempt: 1 },
    { kind: "answered", ...of, attempt: 1, outcome: "success" },
  ]);
  expect(lines.map(({ body }) => body && JSON.parse(body).data)).toEqual([{ a: 1 }, undefined, undefined]);
  const [first, second, third] = lines;
  expect([first?.at, (second?.at ?? 0) + (third?.ms ?? -1)]).toEqual([expect.closeTo(Date.now(), -4), third?.at]);
});

test.each([
  ["retry", [{ status: 500 }, {}], [{ outcome: "retry" }, { outcome: "success" }]],
  ["retry", [{ reset: true }, {}], [{ outcome: "retry" }, { outcome: "success" }]],
  ["drop", [{ body: '{"status":"DROP"}' }], [{ outcome: "drop" }]],
] as const)("an answer that says %s is told as that, attempt by attempt", async (_, answers, outcomes) => {
  const { port, lines, until } = await start({ answer: (nth) => answers[nth] ?? {} });
  await publishEvent(port, "t", EVENT);
  await until(1 + 2 * outcomes.length);
  const answered = lines.filter(({ kind }) => kind === "answered");
  expect(answered).toMatchObject(outcomes.map((outcome, index) => ({ ...outcome, attempt: index + 1 })));
});

test.each([
  ["whose retries are used up", { status: 500 }, ["retry", "retry"]],
  ["that nobody serves", { status: 404 }, ["missing"]],
])("an event %s is told on its dead letter topic, as another entry", async (_, answer, outcomes) => {
  const { port, lines, until, told, of } = await start({ answer: () => answer, deadLetterTopic: "d" });
  await publishEvent(port, "t", EVENT);
  await until(2 + 2 * outcomes.length);
  expect(lines.flatMap(({ outcome }) => outcome ?? [])).toEqual(outcomes);
  expect(told().at(-1)).toEqual({ kind: "published", ...of, topic: "d", entry: 2 });
});

test("of a bulk each event is told by itself, with the attributes that it has", async () => {
  const { port, until, told } = await start({ bulk: 10 });
  const entries = [EVENT, "no event", LATER].map((event, index) => ({
    ...{ entryId: String(index), event: Buffer.from(typeof event === "string" ? event : JSON.stringify(event)) },
    contentType: "application/octet-stream",
  }));
  const body = JSON.stringify(entries.map(({ event, ...entry }) => ({ ...entry, event: event.toString("base64") })));
  const headers = { "content-type": "application/json" };
  const path = "/v1.0-alpha1/publish/bulk/pubsub/t?metadata.rawPayload=true";
  expect((await ask(port, { method: "POST", path, headers, body })).status).toBe(204);
  await until(9);
  const of = [ABOUT, {}, { ...ABOUT, event: "e-2" }].map((about, index) => ({
    ...{ app: "app", topic: "t", entry: index + 1 },
    ...about,
  }));
  const sorted = told().sort((a, b) => (a.kind === "answered" ? 1 : 0) - (b.kind === "answered" ? 1 : 0));
  expect(sorted).toEqual([
    ...of.map(({ app, ...each }) => ({ kind: "published", ...("event" in each ? { app } : {}), ...each })),
    ...of.map((each) => ({ kind: "delivered", ...each, attempt: 1 })),
    ...of.map((each) => ({ kind: "answered", ...each, attempt: 1, outcome: "success" })),
  ]);
});

test.each([
  ["that has expired", "t?metadata.ttlInSeconds=0", JSON.stringify(EVENT), "expired"],
  ["that no sidecar can read", "t?metadata.rawPayload=true", "{", "illegible"],
])("an event %s is told as that, and never as delivered", async (_, topic, body, outcome) => {
  const { port, until, told } = await start({ deadLetterTopic: "d" });
  const headers = { "content-type": "application/cloudevents+json" };
  await ask(port, { method: "POST", path: `/v1.0/publish/pubsub/${topic}`, headers, body });
  await until(3);
  expect(told().map(({ kind, outcome: how }) => [kind, how])).toEqual([
    ["published", undefined],
    ["answered", outcome],
    ["published", undefined],
  ]);
});

test("a document is told as it is saved, and as about the event that it was saved for", async () => {
  const { port, lines, until, told } = await start();
  await publishEvent(port, "t", EVENT);
  await until(3);
  const value = { v: 1, state: { n: 1 }, inbox: `${compact(eventKey(EVENT))}${"d".repeat(22)}-` };
  const body = JSON.stringify([
    { key: "app-doc", value },
    { key: "app-doc", value: { ...value, state: { n: 2 } }, etag: "9" },
  ]);
  const headers = { "content-type": "application/json" };
  expect((await ask(port, { method: "POST", path: "/v1.0/state/statestore", headers, body })).status).toBe(409);
  await until(4);
  expect([told()[3], JSON.parse(lines[3]?.body ?? "")]).toEqual([
    { kind: "saved", app: "app", key: "app-doc", ...ABOUT },
    value,
  ]);
});

function record() {
  const lines: Recorded[] = [];
  return { lines, ...createRecorder((line) => lines.push(JSON.parse(line))) };
}

it.each([
  ["text that is no JSON", "{", {}],
  ["JSON that is no event", '{"id":"1"}', {}],
  ["a list", "[1]", {}],
  ["an event whose attributes are no text", '{"specversion":"1.0","id":1,"type":{},"subject":""}', {}],
  [
    "an event with an address in its subject, as logs have it",
    '{"specversion":"1.0","id":"1","subject":"to ada@example.com"}',
    { event: "1", subject: "to <address>" },
  ],
  [
    "an event with a long subject, as logs have it",
    JSON.stringify({ specversion: "1.0", id: "1", subject: "x".repeat(300) }),
    { event: "1", subject: "x".repeat(200) },
  ],
])("of %s it tells the attributes that it has", (_, text, attributes) => {
  const { lines, published } = record();
  published({ appId: "app", topic: "t", entry: 1, body: Buffer.from(text) });
  const place = { kind: "published", topic: "t", entry: 1 };
  expect(lines).toEqual([{ at: expect.any(Number), ...place, body: text, ...attributes }]);
});

it.each([
  ["its app", EVENT, "app"],
  ["a person, by the same sidecar", { ...EVENT, source: "/s/say" }, undefined],
  ["whoever publishes what is no event", { a: 1 }, undefined],
])("says that %s has published it", (_, event, app) => {
  const { lines, published } = record();
  published({ appId: "app", topic: "t", entry: 1, body: bytesOf(event) });
  expect(lines.map((line) => line.app)).toEqual([app]);
});

it("fails nobody where a line cannot be written", () => {
  const { published, delivered, undelivered, saved, givenUp } = createRecorder(() => {
    throw new Error("no");
  });
  const event = { appId: "app", topic: "t", entry: 1, body: bytesOf(EVENT), attempt: 1 };
  published(event);
  givenUp(event);
  delivered(event)("success");
  undelivered(event, "expired");
  saved({ appId: "app", key: "k" }, "{}");
});

it("reads an event again that was published by an earlier process", () => {
  const { lines, delivered } = record();
  delivered({ appId: "app", topic: "t", entry: 7, attempt: 1, body: bytesOf(EVENT) })("gone");
  expect(lines.map(timeless)).toMatchObject([ABOUT, { ...ABOUT, outcome: "gone" }]);
});

it("cuts what is longer than 1 MB, so that it shows", () => {
  const { lines, published, saved } = record();
  const long = "x".repeat(1_500_000);
  published({ appId: "app", topic: "t", entry: 1, body: Buffer.from(long) });
  saved({ appId: "app", key: "k" }, JSON.stringify(long));
  expect(lines.map(({ body }) => body?.length)).toEqual([1_048_577, 1_048_577]);
});

const KEY = compact(eventKey(EVENT));
const outbox = { [KEY]: { at: 1, said: [{ topic: "t", body: JSON.stringify({ ...LATER, causationid: "e-1" }) }] } };
it.each([
  ["in which it was handled last", "app-1", { inbox: `${"a".repeat(44)}+${KEY}${"d".repeat(22)}-` }, ABOUT],
  ["in which nothing is handled", "app-1", { inbox: "" }, {}],
  ["of nobody's ledger", "mine", { inbox: 3 }, {}],
])("knows the event of a document %s", (_, key, value, about) => {
  const { lines, published, saved } = record();
  published({ appId: "app", topic: "t", entry: 1, body: bytesOf(EVENT) });
  saved({ appId: "app", key }, JSON.stringify(value));
  expect(lines.slice(1).map(timeless)).toEqual([{ kind: "saved", app: "app", key, ...about }]);
});

it("knows an event that came by no topic by what followed, and from then on its document's subject", () => {
  const { lines, saved } = record();
  const inbox = `${KEY}${"d".repeat(22)}+`;
  const other = `${compact(eventKey(LATER))}${"d".repeat(22)}-`;
  saved({ appId: "app", key: "app-1" }, JSON.stringify({ inbox, outbox }));
  saved({ appId: "app", key: "app-1" }, JSON.stringify({ inbox: inbox + other }));
  expect(lines.map(timeless)).toMatchObject([
    { event: "e-1", subject: "s-1", correlation: "c-1" },
    { subject: "s-1", correlation: "c-1" },
  ]);
});

it.each([
  ...[`app-1-said-${KEY}`, `app-1-in-${KEY}`, `app-1-out-${KEY}`, `app-start-${KEY}`, `app-parked-${KEY}`],
  ...["app-slot-5", "app-page-5-1-0"],
])("tells nothing of %s, by which a ledger keeps its books", (key) => {
  const { lines, saved } = record();
  saved({ appId: "app", key }, "{}");
  expect(lines).toEqual([]);
});

it("tells nothing of a document that somebody begins to work on: it is as it was", () => {
  const { lines, saved } = record();
  saved({ appId: "app", key: "app-1" }, JSON.stringify({ inbox: "", lease: { event: eventKey(EVENT), until: 1 } }));
  expect(lines).toEqual([]);
});

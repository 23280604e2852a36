import { setImmediate as turn } from "node:timers/promises";
import { expect, it } from "vitest";
import type { HttpAnswer } from "../core/host/http-client.ts";
import type { Said } from "../core/relay/publish.ts";
import { createPublisher } from "./publisher.ts";
import type { Sidecar } from "./sidecar-client.ts";

const TRACE = `00-${"a".repeat(32)}-${"b".repeat(16)}-01`;
const BULK = "v1.0-alpha1 publish/bulk/pubsub/orders?metadata.rawPayload=true";
const STABLE = BULK.replace("-alpha1", "");

interface Entry {
  readonly entryId: string;
  readonly event: string;
  readonly contentType: string;
  readonly metadata: Readonly<Record<string, string>>;
}
interface Request {
  readonly to: string;
  readonly body: string;
  readonly headers: Readonly<Record<string, string>>;
}

const taken: HttpAnswer = { status: 204, headers: {}, text: "" };
const answering = (status: number, body: object = {}): HttpAnswer => ({
  ...{ status, headers: {}, text: JSON.stringify(body) },
});

function start(answer: (request: Request) => HttpAnswer | Promise<HttpAnswer> = () => taken) {
  const requests: Request[] = [];
  const sidecar: Sidecar = {
    async call({ version = "v1.0", path, headers = {}, body = "" }) {
      const request = { to: `${version} ${path}`, body: String(body), headers };
      requests.push(request);
      await turn();
      return answer(request);
    },
    close: async () => undefined,
  };
  const publish = createPublisher({ sidecar, pubsubName: "pubsub" });
  const entries = (nth: number): readonly Entry[] => JSON.parse(requests[nth]?.body ?? "[]");
  return {
    ...{ requests, publish, entries },
    to: () => requests.map((request) => request.to.replace(/\?metadata\.partitionKey.*/, "")),
    bodies: (nth: number) => entries(nth).map(({ event }) => Buffer.from(event, "base64").toString()),
    /** Each by a caller of its own, in one turn. out: what each has heard */
    all: async (events: readonly Said[]) =>
      (await Promise.allSettled(events.map((said) => publish([said])))).map((one) =>
        one.status === "fulfilled" ? "published" : (one.reason as Error).message,
      ),
  };
}

const said = (key: string, more: Partial<Said> = {}): Said => ({
  ...{ topic: "orders", key, body: `{"id":"${key}"}`, ...more },
});
const keys = (count: number) => Array.from({ length: count }, (_, nth) => `k${nth}`);
const published = (count: number) => Array.from({ length: count }, () => "published");

it("publishes what is said of a topic in one turn in one request, each with its key and what it is", async () => {
  const { all, to, entries } = start();
  expect(await all([said("a"), said("b"), said("c", { topic: "bills" })])).toEqual(published(3));
  expect(to()).toEqual([BULK, "v1.0 publish/pubsub/bills"]);
  expect(entries(0)).toEqual(
    ["a", "b"].map((key, nth) => ({
      entryId: String(nth),
      event: Buffer.from(`{"id":"${key}"}`).toString("base64"),
      contentType: "application/octet-stream",
      metadata: { partitionKey: key, "content-type": "application/cloudevents+json" },
    })),
  );
});

it.each([
  ["integers beyond 2^53", '{"id":"1","data":{"sum":9007199254740993,"more":1e400}}'],
  [
    "any letters, escaped or not",
    `{ "id":"2", "data":"Zoë 🛒 \\u00e9 \\ud83d\\ude00 \u2028 <&> ${"ß".repeat(10_000)}" }`,
  ],
  ["members twice, and spaces", '{"id" : "3","id":"4"}'],
])("sends the bytes that were made: %s", async (_what, body) => {
  const { all, bodies } = start();
  await all([said("a", { body }), said("b")]);
  expect(bodies(0)).toEqual([body, '{"id":"b"}']);
});

it("writes the trace context into the event, since no sidecar does in a bulk, and leaves what an event has of its own", async () => {
  const { all, bodies, requests } = start();
  const own = '{"id":"c","traceparent":"own"}';
  await all([
    said("a", { traceparent: TRACE, tracestate: 'a=1,b="2"' }),
    said("b", { traceparent: TRACE }),
    said("c", { traceparent: TRACE, body: own }),
  ]);
  expect(bodies(0)).toEqual([
    `{"traceparent":"${TRACE}","tracestate":"a=1,b=\\"2\\"","id":"a"}`,
    `{"traceparent":"${TRACE}","id":"b"}`,
    own,
  ]);
  expect(JSON.parse(bodies(0)[0] ?? "")).toEqual({ id: "a", traceparent: TRACE, tracestate: 'a=1,b="2"' });
  expect(requests[0]?.headers).toEqual({ "content-type": "application/json" });
});

it("never has two of one key in a request, nor one before the last is published: brokers get a bulk side by side", async () => {
  const { all, publish, bodies, to } = start();
  const events = ["a", "b", "a", "c", "a", "b"].map((key, nth) => said(key, { body: `{"id":"${key}${nth}"}` }));
  expect(await all(events)).toEqual(published(6));
  expect(to()).toEqual([BULK, BULK, "v1.0 publish/pubsub/orders"]);
  expect([bodies(0), bodies(1)]).toEqual([
    ['{"id":"a0"}', '{"id":"b1"}', '{"id":"c3"}'],
    ['{"id":"a2"}', '{"id":"b5"}'],
  ]);
  await publish([]);
  expect(to()).toHaveLength(3);
});

it("publishes the events of one caller in their order, whatever their keys, and nothing after a failure", async () => {
  const { publish, requests } = start(({ body }) => (body.includes('"b"') ? answering(500) : taken));
  await expect(publish([said("a"), said("b"), said("c")])).rejects.toThrow(
    "publish to orders: the sidecar answered 500",
  );
  expect(requests.map(({ body }) => body)).toEqual(['{"id":"a"}', '{"id":"b"}']);
});

it("fails for those alone that the sidecar names", async () => {
  const failedEntries = [{ entryId: "1", error: "redis is away" }, { entryId: "2" }];
  const { all } = start(() => answering(500, { failedEntries, errorCode: "ERR_PUBSUB_PUBLISH_MESSAGE" }));
  expect(await all(["a", "b", "c"].map((key) => said(key)))).toEqual([
    "published",
    "publish to orders: redis is away",
    "publish to orders: failed",
  ]);
});

it.each([
  ["names none", answering(500, { failedEntries: [], errorCode: "ERR_PUBSUB_PUBLISH_MESSAGE" })],
  ["says it in text", { status: 500, headers: {}, text: "no" }],
  ["says no JSON object", { status: 500, headers: {}, text: "null" }],
  ["refuses it", answering(403, { errorCode: "ERR_PUBSUB_FORBIDDEN" })],
  ["takes it without saying that it is published", answering(200)],
])("fails for all where the sidecar %s", async (_how, answer) => {
  const { all } = start(() => answer);
  const heard = await all([said("a"), said("b")]);
  expect(heard).toEqual([1, 2].map(() => expect.stringContaining(`the sidecar answered ${answer.status}`)));
});

it("fails for all where there is no answer", async () => {
  const { all } = start(() => Promise.reject(new Error("no answer within 50 ms")));
  expect(await all([said("a"), said("b")])).toEqual(["no answer within 50 ms", "no answer within 50 ms"]);
});

it("asks at the stable path where a sidecar has only that, and remembers it", async () => {
  const { all, to } = start(({ to }) => (to === BULK ? answering(404) : taken));
  expect(await all([said("a"), said("b")])).toEqual(published(2));
  expect(await all([said("a"), said("b")])).toEqual(published(2));
  expect(to()).toEqual([BULK, STABLE, STABLE]);
});

it("publishes one by one where a sidecar knows no bulk publish, as a local one, and remembers it", async () => {
  const { all, to } = start(({ to }) => (to === BULK || to === STABLE ? answering(501) : taken));
  expect(await all([said("a"), said("b")])).toEqual(published(2));
  expect(await all([said("a"), said("b")])).toEqual(published(2));
  const one = "v1.0 publish/pubsub/orders";
  expect(to()).toEqual([BULK, STABLE, one, one, one, one]);
});

it("goes on asking where it is the component that is not found", async () => {
  let isThere = false;
  const { all, to } = start(() => (isThere ? taken : answering(404, { errorCode: "ERR_PUBSUB_NOT_FOUND" })));
  expect(await all([said("a"), said("b")])).toEqual([1, 2].map(() => expect.stringContaining("ERR_PUBSUB_NOT_FOUND")));
  isThere = true;
  expect(await all([said("a"), said("b")])).toEqual(published(2));
  expect(to().at(-1)).toBe(BULK);
});

it.each([
  ["100 events", 101, 10, [100, 1]],
  ["3 MiB, as base64", 5, 900_000, [2, 2, 1]],
])("splits more than %s", async (_what, count, bytes, lengths) => {
  const { all, requests } = start();
  const body = `{"id":"${"x".repeat(bytes)}"}`;
  expect(await all(keys(count).map((key) => said(key, { body })))).toEqual(published(count));
  expect(requests.map(({ to, body }) => (to === BULK ? JSON.parse(body).length : 1))).toEqual(lengths);
});

import { once } from "node:events";
import { createServer, type IncomingHttpHeaders, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { json } from "node:stream/consumers";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { createFirestoreLedger } from "./firestore.ts";
import { createIdentity } from "./identity.ts";
import { createPublisher } from "./pubsub.ts";
import { createRest, type Rest } from "./rest.ts";

interface Asked {
  readonly method: string | undefined;
  readonly url: string | undefined;
  readonly headers: IncomingHttpHeaders;
  readonly body: unknown;
}

type Answer = readonly [status: number, body: unknown];

let server: Server;
let rest: Rest;
let host: string;
let asked: Asked[];
let answers: Answer[];
let hangUps: number;

/** A Google that says what the test wants to hear. */
beforeEach(async () => {
  asked = [];
  answers = [];
  hangUps = 0;
  server = createServer(async (request, response) => {
    const { method, url, headers } = request;
    if (hangUps > 0) {
      hangUps--;
      request.socket.destroy();
      return;
    }
    asked.push({ method, url, headers, body: method === "POST" ? await json(request) : undefined });
    const [status, body] = answers.shift() ?? [200, {}];
    response.writeHead(status, { "content-type": "application/json", "metadata-flavor": "Google" });
    response.end(typeof body === "string" ? body : JSON.stringify(body));
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  rest = createRest({ origin: `http://${host}`, token: async () => "secret-token", timeoutMs: 5_000 });
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await rest.close();
  server.close();
  server.closeAllConnections();
});

const project = async () => "p1";
const KEY = "order-6f1c6c1e-4f3f-5b52-8d1a-1f7a5a3f0a10";
const error = (status: string, message = "no"): object => ({ error: { status, message } });

it.each<[string, number, string, number[]]>([
  ["1,000 messages", 1_001, "{}", [1_000, 1]],
  ["10 MB", 3, JSON.stringify("x".repeat(4_000_000)), [2, 1]],
])(
  "publishes in one request no more than Pub/Sub takes, which would refuse it for ever: %s",
  async (_what, count, body, sizes) => {
    await createPublisher({ rest, project })(Array.from({ length: count }, () => ({ topic: "t", key: "k", body })));
    const bodies = asked.map(({ body: said }) => said as { readonly messages: readonly unknown[] });
    expect(bodies.map(({ messages }) => messages.length)).toEqual(sizes);
  },
);

it("publishes side by side what goes to one topic, in order", async () => {
  await createPublisher({ rest, project })([
    { topic: "orders", key: "o-1", body: "1" },
    { topic: "orders", key: "o-1", body: "2" },
    { topic: "bills", key: "o-1", body: "3" },
    { topic: "orders", key: "o-1", body: "4" },
  ]);
  const batches = asked.map(({ url, body }) => [url, (body as { messages: readonly unknown[] }).messages.length]);
  expect(batches).toEqual([
    ["/v1/projects/p1/topics/orders:publish", 2],
    ["/v1/projects/p1/topics/bills:publish", 1],
    ["/v1/projects/p1/topics/orders:publish", 1],
  ]);
  expect(asked[0]?.headers.authorization).toBe("Bearer secret-token");
});

it("topics have their names in the project, of which the events know nothing", async () => {
  await createPublisher({ rest, project, topicPrefix: "shop-" })([{ topic: "orders", key: "o-1", body: "1" }]);
  expect(asked.map(({ url }) => url)).toEqual(["/v1/projects/p1/topics/shop-orders:publish"]);
});

it.each([
  ["401", [401, error("UNAUTHENTICATED")], "publish to orders: answered 401 UNAUTHENTICATED no"],
  ["503 in no JSON", [503, "<html>"], "publish to orders: answered 503"],
  ["200 that is not 200", [204, ""], "publish to orders: answered 204"],
] as const)("publish, %s: throws with what Google said, without the token", async (_, answer, message) => {
  answers = [answer];
  const publish = createPublisher({ rest, project });
  await expect(publish([{ topic: "orders", key: "o-1", body: "1" }])).rejects.toThrow(new RegExp(`^${message}\\s*$`));
});

it.each([
  ["created by another", undefined, [409, error("ALREADY_EXISTS")]],
  ["changed by another", "v1", [400, error("FAILED_PRECONDITION")]],
  ["deleted meanwhile", "v1", [404, error("NOT_FOUND")]],
  ["locked by another", "v1", [409, error("ABORTED")]],
] as const)("a save of what was %s is lost, not failed", async (_, expected, answer) => {
  answers = [answer];
  expect(await createFirestoreLedger({ rest, project }).save(KEY, { seen: {} }, { expected })).toBe(false);
});

it.each([
  [
    "a database that is missing",
    [404, error("NOT_FOUND", "The database (default) does not exist")],
    "NOT_FOUND The database",
  ],
  ["a document that is too large", [400, error("INVALID_ARGUMENT")], "INVALID_ARGUMENT"],
  ["an account without rights", [403, error("PERMISSION_DENIED")], "PERMISSION_DENIED"],
  ["Firestore down", [503, error("UNAVAILABLE")], "UNAVAILABLE"],
] as const)("a save fails for %s", async (_, answer, message) => {
  answers = [answer];
  const { save } = createFirestoreLedger({ rest, project });
  await expect(save(KEY, { seen: {} }, { expected: undefined })).rejects.toThrow(message);
});

it.each([
  ["Firestore down", [503, error("UNAVAILABLE")]],
  ["a document of another shape", [200, { updateTime: "2026-01-01T00:00:00Z", fields: {} }]],
  ["no JSON", [200, "<html>"]],
] as const)("a load fails for %s: never taken for a document that is absent", async (_, answer) => {
  answers = [answer];
  await expect(createFirestoreLedger({ rest, project }).load(KEY)).rejects.toThrow("load from Firestore");
});

const NAME = `projects/p1/databases/(default)/documents/ledger`;
const found = (key: string, updateTime: string) => ({
  found: { name: `${NAME}/${key}`, updateTime, fields: { entry: { stringValue: `{"row":"${key}"}` } } },
});
const missing = (key: string) => ({ missing: `${NAME}/${key}` });

it("loads several in one call, each in its place, in whatever order they are told", async () => {
  answers = [[200, [missing("a"), found("c", "t3"), found("b", "t2")]]];
  expect(await createFirestoreLedger({ rest, project }).loadAll(["a", "b", "c"])).toEqual([
    {},
    { version: "t2", entry: { row: "b" } },
    { version: "t3", entry: { row: "c" } },
  ]);
  expect(asked.map(({ url, body }) => [url, body])).toEqual([
    ["/v1/projects/p1/databases/(default)/documents:batchGet", { documents: [`${NAME}/a`, `${NAME}/b`, `${NAME}/c`] }],
  ]);
});

it.each<[what: string, answer: Answer, message: string]>([
  ["Firestore down", [503, [error("UNAVAILABLE")]], "answered 503 UNAVAILABLE no"],
  ["a stream that broke off", [200, [missing("a"), error("UNAVAILABLE")]], "answered 200 UNAVAILABLE no"],
  ["one of which nothing is told", [200, [missing("a")]], "answered 200"],
  ["one of another shape", [200, [missing("a"), { found: { name: `${NAME}/b`, updateTime: "t" } }]], "answered 200"],
  ["no JSON", [200, "<html>"], "answered 200"],
])("a load of several fails for %s: what is not told of is not absent", async (_what, answer, message) => {
  answers = [answer];
  const { loadAll } = createFirestoreLedger({ rest, project });
  await expect(loadAll(["a", "b"])).rejects.toThrow(new RegExp(`^load from Firestore: ${message}$`));
});

it("puts rows in one commit, whatever is there", async () => {
  const { put } = createFirestoreLedger({ rest, project, now: () => 0 });
  await put(["a", "b"].map((key) => ({ key, entry: { row: key }, ttlMs: 1_000 })));
  const writes = ["a", "b"].map((key) => ({
    update: {
      name: `${NAME}/${key}`,
      fields: {
        entry: { stringValue: `{"row":"${key}"}` },
        save: expect.anything(),
        expires: { timestampValue: "1970-01-01T00:00:01.000Z" },
      },
    },
  }));
  expect(asked.map(({ url, body }) => [url, body])).toEqual([
    ["/v1/projects/p1/databases/(default)/documents:commit", { writes }],
  ]);
});

it.each<[what: string, answer: Answer]>([
  ["locked by another", [409, error("ABORTED")]],
  ["for a database that is missing", [404, error("NOT_FOUND")]],
])("rows %s are not known to be put", async (_what, answer) => {
  answers = [answer];
  const { put } = createFirestoreLedger({ rest, project });
  await expect(put([{ key: "a", entry: {}, ttlMs: 1 }])).rejects.toThrow("put to Firestore");
});

it.each<[what: string, body: object, saved: string | true]>([
  ["the version that Firestore tells", { writeResults: [{ updateTime: "t1" }], commitTime: "t2" }, "t1"],
  ["only that it saved, where Firestore tells none", { commitTime: "t2" }, true],
])("a save tells %s", async (_what, body, saved) => {
  answers = [[200, body]];
  expect(await createFirestoreLedger({ rest, project }).save(KEY, { seen: {} }, { expected: undefined })).toBe(saved);
});

it("an aborted save asks nobody", async () => {
  const { save } = createFirestoreLedger({ rest, project });
  const signal = AbortSignal.abort();
  await expect(save(KEY, { seen: {} }, { expected: undefined, signal })).rejects.toThrow();
  expect(asked).toEqual([]);
});

it("a kept connection that was closed just then is replaced, a new one that closes is an error", async () => {
  await rest.call({ method: "GET", path: "/1" });
  hangUps = 1;
  expect((await rest.call({ method: "GET", path: "/2" })).status).toBe(200);
  hangUps = 2;
  await expect(rest.call({ method: "GET", path: "/3" })).rejects.toThrow("socket hang up");
});

it("gives up on an answer that does not come", async () => {
  server.removeAllListeners("request");
  const impatient = createRest({ origin: `http://${host}`, token: async () => "t", timeoutMs: 20 });
  await expect(impatient.call({ method: "GET", path: "/" })).rejects.toThrow("no answer within 20 ms");
  await impatient.close();
});

it("asks the metadata server for a token once, until a minute before it ends", async () => {
  vi.stubEnv("GCE_METADATA_HOST", host);
  let now = 0;
  const token = (name: string): Answer => [200, { access_token: name, expires_in: 3_600, token_type: "Bearer" }];
  answers = [token("one"), token("two")];
  const identity = createIdentity({ now: () => now });
  expect(await Promise.all([identity.token(), identity.token()])).toEqual(["one", "one"]);
  now = 3_539_000;
  expect(await identity.token()).toBe("one");
  now = 3_541_000;
  expect(await identity.token()).toBe("two");
  expect(asked.map(({ url, headers }) => [url, headers["metadata-flavor"]])).toEqual(
    Array.from({ length: 2 }, () => ["/computeMetadata/v1/instance/service-accounts/default/token", "Google"]),
  );
});

it("does not remember that the metadata server failed", async () => {
  vi.stubEnv("GCE_METADATA_HOST", host);
  answers = [
    [403, "no account"],
    [200, { access_token: "one", expires_in: 3_600 }],
  ];
  const identity = createIdentity();
  await expect(identity.token()).rejects.toThrow();
  expect(await identity.token()).toBe("one");
});

it("asks for the project only where it was not told", async () => {
  vi.stubEnv("GCE_METADATA_HOST", host);
  answers = [[200, "p2"]];
  expect(await createIdentity({ project: "p1" }).project()).toBe("p1");
  expect(asked).toEqual([]);
  expect(await createIdentity().project()).toBe("p2");
});

import { once } from "node:events";
import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { expect, it, onTestFinished } from "vitest";
import { describeLedger } from "../core/ledger/ledger-contract.ts";
import { createSidecars } from "../local/sidecars.ts";
import { createSidecar } from "./sidecar-client.ts";
import { createDaprLedger } from "./state-ledger.ts";

const RESOURCES = join(import.meta.dirname, "../conformance/hosts/local-sidecar");
const EMPTY = { seen: {} };

const ledgerAt = (port: number) => {
  const sidecar = createSidecar({
    endpoint: `http://127.0.0.1:${port}`,
    version: "v1.0",
    token: undefined,
    timeoutMs: 5_000,
  });
  return { ledger: createDaprLedger({ sidecar, store: "statestore" }), close: sidecar.close };
};

async function openLocal() {
  const app = { appId: "probe", appPort: 1, httpPort: 0 };
  const sidecars = await createSidecars({ resources: [RESOURCES], database: ":memory:", apps: [app] });
  const { ledger, close } = ledgerAt(sidecars.apps[0]?.httpPort ?? 0);
  return {
    ledger,
    async close() {
      await sidecars.close();
      await close();
    },
  };
}

describeLedger("Dapr's state API", openLocal);

type Script = Readonly<Record<"GET" | "POST", (answer: ServerResponse) => void>>;

/** A store that behaves as told. */
async function store(script: Script) {
  const bodies: string[] = [];
  const server = createServer(async (incoming, answer) => {
    bodies.push(await text(incoming));
    script[incoming.method as "GET" | "POST"](answer);
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  const { ledger, close } = ledgerAt((server.address() as AddressInfo).port);
  onTestFinished(async () => {
    await close();
    server.close();
  });
  return { ledger, bodies };
}

const answering = (status: number, { etag, body = "" }: { etag?: string; body?: string } = {}) => {
  return (answer: ServerResponse) => answer.writeHead(status, etag === undefined ? {} : { etag }).end(body);
};
const absent = answering(204);
const bulk = (...items: readonly object[]) => answering(200, { body: JSON.stringify(items) });
const version = (etag: string) => answering(200, { etag, body: JSON.stringify(EMPTY) });
const failed = answering(500, { body: '{"errorCode":"ERR_STATE_SAVE","message":"failed to set key"}' });

it.each([
  ["409 as SQLite says it", answering(409)],
  ["500 as Redis says it", failed],
  ["400 as Redis says it of an ETag it cannot read", answering(400)],
])("takes %s for a lost race when the document has another version", async (_what, POST) => {
  const { ledger } = await store({ GET: version("8"), POST });
  expect(await ledger.save("k", EMPTY, { expected: "7" })).toBe(false);
  expect(await ledger.save("k", EMPTY, { expected: undefined })).toBe(false);
});

it("takes the same answer for a store that is down when the version is still the one that was read", async () => {
  const { ledger } = await store({ GET: version("7"), POST: failed });
  await expect(ledger.save("k", EMPTY, { expected: "7" })).rejects.toThrow("ERR_STATE_SAVE: failed to set key");
  const { ledger: without } = await store({ GET: absent, POST: failed });
  await expect(without.save("k", EMPTY, { expected: undefined })).rejects.toThrow("answered 500");
});

it("throws when it cannot tell, because the store does not answer the second look either", async () => {
  const { ledger } = await store({ GET: failed, POST: failed });
  await expect(ledger.save("k", EMPTY, { expected: "7" })).rejects.toThrow("answered 500");
});

it.each([
  ["a document without an ETag", answering(200, { body: "{}" })],
  ["a store that nobody configured", answering(400, { body: '{"errorCode":"ERR_STATE_STORE_NOT_FOUND"}' })],
  ["a sidecar that is not ready", answering(500)],
])("throws for %s: it must not be taken for an absent document", async (_what, GET) => {
  const { ledger } = await store({ GET, POST: absent });
  await expect(ledger.load("k")).rejects.toThrow("the sidecar answered");
});

it("saves with first-write, with the ETag where there is one, and for whole seconds or for ever", async () => {
  const { ledger, bodies } = await store({ GET: absent, POST: absent });
  await ledger.save("k", EMPTY, { expected: undefined, ttlMs: 1_001 });
  await ledger.save("k", EMPTY, { expected: "7" });
  const options = { concurrency: "first-write", consistency: "strong" };
  expect(bodies.map((body) => JSON.parse(body))).toEqual([
    [{ key: "k", value: EMPTY, options, metadata: { ttlInSeconds: "2" } }],
    [{ key: "k", value: EMPTY, options, metadata: { ttlInSeconds: "-1" }, etag: "7" }],
  ]);
});

const ROW = { key: "k", entry: EMPTY, ttlMs: 1_001 };

it("finds each document of a bulk get by its key, whatever the order: SQLite has one of its own", async () => {
  const [a, b] = [{ state: "a" }, { state: "b" }];
  const { ledger, bodies } = await store({
    ...{ GET: absent, POST: bulk({ key: "b", data: b, etag: "2" }, { key: "a", data: a, etag: "1" }, { key: "n" }) },
  });
  expect(await ledger.loadAll(["n", "a", "b"])).toEqual([{}, { entry: a, version: "1" }, { entry: b, version: "2" }]);
  expect(bodies.map((body) => JSON.parse(body))).toEqual([{ keys: ["n", "a", "b"], parallelism: 3 }]);
});

it.each([
  ["null", { data: null }],
  ["an empty text", { data: "", etag: "" }],
])("takes %s in a bulk get for absent", async (_what, item) => {
  const { ledger } = await store({ GET: absent, POST: bulk({ key: "k", ...item }) });
  expect(await ledger.loadAll(["k"])).toEqual([{}]);
});

it.each([
  ["one that cannot be read", bulk({ key: "a" }, { key: "k", error: "connection refused" }), "connection refused"],
  ["one that is missing", bulk({ key: "a" }, { key: "" }), "no answer"],
  ["a document without an ETag", bulk({ key: "a" }, { key: "k", data: EMPTY }), "a document without an ETag"],
  ["a store that is down", failed, "the sidecar answered 500"],
])("throws for %s in a bulk get: it must not be taken for an absent document", async (_what, POST, why) => {
  const { ledger } = await store({ GET: absent, POST });
  await expect(ledger.loadAll(["a", "k"])).rejects.toThrow(`state of statestore: ${why}`);
});

it("puts rows on no condition, all in one request, for whole seconds", async () => {
  const { ledger, bodies } = await store({ GET: absent, POST: absent });
  await ledger.put([ROW, { ...ROW, key: "l" }]);
  const options = { concurrency: "last-write", consistency: "strong" };
  const item = { key: "k", value: EMPTY, options, metadata: { ttlInSeconds: "2" } };
  expect(bodies.map((body) => JSON.parse(body))).toEqual([[item, { ...item, key: "l" }]]);
});

it("puts rows in several requests where a sidecar would refuse one of more than 4 MiB", async () => {
  const { ledger, bodies } = await store({ GET: absent, POST: absent });
  const entry = { said: "é".repeat(1_000_000) };
  await ledger.put(["a", "b", "c"].map((key) => ({ ...ROW, key, entry: key === "a" ? entry : EMPTY })));
  await ledger.put(["a", "b", "c"].map((key) => ({ ...ROW, key, entry })));
  const keys = bodies.map((body) => (JSON.parse(body) as { key: string }[]).map(({ key }) => key));
  expect(keys).toEqual([["a", "b", "c"], ["a"], ["b"], ["c"]]);
});

it.each([
  ["409", answering(409)],
  ["500", failed],
])("throws for a put that is answered %s, without a second look: there is no race to lose", async (status, POST) => {
  const { ledger, bodies } = await store({ GET: version("8"), POST });
  await expect(ledger.put([ROW])).rejects.toThrow(`answered ${status}`);
  expect(bodies).toHaveLength(1);
});

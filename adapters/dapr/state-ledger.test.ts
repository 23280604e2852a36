import { once } from "node:events";
import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { expect, it, onTestFinished } from "vitest";
import { describeLedger } from "../core/ledger-contract.ts";
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

describeLedger("Dapr's state API", async () => {
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
});

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

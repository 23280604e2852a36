import { type AddressInfo, connect } from "node:net";
import { text } from "node:stream/consumers";
import { expect, it, onTestFinished } from "vitest";
import { toSeal } from "../../core/dispatch/seal.ts";
import { createMemoryLedger } from "../../core/ledger/memory-ledger.ts";
import type { Said } from "../../core/relay/publish.ts";
import type { Sidecar } from "../sidecar-client.ts";
import { createKeeperApp } from "./app.ts";
import type { Store } from "./letter-index.ts";
import { createLetters } from "./letters.ts";
import { createReplaying } from "./replay.ts";

const SECRET = "a secret of this deployment";
const TOKEN = "token-of-the-app";
const event = { specversion: "1.0", id: "e-1", source: "/shop/order", type: "com.example.thing.v1", data: { a: 1 } };
const ours = {
  ...{ ...event, deadreason: "data: must be right", deadcode: "schema", deadfunction: "billing" },
  ...{ deadtopic: "orders", deadtime: "2026-11-28T11:00:00.000Z" },
};
const sealed = { ...ours, deadseal: toSeal(ours, SECRET) };

function start({ store = createMemoryLedger() as Store, fails = false } = {}) {
  const said: Said[] = [];
  const calls: Parameters<Sidecar["call"]>[0][] = [];
  const sidecar: Sidecar = {
    async call(call) {
      calls.push(call);
      return { status: 204, headers: {}, text: "" };
    },
    async close() {},
  };
  const publish = async (events: readonly Said[]) => {
    if (fails) throw new Error("the broker is away");
    said.push(...events);
  };
  const replaying = createReplaying({
    ...{ sidecar, publish, pubsubName: "pubsub" },
    ...{ topics: ["orders", "bills"], functions: ["billing"] },
  });
  const letters = createLetters(store);
  const app = createKeeperApp({ letters, replaying, secret: SECRET, token: TOKEN, deadlineMs: 5_000 });
  onTestFinished(() => app.close());
  const ask = async (method: "GET" | "POST" | "DELETE", url: string, body?: unknown) => {
    const answer = await app.inject({
      ...{ method, url, headers: { "dapr-api-token": TOKEN } },
      ...(body === undefined ? {} : { payload: typeof body === "string" ? body : JSON.stringify(body) }),
    });
    return { status: answer.statusCode, body: answer.body === "" ? undefined : answer.json(), headers: answer.headers };
  };
  let deliveries = 0;
  /** As a sidecar wraps what lies on a topic, each time in another envelope. */
  const deliver = (bytes: string) =>
    ask("POST", "/dead-letters", {
      ...{ specversion: "1.0", id: `delivery-${++deliveries}`, source: "Dapr", type: "com.dapr.event.sent" },
      ...{ datacontenttype: "application/octet-stream", topic: "dead-letters", pubsubname: "pubsub" },
      data_base64: Buffer.from(bytes).toString("base64"),
    });
  const only = async () => (await ask("GET", "/letters")).body.letters[0];
  return { app, ask, deliver, said, calls, only };
}

it("keeps what its sidecar brings, whatever envelope it is in, once, and tells of it", async () => {
  const { ask, deliver, only } = start();
  for (let time = 0; time < 2; time++)
    expect(await deliver(JSON.stringify(ours))).toMatchObject({ status: 200, body: { status: "SUCCESS" } });
  const letter = await only();
  expect(letter).toMatchObject({
    eventId: "e-1",
    function: "billing",
    code: "schema",
    topic: "orders",
    isSealed: false,
  });
  const { body } = await ask("GET", `/letters/${letter.digest.slice(0, 8)}`);
  expect(JSON.parse(Buffer.from(body.body, "base64").toString())).toEqual(ours);
  const groups = await ask("GET", "/letters/groups?function=billing&since=2026-11-28T00:00:00Z");
  expect(groups.body).toMatchObject({ total: 1, groups: [{ function: "billing", code: "schema", count: 1 }] });
  expect((await ask("GET", "/letters?code=other")).body).toEqual({ letters: [] });
});

it("keeps what comes without an envelope as it is: a subscription without rawPayload", async () => {
  const { ask, only } = start();
  expect((await ask("POST", "/dead-letters", ours)).status).toBe(200);
  expect(await only()).toMatchObject({ eventId: "e-1", bytes: JSON.stringify(ours).length });
});

it.each([["load"], ["loadAll"], ["save"]] as const)(
  "answers 503 while the store cannot %s, so that the broker keeps the letter",
  async (call) => {
    const store = { ...createMemoryLedger(), [call]: () => Promise.reject(new Error("the store is away")) };
    const { deliver } = start({ store });
    expect(await deliver(JSON.stringify(ours))).toMatchObject({ status: 503, body: { status: "RETRY" } });
  },
);

it("sends a sealed letter to where it died, marked, under its own id, and has it no more", async () => {
  const { ask, deliver, said, only } = start();
  await deliver(JSON.stringify(sealed));
  const { digest } = await only();
  expect((await ask("POST", `/letters/${digest}/replay`)).status).toBe(204);
  expect(said.map(({ topic, key, body }) => [topic, key, JSON.parse(body)])).toEqual([
    ["orders", "e-1", { ...event, replayof: digest, replayfor: "billing" }],
  ]);
  expect(await ask("GET", "/letters")).toMatchObject({ status: 200, body: { letters: [] } });
  expect((await ask("POST", `/letters/${digest}/replay`)).status).toBe(404);
});

it("sends what was edited in its place, marked as that letter's", async () => {
  const { ask, deliver, said, only } = start();
  await deliver(JSON.stringify(sealed));
  const { digest } = await only();
  const edited = { ...event, data: { a: 2 } };
  const told = { event: Buffer.from(JSON.stringify(edited)).toString("base64") };
  expect((await ask("POST", `/letters/${digest}/replay`, told)).status).toBe(204);
  expect(JSON.parse(said[0]?.body ?? "")).toEqual({ ...edited, replayof: digest, replayfor: "billing" });
});

it.each([
  ["as it was", undefined],
  ["edited", { ...event, data: { a: 2 } }],
])("marks no event, %s, for a function that is none of the system's: everybody would ignore it", async (_, edited) => {
  const { ask, deliver, said, only } = start();
  const renamed = { ...ours, deadfunction: "biling" };
  await deliver(JSON.stringify({ ...renamed, deadseal: toSeal(renamed, SECRET) }));
  const { digest } = await only();
  const told = edited && { event: Buffer.from(JSON.stringify(edited)).toString("base64") };
  expect((await ask("POST", `/letters/${digest}/replay`, told)).status).toBe(204);
  expect(JSON.parse(said[0]?.body ?? "")).toEqual({ ...(edited ?? event), replayof: digest });
});

it.each([
  ["without a seal", ours, {}, 409, "unsealed"],
  ["with a forged topic", { ...sealed, deadtopic: "bills" }, {}, 409, "unsealed"],
  ["to a topic that is not the system's", sealed, { topic: "another" }, 422, "topic"],
  ["that is cut", { ...ours, deadlength: "400000" }, { topic: "orders" }, 422, "letter"],
  ["that is no event", "hello", { topic: "orders" }, 422, "letter"],
])("does not replay a letter %s, says why, and still has it", async (_, letter, told, status, code) => {
  const { ask, deliver, said, only } = start();
  await deliver(typeof letter === "string" ? letter : JSON.stringify(letter));
  const { digest } = await only();
  const answer = await ask("POST", `/letters/${digest}/replay`, told);
  expect(answer).toMatchObject({ status, body: { type: "about:blank", status, code } });
  expect(answer.headers["content-type"]).toContain("application/problem+json");
  expect(said).toEqual([]);
  expect((await only()).digest).toBe(digest);
});

it("replays a letter without a seal to where its operator says", async () => {
  const { ask, deliver, said, only } = start();
  await deliver(JSON.stringify(ours));
  expect((await ask("POST", `/letters/${(await only()).digest}/replay`, { topic: "orders" })).status).toBe(204);
  expect(said.map(({ topic }) => topic)).toEqual(["orders"]);
});

it("sends what was no event as the bytes that it was", async () => {
  const { ask, deliver, calls, only } = start();
  const undecodable = {
    ...{ ...ours, type: "com.example.undecodable.v1", datacontenttype: "application/octet-stream" },
    ...{ data: undefined, data_base64: Buffer.from("hello").toString("base64"), deadcontenttype: "text/plain" },
  };
  await deliver(JSON.stringify(undecodable));
  expect((await ask("POST", `/letters/${(await only()).digest}/replay`, { topic: "orders" })).status).toBe(204);
  expect(calls.map(({ path, body }) => [path, Buffer.from(body ?? "").toString()])).toEqual([
    ["publish/pubsub/orders?metadata.rawPayload=true&metadata.content-type=text%2Fplain", "hello"],
  ]);
});

it("names to the sidecar only the headers that a letter has kept, whatever they are called", async () => {
  const { ask, deliver, calls, only } = start();
  const deadheaders = JSON.stringify([["ce-a&metadata.ttlInSeconds", "1"]]);
  await deliver(JSON.stringify({ ...ours, type: "com.example.undecodable.v1", deadheaders, data: "hello" }));
  expect((await ask("POST", `/letters/${(await only()).digest}/replay`, { topic: "orders" })).status).toBe(204);
  const query = new URLSearchParams(calls[0]?.path.split("?")[1]);
  expect([...query.keys()]).toEqual(["metadata.rawPayload", "metadata.ce-a&metadata.ttlInSeconds"]);
});

it("still has a letter that could not be sent", async () => {
  const { ask, deliver, only } = start({ fails: true });
  await deliver(JSON.stringify(sealed));
  const { digest } = await only();
  expect((await ask("POST", `/letters/${digest}/replay`)).status).toBe(503);
  expect((await only()).digest).toBe(digest);
});

it("says that a letter was sent where it could not be taken out: nobody looks for what is lost", async () => {
  const memory = createMemoryLedger();
  let isAway = false;
  const save: Store["save"] = (...save) =>
    isAway ? Promise.reject(new Error("the store is away")) : memory.save(...save);
  const { ask, deliver, said, only } = start({ store: { ...memory, save } });
  await deliver(JSON.stringify(sealed));
  const { digest } = await only();
  isAway = true;
  const answer = await ask("POST", `/letters/${digest}/replay`);
  expect(answer).toMatchObject({ status: 503, body: { detail: expect.stringMatching(/^the letter was sent/) } });
  expect([said.length, (await only()).digest]).toEqual([1, digest]);
});

it("drops a letter that nobody wants any more", async () => {
  const { ask, deliver, only } = start();
  await deliver("hello");
  const { digest } = await only();
  expect((await ask("DELETE", `/letters/${digest}`)).status).toBe(204);
  expect((await ask("GET", `/letters/${digest}`)).status).toBe(404);
});

it.each([
  ["GET", "/letters/xyz", 422, "digest"],
  ["GET", "/letters/12345678", 404, "letter"],
  ["GET", "/letters?limit=0", 422, "limit"],
  ["GET", "/letters?limit=201", 422, "limit"],
  ["GET", "/letters?cursor=x", 422, "cursor"],
  ["GET", "/letters/groups?since=yesterday", 422, "since"],
  ["GET", "/letters?fn=x", 422, "fn"],
  ["POST", "/letters/12345678/replay", 404, "letter"],
] as const)("%s %s is %i, and says what is wrong", async (method, url, status, what) => {
  const answer = await start().ask(method, url);
  expect(answer).toMatchObject({ status, body: { status, detail: expect.stringContaining(what) } });
  expect(answer.headers["content-type"]).toContain("application/problem+json");
});

it.each(["/dead-letters", "/letters", "/letters/groups", "/letters/12345678", "/letters/12345678/replay"])(
  "%s wants the token, and probes none",
  async (url) => {
    const { app } = start();
    for (const headers of [{}, { "dapr-api-token": "another" }])
      for (const method of ["GET", "POST", "DELETE"] as const) {
        const { statusCode } = await app.inject({ method, url, headers });
        expect([method, statusCode]).toEqual([method, expect.toBeOneOf([401, 404])]);
      }
    expect((await app.inject("/healthz")).statusCode).toBe(200);
    expect((await app.inject("/readyz")).statusCode).toBe(200);
  },
);

it("keeps what could be read of a letter whose headers nobody can parse: it would come again for ever, and hold up those behind it", async () => {
  const { app, ask } = start();
  await app.listen({ host: "127.0.0.1", port: 0 });
  const { port } = app.server.address() as AddressInfo;
  const post = async (token: string) => {
    const socket = connect(port, "127.0.0.1");
    const lines = [
      "POST /dead-letters HTTP/1.1",
      "Host: app",
      `dapr-api-token: ${token}`,
      "bad name: x",
      "Content-Length: 2",
    ];
    socket.end(`${lines.join("\r\n")}\r\n\r\n{}`);
    return Number((await text(socket)).split(" ")[1]);
  };
  expect([await post("another"), await post(TOKEN)]).toEqual([400, 200]);
  const { body } = await ask("GET", "/letters");
  expect(body.letters).toMatchObject([{ code: "headers", isWhole: false, isSealed: false }]);
  const shown = await ask("GET", `/letters/${body.letters[0].digest}`);
  expect(Buffer.from(shown.body.body, "base64").toString()).not.toContain(TOKEN);
});

it("an event that comes to another path waits, and is seen", async () => {
  expect(await start().ask("POST", "/orders", ours)).toMatchObject({ status: 503, body: { status: "RETRY" } });
});

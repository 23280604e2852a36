import { beforeEach, describe, expect, onTestFinished, test } from "vitest";
import { createSidecars } from "./sidecars.ts";
import { type Answer, ask, resourcesWith, stateYaml } from "./test-app.ts";

let port = 0;
let otherPort = 0;

beforeEach(async () => {
  const apps = ["app", "other"].map((appId) => ({ appId, appPort: 1, httpPort: 0 }));
  const resources = [resourcesWith({ "state.yaml": stateYaml })];
  const sidecars = await createSidecars({ resources, database: ":memory:", apps });
  onTestFinished(sidecars.close);
  [port = 0, otherPort = 0] = sidecars.apps.map(({ httpPort }) => httpPort);
});

const save = (items: unknown, of = port) =>
  ask(of, { method: "POST", path: "/v1.0/state/statestore", body: JSON.stringify(items) });
const load = (key: string, of = port) => ask(of, { path: `/v1.0/state/statestore/${key}` });
const codeOf = ({ body }: Answer) => (body ? (JSON.parse(body) as { errorCode: string }).errorCode : "");
const firstWrite = { options: { concurrency: "first-write" } };

/** Saves "old" under k, and again to give the first etag to "stale". */
async function existing(): Promise<Readonly<Record<string, string>>> {
  await save([{ key: "k", value: "older" }]);
  const stale = (await load("k")).headers.etag ?? "";
  await save([{ key: "k", value: "old" }]);
  return { stale, current: (await load("k")).headers.etag ?? "", malformed: "not-an-etag" };
}

describe("a save", () => {
  test.each([
    ["without etag", "k", undefined, {}, 204],
    ["with the etag that is stored", "k", "current", firstWrite, 204],
    ["with an old etag", "k", "stale", firstWrite, 409],
    ["with an old etag, last write", "k", "stale", { options: { concurrency: "last-write" } }, 409],
    ["with an old etag, no options", "k", "stale", {}, 409],
    ["with a malformed etag", "k", "malformed", {}, 409],
    ["first write without etag, key exists", "k", undefined, firstWrite, 409],
    ["first write without etag, new key", "new", undefined, firstWrite, 204],
    ["with an etag, absent key", "new", "current", {}, 409],
  ])("%s", async (_name, key, version, options, status) => {
    const etags = await existing();
    const answer = await save([{ key, value: "new", ...options, ...(version ? { etag: etags[version] } : {}) }]);
    expect([answer.status, codeOf(answer)]).toEqual([status, status === 204 ? "" : "ERR_STATE_SAVE"]);
    const kept = await load(key);
    expect(kept.body).toBe(status === 204 ? '"new"' : key === "k" ? '"old"' : "");
  });

  test.each([
    ["that is not JSON", "[{"],
    ["that is no list", '{"key":"a","value":1}'],
    ["without key", '[{"value":1}]'],
    ["with an empty key", '[{"key":"","value":1}]'],
    ["with || in the key", '[{"key":"a||b","value":1}]'],
    ["whose time to live is a number", '[{"key":"a","value":1,"metadata":{"ttlInSeconds":1}}]'],
  ])("%s is 400", async (_name, body) => {
    const answer = await ask(port, { method: "POST", path: "/v1.0/state/statestore", body });
    expect([answer.status, codeOf(answer)]).toEqual([400, "ERR_MALFORMED_REQUEST"]);
  });

  test("of several of which one conflicts is 409, and the others are saved", async () => {
    await existing();
    const answer = await save([
      { key: "a", value: 1 },
      { key: "k", value: 2, ...firstWrite },
      { key: "b", value: 3 },
    ]);
    expect([answer.status, (await load("a")).body, (await load("k")).body, (await load("b")).body]).toEqual([
      409,
      "1",
      '"old"',
      "3",
    ]);
  });

  test("of three first writes at once wins exactly one", async () => {
    const answers = await Promise.all([1, 2, 3].map((value) => save([{ key: "race", value, ...firstWrite }])));
    expect(answers.map(({ status }) => status).sort()).toEqual([204, 409, 409]);
  });

  test.each([
    ["1", 204, true],
    ["0", 204, false],
    ["-1", 204, false],
    ["abc", 500, false],
  ])("with a time to live of %s", async (ttlInSeconds, status, expires) => {
    const answer = await save([{ key: "ttl", value: 1, metadata: { ttlInSeconds } }]);
    const { headers } = await load("ttl");
    expect([answer.status, "metadata.ttlexpiretime" in headers]).toEqual([status, expires]);
    if (!expires) return;
    await expect.poll(async () => (await load("ttl")).status, { timeout: 3_000 }).toBe(204);
    // What has expired is no obstacle to a first write.
    expect((await save([{ key: "ttl", value: 2, ...firstWrite }])).status).toBe(204);
  });
});

test.each([
  ["null", null, "null"],
  ["a number beyond 2^53, rounded as daprd does", 12345678901234567890n, "12345678901234567000"],
  ["text", "žluťoučký", '"žluťoučký"'],
])("a value that is %s reads as it was saved", async (_name, value, read) => {
  const json = typeof value === "bigint" ? String(value) : JSON.stringify(value);
  await ask(port, { method: "POST", path: "/v1.0/state/statestore", body: `[{"key":"v","value":${json}}]` });
  const { status, body, headers } = await load("v");
  expect([status, body, headers["content-type"]]).toEqual([200, read, "application/json"]);
});

test.each([
  ["without If-Match", undefined, 204, 204],
  ["with the etag that is stored", "current", 204, 204],
  ["with an old etag", "stale", 409, 200],
])("a delete %s", async (_name, version, status, then) => {
  const etags = await existing();
  const headers = version ? { "if-match": etags[version] ?? "" } : {};
  const answer = await ask(port, { method: "DELETE", path: "/v1.0/state/statestore/k", headers });
  expect([answer.status, codeOf(answer)]).toEqual([status, status === 204 ? "" : "ERR_STATE_DELETE"]);
  expect((await load("k")).status).toBe(then);
});

const bulk = (body: string, { of = port, method = "POST" } = {}) =>
  ask(of, { method, path: "/v1.0/state/statestore/bulk", body });

describe("a bulk get", () => {
  test("has each key in its place: saved null and empty text apart from absent, and when it ends", async () => {
    const items = [
      { key: "a", value: { text: "žluť", n: [1] } },
      { key: "n", value: null },
      { key: "e", value: "" },
      { key: "t", value: "text", metadata: { ttlInSeconds: "100" } },
    ];
    await save(items);
    const keys = ["t", "none", "a", "n", "e", "a"];
    const { status, headers, body } = await bulk(JSON.stringify({ keys, parallelism: 10 }));
    expect([status, headers["content-type"]]).toEqual([200, "application/json"]);
    const etagOf = async (key: string) => (await load(key)).headers.etag;
    const a = { key: "a", data: items[0]?.value, etag: await etagOf("a") };
    expect(JSON.parse(body)).toEqual([
      {
        ...{ key: "t", data: "text", etag: await etagOf("t") },
        metadata: { ttlExpireTime: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/) },
      },
      { key: "none" },
      a,
      { key: "n", data: null, etag: await etagOf("n") },
      { key: "e", data: "", etag: await etagOf("e") },
      a,
    ]);
  });

  test("says nothing of what has expired, nor of what another app has saved", async () => {
    await save([{ key: "ttl", value: 1, metadata: { ttlInSeconds: "1" } }]);
    await expect.poll(async () => (await bulk('{"keys":["ttl"]}')).body, { timeout: 3_000 }).toBe('[{"key":"ttl"}]');
    await save([{ key: "mine", value: 1 }]);
    expect((await bulk('{"keys":["mine"]}', { of: otherPort })).body).toBe('[{"key":"mine"}]');
  });

  test.each([
    ["of no keys", '{"keys":[]}', 200, "[]"],
    ["without keys", "{}", 200, "[]"],
    ["with an empty key", '{"keys":[""]}', 200, '[{"key":""}]'],
    ["with parallelism that means nothing", '{"keys":["k"],"parallelism":-1}', 200, '[{"key":"k"}]'],
    ["by PUT", '{"keys":["k"]}', 200, '[{"key":"k"}]', "PUT"],
  ])("%s", async (_name, sent, status, said, method = "POST") => {
    const answer = await bulk(sent, { method });
    expect([answer.status, answer.body]).toEqual([status, said]);
  });

  test.each([
    ["that is not JSON", "[{"],
    ["that is empty", ""],
    ["that is text", '"x"'],
    ["whose keys are no list", '{"keys":"a"}'],
    ["whose keys are numbers", '{"keys":[1]}'],
    ["whose parallelism is text", '{"keys":["a"],"parallelism":"2"}'],
    ["with || in a key", '{"keys":["a","a||b"]}'],
  ])("%s is 400", async (_name, sent) => {
    const answer = await bulk(sent);
    expect([answer.status, codeOf(answer)]).toEqual([400, "ERR_MALFORMED_REQUEST"]);
  });
});

test("an app does not see the keys of another", async () => {
  await save([{ key: "a/b", value: 1 }]);
  expect([(await load("a/b")).status, (await load("a/b", otherPort)).status, (await load("none")).status]).toEqual([
    200, 204, 204,
  ]);
});

test.each([
  ["GET", "/v1.0/state/nope/k", 400, "ERR_STATE_STORE_NOT_FOUND"],
  ["GET", "/v1.0/state/statestore/a%7C%7Cb", 400, "ERR_MALFORMED_REQUEST"],
  ["GET", "/v1.0/state/statestore/%zz", 400, "ERR_MALFORMED_REQUEST"],
  ["POST", "/v1.0/state/statestore/transaction", 501, "ERR_NOT_SUPPORTED"],
  ["POST", "/v1.0/state/nope/bulk", 400, "ERR_STATE_STORE_NOT_FOUND"],
  ["POST", "/v1.0/state/statestore/query", 501, "ERR_NOT_SUPPORTED"],
])("%s %s is %i", async (method, path, status, code) => {
  const answer = await ask(port, { method, path });
  expect([answer.status, codeOf(answer)]).toEqual([status, code]);
});

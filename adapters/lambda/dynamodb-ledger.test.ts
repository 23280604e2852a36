import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { Ledger, Row } from "../core/ledger/ledger.ts";
import type { AwsCall } from "./aws-client.ts";
import { createDynamoLedger } from "./dynamodb-ledger.ts";

const NOW = 1_764_000_000_100;

// Pauses are taken at their shortest.
beforeEach(() => void vi.spyOn(Math, "random").mockReturnValue(0));
afterEach(() => void vi.restoreAllMocks());

/** What is asked of DynamoDB; what it does about it is for the contract suite, on a real table. */
async function asked(work: (ledger: Ledger) => Promise<unknown>, answers: readonly object[] = []) {
  const calls: AwsCall[] = [];
  const left = [...answers];
  const aws = async (call: AwsCall) => {
    calls.push(call);
    return { status: 200, text: JSON.stringify(left.shift() ?? {}) };
  };
  await work(createDynamoLedger({ aws, table: "shop-ledger", now: () => NOW }));
  return calls.map(({ headers, body }) => [headers["x-amz-target"]?.split(".")[1], JSON.parse(body)]);
}

const toRow = (key: string): Row => ({ key, entry: { row: key }, ttlMs: 1_000 });
const toKey = (key: string) => ({ id: { S: key } });
const toItem = (key: string, more: object = {}) => ({
  ...{ id: { S: key }, entry: { S: `{"row":"${key}"}` }, version: { S: `v-${key}` }, ...more },
});
const toPut = (key: string) => ({ PutRequest: { Item: toItem(key) } });

it("reads consistently: a stale document would let an event be handled twice", async () => {
  expect(await asked((ledger) => ledger.load("order-1"))).toEqual([
    ["GetItem", { TableName: "shop-ledger", Key: toKey("order-1"), ConsistentRead: true }],
  ]);
  expect(await asked((ledger) => ledger.loadAll(["order-1", "order-2"]))).toEqual([
    [
      "BatchGetItem",
      { RequestItems: { "shop-ledger": { Keys: ["order-1", "order-2"].map(toKey), ConsistentRead: true } } },
    ],
  ]);
});

it.each([
  ["a first save", undefined, { ConditionExpression: "attribute_not_exists(id)" }],
  [
    "a later one",
    "v-1",
    { ConditionExpression: "version = :expected", ExpressionAttributeValues: { ":expected": { S: "v-1" } } },
  ],
])("puts %s on condition of what was read", async (_what, expected, condition) => {
  const calls = await asked((ledger) => ledger.save("order-1", { seen: {} }, { expected }));
  expect(calls).toEqual([["PutItem", expect.objectContaining(condition)]]);
});

it("tells the version that it has saved, so that the next save needs no load", async () => {
  let saved: unknown;
  const calls = await asked(async ({ save }) => {
    saved = await save("order-1", { seen: {} }, { expected: undefined });
  });
  expect(calls).toEqual([
    ["PutItem", expect.objectContaining({ Item: expect.objectContaining({ version: { S: saved } }) })],
  ]);
});

it.each<[what: string, work: (ledger: Ledger) => Promise<unknown>]>([
  ["of a save", ({ save }) => save("order-1", { seen: {} }, { expected: undefined, ttlMs: 1_000 })],
  ["of a row", ({ put }) => put([toRow("order-1")])],
])("lets the table's TTL sweep in whole seconds, never too early: the document %s", async (_what, work) => {
  expect(JSON.stringify(await asked(work))).toContain('"expires":{"N":"1764000002"}');
});

it.each<[what: string, work: (ledger: Ledger) => Promise<unknown>]>([
  ["load", ({ load }) => load("a")],
  ["load of several", ({ loadAll }) => loadAll(["a"])],
  ["save", ({ save }) => save("a", {}, { expected: undefined })],
  ["put", ({ put }) => put([toRow("a")])],
  ["query of what is due", async ({ due }) => due?.("order", { until: NOW, most: 10 })],
])(
  "a %s fails for an answer that DynamoDB has not made: never taken for a document that is absent",
  async (_, work) => {
    const aws = async () => ({ status: 200, text: "<html>" });
    const answered = work(createDynamoLedger({ aws, table: "shop-ledger" }));
    await expect(answered).rejects.toThrow(/^dynamodb \w+: answered 200 no JSON$/);
  },
);

it("asks again for what a busy table leaves of a batch, and for no more, and puts it in its place", async () => {
  const over = { expires: { N: "1764000000" } };
  const left = { "shop-ledger": { Keys: [toKey("a")], ConsistentRead: true } };
  const answers = [
    { Responses: { "shop-ledger": [toItem("c", over), toItem("b")] }, UnprocessedKeys: left },
    { Responses: {}, UnprocessedKeys: left },
    { Responses: { "shop-ledger": [toItem("a")] }, UnprocessedKeys: {} },
  ];
  let held: unknown;
  const calls = await asked(async ({ loadAll }) => {
    held = await loadAll(["a", "b", "none", "c"]);
  }, answers);
  expect(calls.slice(1)).toEqual([
    ["BatchGetItem", { RequestItems: left }],
    ["BatchGetItem", { RequestItems: left }],
  ]);
  const [a, b] = ["a", "b"].map((key) => ({ version: `v-${key}`, entry: { row: key } }));
  expect(held).toEqual([a, b, {}, { version: "v-c" }]);
});

it("writes again what a busy table leaves of a batch, and no more", async () => {
  const left = { "shop-ledger": [toPut("b")] };
  const calls = await asked(({ put }) => put([toRow("a"), toRow("b")]), [{ UnprocessedItems: left }]);
  expect(calls).toEqual([
    ["BatchWriteItem", { RequestItems: { "shop-ledger": [expect.anything(), expect.anything()] } }],
    ["BatchWriteItem", { RequestItems: left }],
  ]);
});

it.each<[what: string, work: (ledger: Ledger) => Promise<unknown>, left: object]>([
  ["loaded", ({ loadAll }) => loadAll(["a"]), { UnprocessedKeys: { "shop-ledger": { Keys: [toKey("a")] } } }],
  ["written", ({ put }) => put([toRow("a")]), { UnprocessedItems: { "shop-ledger": [toPut("a")] } }],
])("throws where not all is %s in five tries: what is not known is not absent", async (_what, work, left) => {
  const answers = Array.from({ length: 5 }, () => left);
  const told = vi.fn();
  const calls = await asked((ledger) => work(ledger).then(told, (error: Error) => told(error.message)), answers);
  expect(calls).toHaveLength(5);
  expect(told.mock.calls).toEqual([[expect.stringMatching(/^dynamodb Batch\w+: not all of it after 5 tries$/)]]);
});

it("saves a date under the function's name, where the role of no other may look, and always in the same quarter", async () => {
  const save = (key: string, at: number) =>
    asked((ledger) => ledger.save(key, {}, { expected: undefined, due: { of: "order", at } }));
  const saved = async (key: string, at: number) => JSON.stringify(await save(key, at));
  expect(await saved("order-a1", NOW)).toContain(`"due_of":{"S":"order#1"},"due_at":{"N":"${NOW}"}`);
  expect(await saved("order-a1", 0)).toContain('"due_of":{"S":"order#1"},"due_at":{"N":"0"}');
});

describe("what is due", () => {
  const dated = (key: string, at: number) => ({ id: { S: key }, due_of: { S: "any" }, due_at: { N: String(at) } });
  const [first, second, third] = [dated("a", 1), dated("b", 2), dated("c", 3)];
  const FOUR = ["0", "1", "2", "3"];
  const query = (shard: string, most: number) => ({
    ...{ TableName: "shop-ledger", IndexName: "due", KeyConditionExpression: "due_of = :of AND due_at <= :until" },
    ExpressionAttributeValues: { ":of": { S: `order#${shard}` }, ":until": { N: String(NOW) } },
    Limit: most,
  });
  const look = async (most: number, answers: readonly object[]) => {
    let told: unknown;
    const work = async ({ due }: Ledger) => {
      told = await due?.("order", { until: NOW, most });
    };
    return { calls: await asked(work, answers), told };
  };

  it("is asked of all quarters at once, and told as if they were one", async () => {
    const { calls, told } = await look(2, [{ Items: [second] }, { Items: [] }, { Items: [third] }, { Items: [first] }]);
    expect(calls).toEqual(FOUR.map((shard) => ["Query", query(shard, 2)]));
    expect(told).toEqual(["a", "b"]);
  });

  it("is read to the end of its pages, and no further than to the most that is wanted", async () => {
    const whole = FOUR.slice(1).map(() => ({ Items: [] }));
    const key = { id: { S: "a" } };
    const pages = [
      { Items: [second], LastEvaluatedKey: key },
      { Items: [first], LastEvaluatedKey: key },
    ];
    const [start = {}, ...rest] = pages;
    const { calls, told } = await look(2, [start, ...whole, ...rest]);
    expect(calls.slice(4)).toEqual([["Query", { ...query("0", 1), ExclusiveStartKey: key }]]);
    expect(told).toEqual(["a", "b"]);
  });
});

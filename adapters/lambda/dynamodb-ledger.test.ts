import { expect, it } from "vitest";
import type { AwsCall } from "./aws-client.ts";
import { createDynamoLedger } from "./dynamodb-ledger.ts";

const NOW = 1_764_000_000_100;

/** What is asked of DynamoDB; what it does about it is for the contract suite, on a real table. */
async function asked(work: (ledger: ReturnType<typeof createDynamoLedger>) => Promise<unknown>) {
  const calls: AwsCall[] = [];
  const aws = async (call: AwsCall) => {
    calls.push(call);
    return { status: 200, text: "{}" };
  };
  await work(createDynamoLedger({ aws, table: "shop-ledger", now: () => NOW }));
  return calls.map(({ headers, body }) => [headers["x-amz-target"]?.split(".")[1], JSON.parse(body)]);
}

it("reads consistently: a stale document would let an event be handled twice", async () => {
  expect(await asked((ledger) => ledger.load("order-1"))).toEqual([
    ["GetItem", { TableName: "shop-ledger", Key: { id: { S: "order-1" } }, ConsistentRead: true }],
  ]);
});

it.each([
  ["a first save", undefined, { ConditionExpression: "attribute_not_exists(id)" }],
  ["a later one", "v-1", { ExpressionAttributeValues: { ":expected": { S: "v-1" } } }],
])("puts %s on condition of what was read", async (_what, expected, condition) => {
  const calls = await asked((ledger) => ledger.save("order-1", { seen: {} }, { expected }));
  expect(calls).toEqual([["PutItem", expect.objectContaining(condition)]]);
});

it("lets the table's TTL sweep in whole seconds, never too early", async () => {
  const calls = await asked((ledger) => ledger.save("order-1", { seen: {} }, { expected: undefined, ttlMs: 1_000 }));
  expect(calls).toEqual([
    ["PutItem", expect.objectContaining({ Item: expect.objectContaining({ expires: { N: "1764000002" } }) })],
  ]);
});

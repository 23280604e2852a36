import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { describeLedger } from "../../adapters/core/ledger-contract.ts";
import { createAws } from "../../adapters/lambda/aws-client.ts";
import { createDynamoLedger } from "../../adapters/lambda/dynamodb-ledger.ts";
import { createAwsApi } from "../engines/aws-api.ts";
import { moto, REGION, startMoto } from "../engines/moto.ts";

const missing = moto.missing();

async function open() {
  const folder = mkdtempSync(join(tmpdir(), "loosely-ledger-"));
  const aws = await startMoto({ folder });
  await createAwsApi(aws.url).json("DynamoDB_20120810.CreateTable", {
    TableName: "ledger",
    BillingMode: "PAY_PER_REQUEST",
    AttributeDefinitions: [{ AttributeName: "id", AttributeType: "S" }],
    KeySchema: [{ AttributeName: "id", KeyType: "HASH" }],
  });
  let jumped = 0;
  const endpoints = { dynamodb: aws.url };
  const call = createAws({
    region: REGION,
    accessKeyId: "a",
    secretAccessKey: "s",
    sessionToken: undefined,
    endpoints,
  });
  const now = () => Date.now() + jumped;
  return {
    ledger: createDynamoLedger({ aws: call, table: "ledger", now }),
    call,
    advance(ms: number) {
      jumped += ms;
    },
    async close() {
      await aws.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

describe.skipIf(missing)(`DynamoDB${missing ? ` (${missing})` : ""}`, () => {
  // The table's TTL is in whole seconds.
  describeLedger("DynamoDB", open, { ttlMs: 2_000, writers: 6, savesPerWriter: 5 });

  it("knows its own save again when the answer of the first try was lost", async () => {
    const store = await open();
    let lost = 0;
    const ledger = createDynamoLedger({
      table: "ledger",
      aws: async (call) => {
        const answer = await store.call(call);
        if (!call.headers["x-amz-target"]?.endsWith("PutItem") || lost++ > 0) return answer;
        return store.call(call);
      },
    });
    expect(await ledger.save("order-1", { seen: {} }, { expected: undefined })).toBe(true);
    expect(await ledger.save("order-1", { seen: {} }, { expected: undefined })).toBe(false);
    await store.close();
  });

  it("throws, and does not say that another was faster, when there is no such table", async () => {
    const store = await open();
    const ledger = createDynamoLedger({ aws: store.call, table: "other" });
    const refused = /^dynamodb \w+: answered 400 ResourceNotFoundException$/;
    await expect(ledger.load("order-1")).rejects.toThrow(refused);
    await expect(ledger.save("order-1", { seen: {} }, { expected: undefined })).rejects.toThrow(refused);
    await store.close();
  });
});

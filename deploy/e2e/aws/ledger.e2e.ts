import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { MOST_ROWS } from "../../../adapters/core/ledger/ledger.ts";
import { describeLedger } from "../../../adapters/core/ledger/ledger-contract.ts";
import { type CallAws, createAws } from "../../../adapters/lambda/aws-client.ts";
import { createDynamoLedger } from "../../../adapters/lambda/dynamodb-ledger.ts";
import { createAwsApi } from "../../engines/aws-api.ts";
import { LEDGER_TABLE } from "../../engines/ledger-table.ts";
import { moto, REGION, startMoto } from "../../engines/moto.ts";

const missing = moto.missing();

/** Puts, or keys to get. */
type Batch = readonly unknown[] | { readonly Keys: readonly unknown[] };

async function open() {
  const folder = mkdtempSync(join(tmpdir(), "loosely-ledger-"));
  const aws = await startMoto({ folder });
  await createAwsApi(aws.url).json("DynamoDB_20120810.CreateTable", { ...LEDGER_TABLE, TableName: "ledger" });
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

/** A table so busy that it does only half of each batch. */
const halfDone =
  (call: CallAws): CallAws =>
  async (asked) => {
    const { RequestItems: items } = JSON.parse(asked.body) as { RequestItems: { ledger: Batch } };
    const isGet = "Keys" in items.ledger;
    const all = "Keys" in items.ledger ? items.ledger.Keys : items.ledger;
    const form = (some: readonly unknown[]) => ({ ledger: isGet ? { ...items.ledger, Keys: some } : some });
    const half = Math.ceil(all.length / 2);
    const body = JSON.stringify({ RequestItems: form(all.slice(0, half)) });
    const { status, text } = await call({ ...asked, body });
    const left = half === all.length ? {} : form(all.slice(half));
    const said = { ...JSON.parse(text), [isGet ? "UnprocessedKeys" : "UnprocessedItems"]: left };
    return { status, text: JSON.stringify(said) };
  };

describe.skipIf(missing)(`DynamoDB${missing ? ` (${missing})` : ""}`, () => {
  // No case takes as long: it is passed over, not waited for.
  describeLedger("DynamoDB", open, { ttlMs: 60_000, writers: 6, savesPerWriter: 5, hasAgenda: true });

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
    const saved = await ledger.save("order-1", { seen: {} }, { expected: undefined });
    expect(saved).toBe((await ledger.load("order-1")).version);
    expect(await ledger.save("order-1", { seen: {} }, { expected: undefined })).toBe(false);
    await store.close();
  });

  it("takes as many rows at once as one call may name, each of the largest size, and gives them back", async () => {
    const { ledger, close } = await open();
    const text = "x".repeat(ledger.maxBytes - '{"text":""}'.length);
    const rows = Array.from({ length: MOST_ROWS }, (_, index) => ({ key: `order-${index}`, entry: { text } }));
    await ledger.put(rows.map((row) => ({ ...row, ttlMs: 60_000 })));
    const held = await ledger.loadAll(rows.map(({ key }) => key));
    expect(held.filter(({ entry }) => entry?.text === text)).toHaveLength(MOST_ROWS);
    await close();
  });

  it("gets a whole batch done by a table that leaves half of it each time", async () => {
    const store = await open();
    const ledger = createDynamoLedger({ table: "ledger", aws: halfDone(store.call) });
    const keys = Array.from({ length: MOST_ROWS }, (_, index) => `order-${index}`);
    await ledger.put(keys.map((key) => ({ key, entry: { key }, ttlMs: 60_000 })));
    expect((await ledger.loadAll(keys)).map(({ entry }) => entry)).toEqual(keys.map((key) => ({ key })));
    await store.close();
  });

  it("throws, and does not say that another was faster, when there is no such table", async () => {
    const store = await open();
    const ledger = createDynamoLedger({ aws: store.call, table: "other" });
    const refused = /^dynamodb \w+: answered 400 ResourceNotFoundException$/;
    await expect(ledger.load("order-1")).rejects.toThrow(refused);
    await expect(ledger.loadAll(["order-1"])).rejects.toThrow(refused);
    await expect(ledger.put([{ key: "order-1", entry: {}, ttlMs: 1_000 }])).rejects.toThrow(refused);
    await expect(ledger.save("order-1", { seen: {} }, { expected: undefined })).rejects.toThrow(refused);
    await store.close();
  });
});

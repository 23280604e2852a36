import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { daprd } from "../../engines/daprd.ts";
import { redis } from "../../engines/redis.ts";
import { freshFolder, whyMissing } from "../tools/output.ts";
import { brokers } from "./brokers.ts";
import { type Shop, startShop, TOKENS } from "./shop.ts";

const ROOT = join(import.meta.dirname, "../../..");
const missing = whyMissing("say and story behind a real daprd", [daprd, redis]);

describe.skipIf(missing !== undefined)("behind a real daprd", () => {
  let shop: Shop;
  beforeAll(async () => {
    shop = await startShop({ kind: brokers.redis, dir: freshFolder("say") });
  });
  afterAll(() => shop?.stop());

  const run = async (command: string, args: readonly string[]) => {
    const logs = Object.values(shop.pods).flatMap(({ logFile }) => ["--log", logFile]);
    const script = join(ROOT, "deploy", command, "main.ts");
    const env = { ...process.env, NO_COLOR: "1", DAPR_API_TOKEN: TOKENS.DAPR_API_TOKEN };
    return promisify(execFile)(process.execPath, [script, ...args, ...logs], { env }).then(
      ({ stdout }) => ({ code: 0, stdout }),
      ({ code, stdout }: { readonly code: number; readonly stdout: string }) => ({ code, stdout }),
    );
  };

  it("say publishes by a sidecar's port and follows the logs to the end, and story tells it again", async () => {
    const said = await run("say", ["order.paid", "--id", "e-well", "--port", String(shop.pods.order.sidecarPort)]);
    expect(said.stdout).toMatch(/order +shipment\.dispatched +done/);
    expect(said.code).toBe(0);
    const story = await run("story", ["e-well"]);
    expect(story.stdout).toMatch(/^\S+ {2}shipping +order\.paid +→ shipment\.dispatched/m);
    expect(story.stdout).toMatch(/^\S+ {4}order +shipment\.dispatched +done/m);
    expect(story.code).toBe(0);
  });

  it("a broken sample dies at each consumer, and both say so", async () => {
    const port = String(shop.pods.order.sidecarPort);
    const said = await run("say", ["order.paid", "--invalid", "--id", "e-broken", "--port", port]);
    const story = await run("story", ["e-broken"]);
    expect([said.code, story.code]).toEqual([1, 1]);
    for (const { stdout } of [said, story]) expect(stdout).toMatch(/1 ignored, 2 dead/);
  });
});

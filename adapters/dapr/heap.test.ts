import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { expect, it } from "vitest";
import { createBilling } from "../../functions/billing/handler.ts";
import { OrderCreated } from "../../functions/events/index.ts";
import { createSqliteLedger } from "../core/ledger/sqlite-ledger.ts";
import { createEffects } from "../effects/index.ts";
import { createDaprApp } from "./app.ts";

setFlagsFromString("--expose-gc");
const collect = runInNewContext("gc") as () => void;

function heapUsed(): number {
  collect();
  collect();
  return process.memoryUsage().heapUsed;
}

it("keeps nothing in memory of the events that went through", { timeout: 180_000 }, async () => {
  const folder = mkdtempSync(join(tmpdir(), "loosely-heap-"));
  const ledger = createSqliteLedger({ file: join(folder, "ledger.db") });
  const app = createDaprApp(createBilling(createEffects({})), {
    ports: { ledger, publish: async () => {}, isRelayed: true, now: Date.now, deadlineMs: 10_000, leaseMs: 15_000 },
  });
  const deliver = async (from: number, to: number) => {
    for (let number = from; number < to; number++) {
      const { statusCode } = await app.inject({
        method: "POST",
        url: "/orders",
        headers: { "content-type": "application/cloudevents+json" },
        payload: {
          specversion: "1.0",
          id: `e-${number}`,
          source: "/shop/order",
          type: OrderCreated.type,
          data: { ...OrderCreated.sample, orderId: `o-${number}` },
        },
      });
      if (statusCode !== 200) throw new Error(`event ${number} was answered ${statusCode}`);
    }
  };
  await deliver(0, 2_000);
  const early = heapUsed();
  await deliver(2_000, 20_000);
  expect(heapUsed() / early).toBeLessThan(1.2);
  await app.close();
  await ledger.close?.();
  rmSync(folder, { recursive: true });
});

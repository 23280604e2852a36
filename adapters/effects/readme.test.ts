import { execFile } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Dead } from "../../functions/kernel/outcome.ts";
import { ConfigError } from "../core/host/config-error.ts";
import type * as Written from "./charge.ts";

const ROOT = join(import.meta.dirname, "../..");
const page = readFileSync(join(ROOT, "functions/README.md"), "utf8");
const [, section = ""] = page.split("\n## Stripe, for example\n");
const [charge = "", stripe = ""] = [...section.matchAll(/```ts\n(.*?)```/gs)].map(([, code]) => code);
const dummy = readFileSync(join(import.meta.dirname, "charge.ts"), "utf8").replace("createCharge", "createDummy");

/** Of Stripe's client, what the page uses: as its types have it, and what it answers to a key of a test's. */
const TYPES = `declare class Stripe {
  constructor(secret: string, options?: { timeout?: number; maxNetworkRetries?: number });
  paymentIntents: {
    create(
      params: { amount: number; currency: string; payment_method?: string; payment_method_types?: string[]; confirm?: boolean; metadata?: Record<string, string | number | null> },
      options?: { idempotencyKey?: string },
    ): Promise<{ id: string; status: "succeeded" | "processing" | "canceled" | "requires_action" }>;
  };
}
export default Stripe;`;
const CLIENT = `export default class {
  paymentIntents = {
    create: async (params, { idempotencyKey: key }) => {
      asked.push({ ...params, key });
      if (key === "declined") throw Object.assign(new Error("no"), { type: "StripeCardError", code: "card_declined" });
      if (key === "away") throw Object.assign(new Error("away"), { type: "StripeConnectionError" });
      return { id: "pi_1", status: key === "slow" ? "processing" : "succeeded" };
    },
  };
}
export const asked = [];`;

let folder: string;
const at = (path: string) => join(folder, path);
beforeAll(() => {
  mkdirSync(join(ROOT, "dist"), { recursive: true });
  folder = mkdtempSync(join(ROOT, "dist/effects-"));
  for (const path of ["adapters/effects", "node_modules/stripe"]) mkdirSync(at(path), { recursive: true });
  for (const [name, code] of Object.entries({ charge: dummy + charge, stripe })) {
    // To the same files, from where these lie.
    const here = code.replaceAll(
      /from "(\.\.\/)+(core|functions)\//g,
      (_, _up: string, top: string) => `from "../../../../${top === "core" ? "adapters/" : ""}${top}/`,
    );
    const beside = here.replace('"./attempts.ts"', '"../../../../adapters/effects/attempts.ts"');
    writeFileSync(
      at(`adapters/effects/${name}.ts`),
      beside.replace('"./bills.ts"', '"../../../../adapters/effects/bills.ts"'),
    );
  }
  const manifest = { name: "stripe", type: "module", exports: { types: "./index.d.ts", default: "./index.js" } };
  writeFileSync(at("node_modules/stripe/package.json"), JSON.stringify(manifest));
  writeFileSync(at("node_modules/stripe/index.d.ts"), TYPES);
  writeFileSync(at("node_modules/stripe/index.js"), CLIENT);
  const config = { extends: "../../tsconfig.json", include: ["adapters"], exclude: [] };
  writeFileSync(at("tsconfig.json"), JSON.stringify(config));
});
afterAll(() => rmSync(folder, { recursive: true }));

describe("what the page shows of Stripe", () => {
  it("has the types of our port and of its client", { timeout: 60_000 }, async () => {
    const check = promisify(execFile)(join(ROOT, "node_modules/.bin/tsc"), ["-p", folder]);
    expect(await check.catch(({ stdout }) => stdout)).toMatchObject({ stdout: "" });
  });

  const load = async () => {
    const { createCharge } = (await import(pathToFileURL(at("adapters/effects/charge.ts")).href)) as typeof Written;
    return createCharge;
  };
  const request = (key: string) => ({ key, amount: { amount: 2_500, currency: "EUR" }, eventId: `e-${key}` });
  const env = { STRIPE_KEY: "sk_test_1" };

  it("charges under the effect's key, the same request for every event", async () => {
    const createCharge = await load();
    expect(await createCharge(env)(request("a"))).toEqual({ ok: true, receipt: "pi_1" });
    const { asked } = await import(pathToFileURL(at("node_modules/stripe/index.js")).href);
    expect(asked).toMatchObject([{ key: "a", amount: 2_500, currency: "eur", confirm: true }]);
    expect(JSON.stringify(asked)).not.toContain("e-a");
  });

  it("answers what is declined, and throws what nobody knows, so that the event comes again", async () => {
    const charge = (await load())(env);
    expect(await charge(request("declined"))).toEqual({ ok: false, reason: "card_declined" });
    for (const key of ["away", "slow"]) await expect(charge(request(key))).rejects.not.toBeInstanceOf(Dead);
  });

  it("says of a wrong key the rule and never the key, and is the dummy without one", async () => {
    const createCharge = await load();
    expect(() => createCharge({ STRIPE_KEY: "pk_live_s3cret" })).toThrow(
      new ConfigError("STRIPE_KEY: must be a secret or restricted key"),
    );
    expect(await createCharge({})(request("a"))).toMatchObject({ ok: true, receipt: expect.stringMatching(/^r-/) });
  });
});

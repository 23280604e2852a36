import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { getTestServer } from "@google-cloud/functions-framework/testing";
import { afterEach, beforeEach, expect, it, onTestFinished, vi } from "vitest";
import { createBilling } from "../../functions/billing/handler.ts";
import { OrderPaid } from "../../functions/events/index.ts";
import { system } from "../../functions/index.ts";
import { createEffects } from "../effects/index.ts";
import { parseGcfConfig } from "./config.ts";
import { createPorts } from "./ports.ts";
import { registerFunctions } from "./receive.ts";

const eventTypes = system.events.map(({ type }) => type);

const MINUTE_MS = 60_000;

let lines: unknown[];
beforeEach(() => {
  lines = [];
  vi.spyOn(process.stdout, "write").mockImplementation((line) => {
    const { severity, message, code, how } = JSON.parse(String(line));
    lines.push([severity, message, code ?? how]);
    return true;
  });
});
afterEach(() => void vi.restoreAllMocks());

/** Billing as it is deployed, with a clock of its own. Its calls would fail: what is unknown needs none. */
async function start(env: Readonly<Record<string, string>> = {}) {
  let clock = Date.parse("2026-11-25T10:00:00Z");
  const config = parseGcfConfig({ GOOGLE_CLOUD_PROJECT: "a-project", ...env });
  registerFunctions([createBilling(createEffects({}))], {
    ports: createPorts(config, { eventTypes, clock: { now: () => clock } }),
  });
  const server = getTestServer("billing").listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => {
    server.close();
    server.closeAllConnections();
  });
  return {
    async deliver(type: string) {
      const body = JSON.stringify({ specversion: "1.0", id: "e-1", source: "/s", type });
      const headers = { "content-type": "application/cloudevents+json" };
      const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/orders`;
      return (await fetch(url, { method: "POST", headers, body })).status;
    },
    pass(ms: number) {
      clock += ms;
    },
  };
}

it("acknowledges a type that is in no catalogue, and warns of it once; one that others consume is no news", async () => {
  const strange = "com.example.first.v2";
  const { deliver } = await start();
  for (const type of [strange, OrderPaid.type, strange]) expect(await deliver(type)).toBe(204);
  expect(lines).toEqual([
    ["WARNING", `billing: ack ${strange}`, "unknown"],
    ["INFO", `billing: ack ${OrderPaid.type}`, "ignored"],
    ["INFO", `billing: ack ${strange}`, "unknown"],
  ]);
});

it("lets it come again for the time that is set, then acknowledges it", async () => {
  const strange = "com.example.second.v2";
  const { deliver, pass } = await start({ UNKNOWN_TYPE_RETRY_MS: String(MINUTE_MS) });
  expect(await deliver(strange)).toBe(503);
  pass(MINUTE_MS - 1);
  expect(await deliver(strange)).toBe(503);
  pass(1);
  expect(await deliver(strange)).toBe(204);
  expect(lines).toEqual([
    ["WARNING", `billing: retry ${strange}`, "unknown"],
    ["INFO", `billing: retry ${strange}`, "unknown"],
    ["INFO", `billing: ack ${strange}`, "unknown"],
  ]);
});

import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { getTestServer } from "@google-cloud/functions-framework/testing";
import { expect, it, onTestFinished, vi } from "vitest";
import { createBilling } from "../../functions/billing/handler.ts";
import { OrderPaid } from "../../functions/events/index.ts";
import { TOLD } from "../core/host/test-log.ts";
import { createEffects } from "../effects/index.ts";
import { parseGcfConfig } from "./config.ts";
import { createPorts } from "./ports.ts";
import { registerFunctions } from "./receive.ts";

it.each(TOLD)("the log cuts and masks %s", async (_what, written, logged) => {
  const ports = createPorts(parseGcfConfig({ GOOGLE_CLOUD_PROJECT: "a-project" }), { eventTypes: [] });
  registerFunctions([createBilling(createEffects({}))], { ports });
  const server = getTestServer("billing").listen(0, "127.0.0.1");
  await once(server, "listening");
  const lines: string[] = [];
  const spy = vi.spyOn(process.stdout, "write").mockImplementation((line) => lines.push(String(line)) > 0);
  onTestFinished(() => {
    spy.mockRestore();
    server.close();
    server.closeAllConnections();
  });
  const plain = { id: "e-1", type: OrderPaid.type, subject: "o-1" };
  const { status } = await fetch(`http://127.0.0.1:${(server.address() as AddressInfo).port}/orders`, {
    method: "POST",
    headers: { "content-type": "application/cloudevents+json" },
    body: JSON.stringify({ specversion: "1.0", source: "/s", ...plain, ...written }),
  });
  expect(status).toBe(204);
  const { id, ...more } = { ...plain, ...logged };
  const message = `billing: ack ${more.type}`;
  expect(lines.map((line) => JSON.parse(line))).toMatchObject([{ ...more, event: id, message }]);
  expect(lines[0]?.length).toBeLessThan(1_200);
  expect(lines[0]).not.toMatch(/ada|example\.com["%]/);
});

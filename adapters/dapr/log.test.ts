import { pino } from "pino";
import { expect, it, onTestFinished } from "vitest";
import { createBilling } from "../../functions/billing/handler.ts";
import { OrderPaid } from "../../functions/events/index.ts";
import { TOLD } from "../core/host/test-log.ts";
import { createEffects } from "../effects/index.ts";
import { createDaprApp } from "./app.ts";
import { logObservation } from "./log.ts";
import { createTestPorts } from "./test-ports.ts";

it.each(TOLD)("the log cuts and masks %s", async (_what, written, logged) => {
  const lines: string[] = [];
  const observe = logObservation(pino({}, { write: (line) => void lines.push(line) }));
  const app = createDaprApp(createBilling(createEffects({})), createTestPorts({ observe }));
  onTestFinished(() => app.close());
  const plain = { id: "e-1", type: OrderPaid.type, subject: "o-1" };
  const payload = { specversion: "1.0", source: "/s", ...plain, ...written };
  const headers = { "content-type": "application/cloudevents+json" };
  const { statusCode } = await app.inject({ method: "POST", url: "/orders", headers, payload });
  expect(statusCode).toBe(200);
  const { id, ...more } = { ...plain, ...logged };
  expect(lines.map((line) => JSON.parse(line))).toMatchObject([{ ...more, event: id }]);
  expect(lines[0]?.length).toBeLessThan(1_000);
  expect(lines[0]).not.toMatch(/ada|example\.com["%]/);
});

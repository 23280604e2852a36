import type { SQSEvent } from "aws-lambda";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { createBilling } from "../../functions/billing/handler.ts";
import { OrderPaid } from "../../functions/events/index.ts";
import { system } from "../../functions/index.ts";
import { createEffects } from "../effects/index.ts";
import { parseLambdaConfig } from "./config.ts";
import { createPorts } from "./ports.ts";
import { createConsumer } from "./receive.ts";

const eventTypes = system.events.map(({ type }) => type);

const ENV = {
  AWS_REGION: "eu-west-1",
  AWS_ACCESS_KEY_ID: "AKID",
  AWS_SECRET_ACCESS_KEY: "hush",
  LEDGER_TABLE: "ledger",
  TOPIC_ARN_PREFIX: "arn:aws:sns:eu-west-1:123456789012:",
};
const ENOUGH = { getRemainingTimeInMillis: () => 30_000 };
const MINUTE_MS = 60_000;

let lines: unknown[];
beforeEach(() => {
  lines = [];
  vi.spyOn(process.stdout, "write").mockImplementation((line) => {
    const { level, type, code, how } = JSON.parse(String(line));
    lines.push([level, type, code ?? how]);
    return true;
  });
});
afterEach(() => void vi.restoreAllMocks());

/** Billing as it is deployed, with a clock of its own. Its calls would fail: what is unknown needs none. */
function start(env: Readonly<Record<string, string>> = {}) {
  let clock = Date.parse("2026-11-25T10:00:00Z");
  const ports = createPorts(parseLambdaConfig({ ...ENV, ...env }), { eventTypes, clock: { now: () => clock } });
  const consumer = createConsumer(createBilling(createEffects({})), ports);
  return {
    deliver: (...types: readonly string[]) => {
      const Records = types.map((type, index) => ({
        messageId: `m-${index}`,
        body: JSON.stringify({ specversion: "1.0", id: `e-${index}`, source: "/s", type }),
        attributes: {},
        messageAttributes: {},
        eventSource: "aws:sqs",
        eventSourceARN: "arn:aws:sqs:eu-west-1:123456789012:q",
      }));
      return consumer({ Records } as unknown as SQSEvent, ENOUGH);
    },
    pass(ms: number) {
      clock += ms;
    },
  };
}

const failures = (...ids: readonly string[]) => ({ batchItemFailures: ids.map((id) => ({ itemIdentifier: id })) });

it("acknowledges a type that is in no catalogue, and warns of it once; one that others consume is no news", async () => {
  const strange = "com.example.first.v2";
  expect(await start().deliver(strange, OrderPaid.type, strange)).toEqual(failures());
  expect(lines).toEqual([
    ["warn", strange, "unknown"],
    ["info", OrderPaid.type, "ignored"],
    ["info", strange, "unknown"],
  ]);
});

it("lets it come again for the time that is set, and no other record with it, then acknowledges it", async () => {
  const strange = "com.example.second.v2";
  const { deliver, pass } = start({ UNKNOWN_TYPE_RETRY_MS: String(MINUTE_MS) });
  expect(await deliver(strange, OrderPaid.type)).toEqual(failures("m-0"));
  pass(MINUTE_MS - 1);
  expect(await deliver(strange)).toEqual(failures("m-0"));
  pass(1);
  expect(await deliver(strange)).toEqual(failures());
  expect(lines).toEqual([
    ["warn", strange, "unknown"],
    ["info", OrderPaid.type, "ignored"],
    ["info", strange, "unknown"],
    ["info", strange, "unknown"],
  ]);
});

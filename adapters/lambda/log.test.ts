import type { SQSEvent } from "aws-lambda";
import { expect, it, onTestFinished, vi } from "vitest";
import { createBilling } from "../../functions/billing/handler.ts";
import { OrderPaid } from "../../functions/events/index.ts";
import { TOLD } from "../core/host/test-log.ts";
import { createEffects } from "../effects/index.ts";
import { parseLambdaConfig } from "./config.ts";
import { createPorts } from "./ports.ts";
import { createConsumer } from "./receive.ts";

const ENV = {
  AWS_REGION: "eu-west-1",
  AWS_ACCESS_KEY_ID: "AKID",
  AWS_SECRET_ACCESS_KEY: "hush",
  LEDGER_TABLE: "ledger",
  TOPIC_ARN_PREFIX: "arn:aws:sns:eu-west-1:123456789012:",
};

/** out: what billing, as it is deployed, logs of one record */
async function logOf(body: object): Promise<readonly string[]> {
  const lines: string[] = [];
  const spy = vi.spyOn(process.stdout, "write").mockImplementation((line) => lines.push(String(line)) > 0);
  onTestFinished(() => spy.mockRestore());
  const consumer = createConsumer(
    createBilling(createEffects({})),
    createPorts(parseLambdaConfig(ENV), { eventTypes: [] }),
  );
  const record = { messageId: "m-1", body: JSON.stringify(body), attributes: {}, messageAttributes: {} };
  const Records = [{ ...record, eventSource: "aws:sqs", eventSourceARN: "arn:aws:sqs:eu-west-1:123456789012:q" }];
  const invocation = { getRemainingTimeInMillis: () => 30_000 };
  expect(await consumer({ Records } as unknown as SQSEvent, invocation)).toEqual({ batchItemFailures: [] });
  return lines;
}

const PLAIN = { id: "e-1", type: OrderPaid.type, subject: "o-1" };
const EVENT = { specversion: "1.0", source: "/s", ...PLAIN };

it.each(TOLD)("the log cuts and masks %s", async (_what, written, logged) => {
  const lines = await logOf({ ...EVENT, ...written });
  const { id, ...more } = { ...PLAIN, ...logged };
  expect(lines.map((line) => JSON.parse(line))).toMatchObject([{ ...more, event: id }]);
  expect(lines[0]?.length).toBeLessThan(1_000);
  expect(lines[0]).not.toMatch(/ada|example\.com["%]/);
});

it.each([
  ["an address", "ada@example.com", "<address>"],
  ["10,000 characters", "x".repeat(10_000), "x".repeat(200)],
])("the log cuts and masks %s as the topic that an envelope names", async (_what, name, topic) => {
  const TopicArn = `arn:aws:sns:eu-west-1:123456789012:${name}`;
  const lines = await logOf({ Type: "Notification", TopicArn, Message: JSON.stringify(EVENT) });
  expect(lines.map((line) => JSON.parse(line).topic)).toEqual([topic]);
});

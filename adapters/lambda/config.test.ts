import { expect, it } from "vitest";
import { defineFunction } from "../../functions/kernel/define.ts";
import { parseLambdaConfig } from "./config.ts";
import { createPorts } from "./ports.ts";
import { createConsumer } from "./receive.ts";

const ENV = {
  AWS_REGION: "eu-west-1",
  AWS_ACCESS_KEY_ID: "AKID",
  AWS_SECRET_ACCESS_KEY: "hush",
  LEDGER_TABLE: "shop-ledger",
  TOPIC_ARN_PREFIX: "arn:aws:sns:eu-west-1:123456789012:shop-",
};

it("reads what Lambda and the template say", () => {
  expect(parseLambdaConfig(ENV)).toEqual({
    aws: {
      region: "eu-west-1",
      accessKeyId: "AKID",
      secretAccessKey: "hush",
      sessionToken: undefined,
      endpoints: { sns: undefined, dynamodb: undefined },
    },
    ledgerTable: "shop-ledger",
    topicArnPrefix: "arn:aws:sns:eu-west-1:123456789012:shop-",
    topics: undefined,
    isRelayed: false,
    dispatchTimeoutMs: 10_000,
    unknownTypeRetryMs: 0,
    retention: { eventMs: 30 * 86_400_000, saidMs: 86_400_000 },
  });
});

it.each([
  ["0", true],
  ["9999999", true],
  ["79999999", true],
  ["86399999", true],
  ["86400000", true],
  ["86400001", false],
  ["90000000", false],
  ["-1", false],
  ["", false],
  ["5m", false],
])("takes %j for UNKNOWN_TYPE_RETRY_MS: %j", (value, isFine) => {
  const parse = () => parseLambdaConfig({ ...ENV, UNKNOWN_TYPE_RETRY_MS: value });
  if (isFine) expect(parse().unknownTypeRetryMs).toBe(Number(value));
  else expect(parse).toThrow("UNKNOWN_TYPE_RETRY_MS: must be a number of milliseconds (0 to 86400000)");
});

it.each([
  ["RETENTION_DAYS", ["", "0", "366", "1.5", "30d"], "days (1 to 365)"],
  ["KEEP_SAID_HOURS", ["", "0", "721", "-1", "1h"], "hours (1 to 720)"],
])("refuses a wrong %s", (variable, values, range) => {
  for (const value of values)
    expect(() => parseLambdaConfig({ ...ENV, [variable]: value })).toThrow(`${variable}: must be a number of ${range}`);
});

it("keeps things as it is told, what was said no longer than events may come", () => {
  const config = parseLambdaConfig({ ...ENV, RETENTION_DAYS: "7", KEEP_SAID_HOURS: "168" });
  expect(config.retention).toEqual({ eventMs: 7 * 86_400_000, saidMs: 7 * 86_400_000 });
  expect(createPorts(config, { eventTypes: [] }).retention).toEqual(config.retention);
  const parse = () => parseLambdaConfig({ ...ENV, RETENTION_DAYS: "7", KEEP_SAID_HOURS: "169" });
  expect(parse).toThrow("KEEP_SAID_HOURS: must be no longer than RETENTION_DAYS");
});

it("runs no function that would forget its state before its events are forgotten", () => {
  const ports = createPorts(parseLambdaConfig({ ...ENV, RETENTION_DAYS: "60" }), { eventTypes: [] });
  const create = (days: number) => () =>
    createConsumer(defineFunction({ name: "keeper", on: [], keeps: "state", keep: { days } }), ports);
  expect(create(62)).not.toThrow();
  expect(create(61)).toThrow("keeper: keep.days must be at least 62, two more than RETENTION_DAYS");
});

it("seals dead letters where it is told the secret of the deployment", () => {
  const LETTER_SECRET = "known to few of us".replaceAll(" ", "-");
  const letterSecretOf = (env: object) =>
    createPorts(parseLambdaConfig({ ...ENV, ...env }), { eventTypes: [] }).letterSecret;
  expect([letterSecretOf({ LETTER_SECRET }), letterSecretOf({})]).toEqual([LETTER_SECRET, undefined]);
  for (const wrong of ["", "too-short", "with a blank in it"])
    expect(() => letterSecretOf({ LETTER_SECRET: wrong })).toThrow(/^LETTER_SECRET: must match/);
});

it("prefers a service's own endpoint", () => {
  const env = { ...ENV, AWS_ENDPOINT_URL: "http://a", AWS_ENDPOINT_URL_SNS: "http://b" };
  expect(parseLambdaConfig(env).aws.endpoints).toEqual({ sns: "http://b", dynamodb: "http://a" });
});

it("names every fault at once and shows no value", () => {
  const env = {
    AWS_SECRET_ACCESS_KEY: "hush",
    LEDGER_TABLE: "a b",
    TOPIC_ARN_PREFIX: "orders",
    DISPATCH_TIMEOUT_MS: "0",
  };
  const faults = () => parseLambdaConfig({ ...env, TOPICS: "a,,b", AWS_ENDPOINT_URL: "here" });
  expect(faults).toThrow(
    /^AWS_REGION: .*\nAWS_ACCESS_KEY_ID: .*\nAWS_ENDPOINT_URL: .*\nLEDGER_TABLE: .*\nTOPIC_ARN_PREFIX: .*\nTOPICS: .*\nDISPATCH_TIMEOUT_MS: must be a number of milliseconds.*$/,
  );
  expect(faults).not.toThrow(/hush/);
});

it.each([
  ["131072", true],
  ["1032192", true],
  ["131071", false],
  ["1032193", false],
  ["190 KiB", false],
])("takes %j for MAX_EVENT_BYTES: %j", (value, isFine) => {
  const parse = () => parseLambdaConfig({ ...ENV, MAX_EVENT_BYTES: value });
  if (isFine) expect(parse().maxEventBytes).toBe(Number(value));
  else expect(parse).toThrow("MAX_EVENT_BYTES: must be a number of bytes (131072 to 1032192)");
});

it.each([
  ["1", true],
  ["899999", true],
  ["0", false],
  ["900000", false],
  ["1e3", false],
])("takes %j for DISPATCH_TIMEOUT_MS: %j", (value, isFine) => {
  const parse = () => parseLambdaConfig({ ...ENV, DISPATCH_TIMEOUT_MS: value });
  if (isFine) expect(parse().dispatchTimeoutMs).toBe(Number(value));
  else expect(parse).toThrow("DISPATCH_TIMEOUT_MS: must be a number of milliseconds (1 to 899999)");
});

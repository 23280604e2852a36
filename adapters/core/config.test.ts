import { expect, it } from "vitest";
import { ConfigError, parseConfig, settings } from "./config.ts";

const faultsOf = (env: Record<string, string>): readonly string[] => {
  try {
    parseConfig(env);
    return [];
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    return error.message.split("\n");
  }
};

it("needs nothing: a laptop's sidecar is where Dapr puts it", () => {
  expect(parseConfig({})).toEqual({
    appHost: "127.0.0.1",
    appPort: 8080,
    appApiToken: undefined,
    metricsPort: undefined,
    daprHttpPort: 3500,
    daprVersion: "v1.0",
    daprClient: "http",
    daprApiToken: undefined,
    pubsubName: "pubsub",
    stateStore: "statestore",
    topics: undefined,
    ledger: "dapr",
    dispatchTimeoutMs: 10_000,
    maxEventBytes: 3 * 1024 * 1024,
    effectsLog: undefined,
    giveUpAfterMs: 90_000,
    unknownTypeRetryMs: 0,
    logLevel: "info",
  });
});

it("reads what it is told, and passes over what is not its own", () => {
  const config = parseConfig({
    TOPICS: " orders, bills ,x.y-z",
    APP_PORT: "0",
    DAPR_VERSION: "v1.0-alpha1",
    HOME: "/",
  });
  expect(config).toMatchObject({ topics: ["orders", "bills", "x.y-z"], appPort: 0, daprVersion: "v1.0-alpha1" });
});

it.each([
  ["APP_PORT", ["", "-1", "65536", "80a", "1e3", " 80", "0x50", "99999999999"]],
  ["DAPR_HTTP_PORT", ["", "x"]],
  ["APP_HOST", ["", "a b"]],
  ["APP_API_TOKEN", ["", "a b", "ü", "a\n"]],
  ["DAPR_API_TOKEN", [""]],
  ["DAPR_VERSION", ["1.0", "v1", "v1.0/../x"]],
  ["PUBSUB_NAME", ["", "a/b", "a?b"]],
  ["STATE_STORE", ["", "a b"]],
  ["TOPICS", ["", ",", "a,,b", "a b", "a/b"]],
  ["LEDGER", ["", "redis", "sqlite:"]],
  ["DISPATCH_TIMEOUT_MS", ["0", "600001", "1.5", "10s"]],
  ["UNKNOWN_TYPE_RETRY_MS", ["", "-1", "86400001", "1.5", "5m"]],
  ["EFFECTS_LOG", [""]],
  ["LOG_LEVEL", ["", "loud"]],
])("refuses a wrong %s and names it", (variable, values) => {
  for (const value of values) {
    const faults = faultsOf({ [variable]: value });
    expect([value, faults.length]).toEqual([value, 1]);
    expect(faults[0]).toMatch(new RegExp(`^${variable}: must be `));
  }
});

it("names every fault at once", () => {
  const faults = faultsOf({ APP_PORT: "x", TOPICS: "a b", LOG_LEVEL: "loud" });
  expect(faults.map((fault) => fault.split(":")[0])).toEqual(["APP_PORT", "TOPICS", "LOG_LEVEL"]);
});

it("never says what a secret is", () => {
  expect(faultsOf({ APP_API_TOKEN: "my secret", DAPR_API_TOKEN: "other secret" }).join()).not.toContain("secret");
});

it("refuses the sidecar's port for the app: neither would start", () => {
  expect(faultsOf({ APP_PORT: "3500" })).toEqual(["APP_PORT: must differ from DAPR_HTTP_PORT, the sidecar's port"]);
});

it.each([
  ["on Kubernetes", { KUBERNETES_SERVICE_HOST: "10.0.0.1" }, 1],
  ["on every address", { APP_HOST: "0.0.0.0" }, 1],
  ["on every address of IPv6", { APP_HOST: "::" }, 1],
  ["on a name that only begins like loopback", { APP_HOST: "localhost.example.com" }, 1],
  ["on an address that only begins like loopback", { APP_HOST: "127.example.com" }, 1],
  ["on loopback", { APP_HOST: "127.0.0.2" }, 0],
  ["on loopback of IPv6", { APP_HOST: "::1" }, 0],
  ["on localhost", { APP_HOST: "localhost" }, 0],
])("wants a token where others can reach the port: %s", (_where, env, faults) => {
  expect(faultsOf(env)).toHaveLength(faults);
  expect(faultsOf({ ...env, APP_API_TOKEN: "t" })).toEqual([]);
});

it("has a meaning for every variable, for the README", () => {
  expect(settings.filter(({ meaning }) => meaning === "")).toEqual([]);
});

it.each([
  ["131072", []],
  ["8388608", []],
  ["131071", ["MAX_EVENT_BYTES: must be a number of bytes (131072 to 8388608)"]],
  ["8388609", ["MAX_EVENT_BYTES: must be a number of bytes (131072 to 8388608)"]],
  ["3 MiB", ["MAX_EVENT_BYTES: must be a number of bytes (131072 to 8388608)"]],
])("an event may have as many bytes as the broker's letters: %j", (value, faults) => {
  expect(faultsOf({ MAX_EVENT_BYTES: value })).toEqual(faults);
});

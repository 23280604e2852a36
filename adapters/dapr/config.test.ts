import { expect, it } from "vitest";
import { ConfigError } from "../core/host/config-error.ts";
import { parseConfig, settings } from "./config.ts";

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
    edgePort: 8000,
    isReachable: false,
    daprEndpoint: "http://127.0.0.1:3500",
    daprVersion: "v1.0",
    daprClient: "http",
    daprApiToken: undefined,
    pubsubName: "pubsub",
    stateStore: "statestore",
    topics: undefined,
    ledger: "dapr",
    dispatchTimeoutMs: 10_000,
    maxEventBytes: 3 * 1024 * 1024,
    edge: { secret: undefined, principalHeader: undefined, isDemo: false },
    giveUpAfterMs: 90_000,
    isParking: true,
    unknownTypeRetryMs: 0,
    retention: { eventMs: 30 * 86_400_000, saidMs: 86_400_000 },
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
  [
    "DAPR_HTTP_ENDPOINT",
    [
      ...["", "localhost:3500", ":3500", "http:3500", "http:/h", "http://", "https:///x", "grpc://h:1", "//h"],
      ...["http://h:65536", "http://h:0", "http://h:x", "http://[::1", " http://h", "http://h ", "http://h/a b"],
      ...["http://h\\x", "http://u@h", "http://u:p@h", "http://:p@h", "http://h?a=1", "http://h/#x"],
    ],
  ],
  ["APP_HOST", ["", "a b", "[::1", "::1]", "[localhost]", "http://x", "[::1]:80", "a,b"]],
  ["APP_API_TOKEN", ["", "a b", "ü", "a\n"]],
  ["DAPR_API_TOKEN", [""]],
  ["RESAY_SINCE", ["", "yesterday", "2026-11-25", "2026-02-30T10:00:00Z", "9999-01-01T00:00:00Z"]],
  ["DAPR_VERSION", ["1.0", "v1", "v1.0/../x"]],
  ["PUBSUB_NAME", ["", "a/b", "a?b"]],
  ["STATE_STORE", ["", "a b"]],
  ["TOPICS", ["", ",", "a,,b", "a b", "a/b"]],
  ["LEDGER", ["", "redis", "sqlite:", "sqlite::memory:", "sqlite:file:a?mode=memory"]],
  ["DISPATCH_TIMEOUT_MS", ["0", "600001", "1.5", "10s"]],
  ["UNKNOWN_TYPE_RETRY_MS", ["", "-1", "86400001", "1.5", "5m"]],
  ["RETENTION_DAYS", ["", "0", "366", "1.5", "30d"]],
  ["KEEP_SAID_HOURS", ["", "0", "721", "-1", "1h"]],
  ["EDGE_PORT", ["", "65536", "x"]],
  ["EDGE_SECRET", ["", "too-short", "with a blank in it"]],
  ["LETTER_SECRET", ["", "too-short", "with a blank in it"]],
  ["EDGE_PRINCIPAL", ["", "x: y", "a b"]],
  ["EDGE_DEMO", ["", "yes"]],
  ["LOG_LEVEL", ["", "loud"]],
])("refuses a wrong %s and names it", (variable, values) => {
  for (const value of values) {
    const faults = faultsOf({ [variable]: value });
    expect([value, faults.length]).toEqual([value, 1]);
    expect(faults[0]).toMatch(new RegExp(`^${variable}: must be `));
  }
});

it("keeps what was said no longer than events may come", () => {
  const days = (RETENTION_DAYS: string, KEEP_SAID_HOURS: string) => ({ RETENTION_DAYS, KEEP_SAID_HOURS });
  expect(parseConfig(days("7", "168")).retention).toEqual({ eventMs: 7 * 86_400_000, saidMs: 7 * 86_400_000 });
  expect(faultsOf(days("7", "169"))).toEqual(["KEEP_SAID_HOURS: must be no longer than RETENTION_DAYS"]);
  expect(faultsOf({ RETENTION_DAYS: "1" })).toEqual([]);
});

it("names every fault at once", () => {
  const faults = faultsOf({ APP_PORT: "x", TOPICS: "a b", LOG_LEVEL: "loud" });
  expect(faults.map((fault) => fault.split(":")[0])).toEqual(["APP_PORT", "TOPICS", "LOG_LEVEL"]);
});

it("never says what a secret is", () => {
  const tokens = { APP_API_TOKEN: "my secret", DAPR_API_TOKEN: "other secret", LETTER_SECRET: "a secret" };
  const env = { ...tokens, DAPR_HTTP_ENDPOINT: "http://u:secret@h" };
  expect(faultsOf(env)).toHaveLength(4);
  expect(faultsOf(env).join()).not.toContain("secret");
});

it("refuses the sidecar's port for the app: neither would start", () => {
  expect(faultsOf({ APP_PORT: "3500" })).toEqual(["APP_PORT: must differ from DAPR_HTTP_PORT, the sidecar's port"]);
  for (const host of ["127.0.0.1", "localhost", "[::1]"])
    expect(faultsOf({ APP_PORT: "3600", DAPR_HTTP_ENDPOINT: `http://${host}:3600` })).toEqual([
      "APP_PORT: must differ from DAPR_HTTP_ENDPOINT, the sidecar's port",
    ]);
  expect(faultsOf({ APP_PORT: "3500", DAPR_HTTP_ENDPOINT: "http://dapr.example.com:3500" })).toEqual([]);
});

it.each([
  ["http://127.0.0.1:3501", "http://127.0.0.1:3501"],
  ["http://127.0.0.1:3501/", "http://127.0.0.1:3501"],
  ["https://dapr.example.com", "https://dapr.example.com"],
  ["https://dapr.example.com:3500/a/prefix/", "https://dapr.example.com:3500/a/prefix"],
  ["HTTPS://DAPR.example.com:443", "https://dapr.example.com"],
  ["http://[::1]:3501", "http://[::1]:3501"],
])("finds the sidecar at DAPR_HTTP_ENDPOINT %s, whatever port DAPR_HTTP_PORT names", (told, daprEndpoint) => {
  expect(parseConfig({ DAPR_HTTP_ENDPOINT: told, DAPR_HTTP_PORT: "3500" })).toMatchObject({ daprEndpoint });
});

it("refuses a path before the API where the SDK, which leaves it out, would ask somebody else", () => {
  const env = { DAPR_CLIENT: "sdk", DAPR_HTTP_ENDPOINT: "http://127.0.0.1:3501/prefix" };
  expect(faultsOf(env)).toEqual([
    "DAPR_HTTP_ENDPOINT: must have no path where DAPR_CLIENT is sdk, which would leave it out",
  ]);
  expect(faultsOf({ ...env, DAPR_HTTP_ENDPOINT: "http://127.0.0.1:3501/" })).toEqual([]);
});

it.each(["APP_PORT", "DAPR_HTTP_PORT"])(
  "refuses the port of %s for the metrics: one of them would not start",
  (other) => {
    expect(faultsOf({ [other]: "9000", METRICS_PORT: "9000" })).toEqual([`METRICS_PORT: must differ from ${other}`]);
    expect(faultsOf({ [other]: "0", METRICS_PORT: "0" })).toEqual([]);
  },
);

it.each([
  ["[::1]", "::1"],
  ["[::]", "::"],
  ["fe80::1%eth0", "fe80::1%eth0"],
  ["::ffff:127.0.0.1", "::ffff:127.0.0.1"],
  ["pod-1.example.com", "pod-1.example.com"],
])("listens at %s, without the brackets of URLs", (written, host) => {
  expect(parseConfig({ APP_HOST: written, APP_API_TOKEN: "t" }).appHost).toBe(host);
});

it.each([
  ["on Kubernetes", { KUBERNETES_SERVICE_HOST: "10.0.0.1" }, 1],
  ["on every address", { APP_HOST: "0.0.0.0" }, 1],
  ["on every address of IPv6", { APP_HOST: "::" }, 1],
  ["on a name that only begins like loopback", { APP_HOST: "localhost.example.com" }, 1],
  ["on an address that only begins like loopback", { APP_HOST: "127.example.com" }, 1],
  ["on loopback", { APP_HOST: "127.0.0.2" }, 0],
  ["on loopback of IPv6", { APP_HOST: "::1" }, 0],
  ["on loopback of IPv6 in brackets", { APP_HOST: "[::1]" }, 0],
  ["on localhost", { APP_HOST: "localhost" }, 0],
])("wants a token where others can reach the port: %s", (_where, env, faults) => {
  expect(faultsOf(env)).toHaveLength(faults);
  expect(faultsOf({ ...env, APP_API_TOKEN: "t" })).toEqual([]);
});

it("has a meaning for every variable, for the page", () => {
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

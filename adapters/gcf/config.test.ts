import { expect, it } from "vitest";
import { parseGcfConfig } from "./config.ts";
import { createPorts } from "./ports.ts";

it("needs nothing on Google Cloud", () => {
  expect(parseGcfConfig({ PORT: "8080", K_SERVICE: "billing" })).toEqual({
    topics: undefined,
    dispatchTimeoutMs: 10_000,
    unknownTypeRetryMs: 0,
    retention: { eventMs: 30 * 86_400_000, saidMs: 86_400_000 },
    edge: { secret: undefined, principalHeader: undefined, isDemo: false },
    project: undefined,
    topicPrefix: "",
    database: "(default)",
    isRelayed: false,
    ordered: false,
    pubsubEmulator: undefined,
    firestoreEmulator: undefined,
  });
});

it("seals dead letters where it is told the secret of the deployment", () => {
  const LETTER_SECRET = "known to few of us".replaceAll(" ", "-");
  expect(createPorts(parseGcfConfig({ LETTER_SECRET }), { eventTypes: [] }).letterSecret).toBe(LETTER_SECRET);
  expect(createPorts(parseGcfConfig({}), { eventTypes: [] }).letterSecret).toBe(undefined);
});

it("names every fault at once", () => {
  const env = {
    GOOGLE_CLOUD_PROJECT: "My Project",
    TOPIC_PREFIX: "Shop-",
    FIRESTORE_DATABASE: "x",
    PUBSUB_ORDERING: "yes",
    PUBSUB_EMULATOR_HOST: "localhost",
    FIRESTORE_EMULATOR_HOST: "http://localhost:1",
    DISPATCH_TIMEOUT_MS: "soon",
    UNKNOWN_TYPE_RETRY_MS: "later",
    RETENTION_DAYS: "366",
    KEEP_SAID_HOURS: "0",
    LETTER_SECRET: "short",
  };
  const parse = () => parseGcfConfig(env);
  for (const name of Object.keys(env)) expect(parse).toThrow(`${name}: must be `);
});

it.each(["my-project", "example.com:my-project"])("takes %s, a project in a domain or in none", (id) => {
  expect(parseGcfConfig({ GOOGLE_CLOUD_PROJECT: id }).project).toBe(id);
});

it("lets what it does not know come again only when told to", () => {
  expect(parseGcfConfig({ UNKNOWN_TYPE_RETRY_MS: "86400000" }).unknownTypeRetryMs).toBe(86_400_000);
});

it("keeps things as it is told, what was said no longer than events may come", () => {
  const { retention } = parseGcfConfig({ RETENTION_DAYS: "7", KEEP_SAID_HOURS: "48" });
  expect(retention).toEqual({ eventMs: 7 * 86_400_000, saidMs: 2 * 86_400_000 });
  expect(
    createPorts(parseGcfConfig({ RETENTION_DAYS: "7", KEEP_SAID_HOURS: "48" }), { eventTypes: [] }).retention,
  ).toEqual(retention);
  const parse = () => parseGcfConfig({ RETENTION_DAYS: "1", KEEP_SAID_HOURS: "25" });
  expect(parse).toThrow("KEEP_SAID_HOURS: must be no longer than RETENTION_DAYS");
});

it("wants a project beside an emulator", () => {
  expect(() => parseGcfConfig({ PUBSUB_EMULATOR_HOST: "127.0.0.1:8085" })).toThrow("GOOGLE_CLOUD_PROJECT: must be set");
});

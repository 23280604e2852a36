import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { openDatabase } from "./database.ts";
import { differences } from "./differences.ts";
import { createSidecars } from "./sidecars.ts";
import {
  ask,
  pubsubYaml,
  resiliencyYaml,
  resourcesWith,
  startApp,
  subscriptionsYaml,
  type TestAnswer,
  temporaryFolder,
} from "./test-app.ts";

// What daprd 1.18.3 did on Redis, recorded. A case that comes out differently must stand in the list of differences, and a
// case in that list must come out differently.

const expectedToDiffer = (name: string): boolean =>
  differences.some(({ cases = [] }) => cases.some((one) => (typeof one === "string" ? one === name : one.test(name))));

interface PublishCase {
  readonly name: string;
  readonly method?: string;
  readonly pubsub?: string;
  readonly topic?: string;
  readonly contentType?: string;
  readonly query?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  readonly status: number;
  readonly errorCode?: string;
  readonly delivered?: { readonly headers: Readonly<Record<string, string>>; readonly body: string };
}

interface DeliveryCase {
  readonly name: string;
  readonly answers: readonly TestAnswer[];
  readonly retries: boolean;
  readonly deadLetterTopic: boolean;
  readonly observed: { readonly deliveries: number; readonly deadLetters: number; readonly pending: number };
}

const readCases = <Case>(name: string): readonly Case[] => {
  const lines = readFileSync(join(import.meta.dirname, "fixtures", name), "utf8")
    .trimEnd()
    .split("\n");
  return lines.map((line) => JSON.parse(line) as Case);
};
const publishCases = readCases<PublishCase>("publish.jsonl");
const deliveryCases = readCases<DeliveryCase>("deliveries.jsonl");

const ZERO = `00-${"0".repeat(32)}-${"0".repeat(16)}-00`;
const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/;

/** out: keys in order, numbers as they are written. */
const canonical = (json: string): unknown =>
  JSON.parse(json, ((_key: string, value: unknown, { source }: { source?: string }) => {
    if (typeof value === "number") return `number ${source}`;
    if (typeof value !== "object" || value === null || Array.isArray(value)) return value;
    return Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)));
  }) as (key: string, value: unknown) => unknown);

/** Puts the recording's placeholders where chance or time decided. */
function mask(body: string, recorded: string): unknown {
  const wanted = canonical(recorded) as Record<string, unknown>;
  const masked = Object.entries(canonical(body) as Record<string, unknown>).map(([name, value]) => {
    const placeholder = wanted[name];
    if (placeholder === "<uuid>" && UUID.test(String(value))) return [name, "<uuid>"];
    if (placeholder === "<time>" && TIME.test(String(value))) return [name, "<time>"];
    return [name, value];
  });
  return Object.fromEntries(masked);
}

const headersOfInterest = (headers: Readonly<Record<string, unknown>>) => {
  const standard = ["content-type", "content-length", "pubsubname", "host", "connection"];
  const rest = Object.entries(headers).filter(([name]) => !standard.includes(name));
  return Object.fromEntries(rest.map(([name, value]) => [name, value === ZERO ? "<tp-zero>" : value]));
};

test("publishing answers and delivers as recorded, or as the list of differences says", async () => {
  const app = await startApp();
  const cases = publishCases;
  const topics = cases.map((_, index) => ({ topic: `t${index}` }));
  const folder = resourcesWith({ "pubsub.yaml": pubsubYaml(), "subscriptions.yaml": subscriptionsYaml(topics) });
  const { apps, close } = await createSidecars({
    resources: [folder],
    database: ":memory:",
    apps: [{ appId: "oracle", appPort: app.port, httpPort: 0 }],
  });
  const port = apps[0]?.httpPort ?? 0;
  const outcomes = await Promise.all(
    cases.map(async ({ method = "POST", pubsub = "pubsub", topic, contentType, query = "", headers, body }, index) => {
      const path = `/v1.0/publish/${pubsub}/${topic ?? `t${index}`}${query}`;
      const type = contentType === undefined ? {} : { "content-type": contentType };
      return ask(port, { method, path, headers: { ...type, ...headers }, ...(body === undefined ? {} : { body }) });
    }),
  );
  const awaited = cases.filter(({ delivered, name }) => delivered && !expectedToDiffer(`A.${name}`)).length;
  await app.until((deliveries) => deliveries.length >= awaited);
  await close();

  for (const [index, { name, status, errorCode, delivered }] of cases.entries()) {
    const outcome = outcomes[index];
    const call = app.deliveries.find(({ path }) => path === `/t${index}`);
    const here = {
      status: outcome?.status,
      errorCode: outcome?.body ? JSON.parse(outcome.body).errorCode : undefined,
      headers: call && headersOfInterest(call.headers),
      body: call && mask(call.body, delivered?.body ?? "{}"),
    };
    const there = {
      status,
      errorCode,
      headers: delivered?.headers,
      body: delivered && canonical(delivered.body.replaceAll("<topic>", `t${index}`)),
    };
    if (expectedToDiffer(`A.${name}`)) expect(here, name).not.toEqual(there);
    else expect(here, name).toEqual(there);
  }
});

test.each([true, false])(
  "the app's answers have the recorded effect (with retries: %s), or the one that the list of differences says",
  async (retries) => {
    const cases = deliveryCases.filter((one) => one.retries === retries);
    const app = await startApp({
      answer({ path }, nth) {
        const { answers } = cases[Number(path.slice(2))] ?? { answers: [] };
        return answers[Math.min(nth, answers.length - 1)] ?? {};
      },
    });
    const subscriptions = cases.map(({ deadLetterTopic }, index) => ({
      topic: `t${index}`,
      ...(deadLetterTopic ? { deadLetterTopic: `d${index}` } : {}),
    }));
    const policy = resiliencyYaml({ timeout: "200ms", duration: "20ms", maxRetries: 3 });
    const folder = resourcesWith({
      "pubsub.yaml": pubsubYaml({ concurrency: "100" }),
      "subscriptions.yaml": subscriptionsYaml(subscriptions),
      ...(retries ? { "resiliency.yaml": policy } : {}),
    });
    const database = `${temporaryFolder()}/broker.db`;
    const { apps, close } = await createSidecars({
      resources: [folder],
      database,
      apps: [{ appId: "oracle", appPort: app.port, httpPort: 0 }],
    });
    const port = apps[0]?.httpPort ?? 0;
    await Promise.all(
      cases.map((_, index) => ask(port, { method: "POST", path: `/v1.0/publish/pubsub/t${index}`, body: "{}" })),
    );
    const total = cases.reduce((sum, { observed }) => sum + observed.deliveries, 0);
    await app.until((deliveries) => deliveries.length >= total);
    await close();

    const { db, close: closeDatabase } = openDatabase(database);
    const count = (sql: string, topic: string) => Number(db.prepare(sql).get(topic)?.n);
    for (const [index, { name, observed }] of cases.entries()) {
      const here = {
        deliveries: app.deliveries.filter(({ path }) => path === `/t${index}`).length,
        deadLetters: count("SELECT count(*) AS n FROM entry WHERE topic = ?", `d${index}`),
        pending: count("SELECT count(*) AS n FROM entry WHERE topic = ?", `t${index}`),
      };
      if (expectedToDiffer(name)) expect(here, name).toEqual({ ...observed, pending: 1 });
      else expect(here, name).toEqual(observed);
    }
    closeDatabase();
  },
);

test("every recorded case that the list of differences names exists, so that no entry is stale", () => {
  const names = [...publishCases.map(({ name }) => `A.${name}`), ...deliveryCases.map(({ name }) => name)];
  const stale = differences
    .flatMap(({ cases = [] }) => cases)
    .filter((one) => !names.some((name) => (typeof one === "string" ? one === name : one.test(name))));
  expect(stale).toEqual([]);
  expect(new Set(differences.map(({ name }) => name)).size).toBe(differences.length);
});

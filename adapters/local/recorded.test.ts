import { expect, test } from "vitest";
import { openDatabase } from "./database.ts";
import { differences } from "./differences.ts";
import { canonical, deliveryCases, headersOfInterest, mask, publishCases } from "./recording.ts";
import { createSidecars } from "./sidecars.ts";
import {
  ask,
  pubsubYaml,
  resiliencyYaml,
  resourcesWith,
  startApp,
  subscriptionsYaml,
  temporaryFolder,
} from "./test-app.ts";

// What daprd 1.18.3 did on Redis, recorded. A case that comes out differently must stand in the list of differences, and a
// case in that list must come out differently.

const expectedToDiffer = (name: string): boolean =>
  differences.some(({ cases = [] }) => cases.some((one) => (typeof one === "string" ? one === name : one.test(name))));

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

import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { system as shop } from "../../functions/index.ts";
import type { System } from "../../functions/kernel/system.ts";
import { check, checkDeployment } from "./check.ts";
import { brokerCases } from "./fixtures/broker-cases.ts";
import { bulkCases } from "./fixtures/bulk-cases.ts";
import { daprCases } from "./fixtures/dapr-cases.ts";
import { kubernetesCases } from "./fixtures/kubernetes-cases.ts";
import { goodSystem, ownCases } from "./fixtures/own-cases.ts";
import {
  type Case,
  COMPONENT,
  CONFIGURATION,
  DEPLOYMENT,
  edit,
  SUBSCRIPTION,
  together,
  WELL,
} from "./fixtures/texts.ts";
import { readInputs } from "./read.ts";
import { parseResources } from "./resource.ts";
import { deploymentRules, rules } from "./rules.ts";

const cases: readonly Case[] = [...daprCases, ...bulkCases, ...brokerCases, ...kubernetesCases, ...ownCases];

const FAULTY = edit(WELL, ["maxRetries: -1", "maxRetries: 3"]);

const findingsIn = (texts: readonly string[], system: System<never> = shop) =>
  checkDeployment(
    texts.flatMap((text, index) => parseResources({ file: String(index), text })),
    system,
  );

describe.each(cases)("$rule", ({ rule, good, bad, line, besides = [], system }) => {
  it("says nothing of what is well", () => {
    expect(findingsIn(good, system && goodSystem)).toEqual([]);
  });

  it("is found at its line, and what is no fault is not", () => {
    const found = findingsIn(bad, system);
    expect([...new Set(found.map((each) => each.rule.id))].toSorted()).toEqual([rule, ...besides].toSorted());
    const lines = found
      .filter((each) => each.rule.id === rule)
      .map((each) => bad[Number(each.file)]?.split("\n")[(each.line ?? 0) - 1]);
    expect(lines).toContainEqual(expect.stringContaining(line));
  });
});

it("takes an app that hears the dead letters of others for their holder, which needs no dead letters of its own", () => {
  const held = brokerCases.find(({ rule }) => rule === "dead-letter-topic-without-holder")?.bad ?? [];
  const holder = edit(
    SUBSCRIPTION,
    ["name: invoicing-sales", "name: keeper"],
    ["topic: sales", "topic: sales-dead"],
    ["  deadLetterTopic: sales-dead\n", ""],
  );
  expect(findingsIn(held)).toHaveLength(1);
  expect(findingsIn([...held, holder])).toEqual([]);
});

it("takes lists as kubectl prints them, with the places in them", () => {
  const items = FAULTY.split("---\n").map((each) =>
    each
      .trim()
      .replaceAll(/^#.*\n/gm, "")
      .replaceAll("\n", "\n  "),
  );
  const list = `apiVersion: v1\nkind: List\nitems:\n${items.map((item) => `- ${item}\n`).join("")}`;
  const line = 1 + list.split("\n").indexOf("          maxRetries: 3");
  expect(findingsIn([list])).toMatchObject([{ line, rule: { id: "finite-inbound-retries" } }]);
});

it("excepts an object from a rule where an annotation says why, and does not where it says nothing", () => {
  const excepted = (reason: string) => {
    const annotated = `  name: delivery\n  annotations:\n    doctor.loosely/finite-inbound-retries: ${reason}\n`;
    return edit(FAULTY, ["  name: delivery\n", annotated]);
  };
  expect(findingsIn([excepted("a demo")])).toEqual([]);
  expect(findingsIn([excepted('""')])).toHaveLength(1);
});

const POD = { metadata: { annotations: { "dapr.io/app-id": "nightly" } } };
it.each([
  ["Job", { spec: { template: POD } }],
  ["Rollout", { spec: { template: POD } }],
  ["CronJob", { spec: { jobTemplate: { spec: { template: POD } } } }],
  ["Pod", POD],
])("takes the app of a %s for one that a scope may name", (kind, value) => {
  const other = JSON.stringify({ apiVersion: "example/v1", kind, ...value });
  const scoped = edit(COMPONENT, ["scopes:\n", "scopes:\n  - nightly\n"]);
  const rest = WELL.split("---\n").filter((text) => !text.includes("\nkind: Component\n"));
  expect(findingsIn([...rest, scoped]).map(({ rule }) => rule.id)).toEqual(["scope-without-app"]);
  expect(findingsIn([...rest, scoped, other])).toEqual([]);
});

it("takes a subscription of the same name in another file for the same one of another environment", () => {
  const [base, overlay] = [WELL, WELL].map((text, index) => parseResources({ file: `${index}/all.yaml`, text }));
  expect(checkDeployment([...(base ?? []), ...(overlay ?? [])], shop)).toEqual([]);
});

it("takes maps that are merged into others as kubectl does", () => {
  const enabled = '        dapr.io/enabled: "true"\n';
  const merged = edit(WELL, [enabled, '        <<: { dapr.io/enabled: "true" }\n']);
  expect(findingsIn([merged])).toEqual([]);
});

it("looks at each namespace for itself: an app of another one is none of its own", () => {
  const text = edit(
    together(SUBSCRIPTION, DEPLOYMENT, CONFIGURATION),
    ["  name: invoicing-sales\n", "  name: invoicing-sales\n  namespace: other\n"],
    ["  name: invoicing\n", "  name: invoicing\n  namespace: sales\n"],
    ["  name: sidecars\n", "  name: sidecars\n  namespace: sales\n"],
  );
  const resources = parseResources({ file: "f", text: edit(text, ["- invoicing", "- invoice"]) });
  expect(check({ deployments: [resources], sources: [] })).toEqual([]);
});

it("has a good and a bad fixture for each rule", () => {
  const proven = new Set(cases.map(({ rule }) => rule));
  expect(deploymentRules.map(({ id }) => id).filter((id) => !proven.has(id))).toEqual([]);
});

it("has at least thirty rules, each with an id of its own, whose words fit into one line", () => {
  expect(rules.length).toBeGreaterThanOrEqual(30);
  expect(new Set(rules.map(({ id }) => id)).size).toBe(rules.length);
  for (const { id, why, fix, source } of rules) {
    expect(id).toMatch(/^[a-z0-9]+(-[a-z0-9]+)*$/);
    for (const text of [why, fix, source]) expect(text, id).toMatch(/^[^\n|]+[^\n|.]$/);
  }
});

it("finds every fault of the well-known example, and says what was meant", () => {
  const found = check(readInputs([join(import.meta.dirname, "fixtures/example")], () => {}));
  expect(found.map(({ file, line, rule }) => `${file.replace(/.*\//, "")}:${line} ${rule.id}`)).toEqual([
    ...[18, 44, 70].flatMap((line) =>
      ["overlapping-deliveries", "hot-reload", "app-without-token", "sidecar-ends-first"].map(
        (rule) => `deployments.yaml:${line} ${rule}`,
      ),
    ),
    "pubsub.yaml:4 no-inbound-timeout",
    "pubsub.yaml:16 scope-without-app",
    ...[6, 17].flatMap((line) => [
      `subscriptions.yaml:${line} no-inbound-retry`,
      `subscriptions.yaml:${line + 1} subscription-without-dead-letter-topic`,
    ]),
    "subscriptions.yaml:28 no-inbound-retry",
    "subscriptions.yaml:29 subscription-without-dead-letter-topic",
    "subscriptions.yaml:32 scope-without-app",
  ]);
  expect(found.map(({ what }) => what)).toContain(
    "Subscription order-subscription is for order, which no app here is called (did you mean orders?)",
  );
});

import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { system } from "../../../functions/index.ts";
import { gcloudCheck as check } from "./check.ts";

const FIXTURES = join(import.meta.dirname, "../fixtures/gcloud");
const plan = readFileSync(join(FIXTURES, "plan.txt"), "utf8");
const described = readFileSync(join(FIXTURES, "described.txt"), "utf8");

const findings = (text: string) => check.check({ file: "t", text });
const said = (text: string) => findings(text).map(({ rule, what, line }) => `${line}: ${rule.id}: ${what}`);
const binding = (of: string, role: string) =>
  `+ gcloud pubsub ${of} --member=serviceAccount:service-1@gcp-sa-pubsub.iam.gserviceaccount.com --role=roles/pubsub.${role}\n`;

type Broken = readonly (readonly [rule: string, from: string, to: string, at: string])[];

/** A rule, what stands in the good one, what in the bad one, and what is in the line where it is found. */
const IN_PLANS: Broken = [
  ["gcloud-ack-deadline", "--ack-deadline=60", "--ack-deadline=20", "create acme-guard-loans"],
  ["gcloud-ack-deadline", " --ack-deadline=60", "", "create acme-guard-loans"],
  [
    "gcloud-expires",
    "--message-retention-duration=31d --expiration-period=never",
    "--message-retention-duration=31d",
    "create acme-letters",
  ],
  [
    "gcloud-filter",
    "--enable-message-ordering",
    "--enable-message-ordering --message-filter='attributes.kind = \"loan\"'",
    "create acme-guard-loans",
  ],
  [
    "gcloud-transform",
    "topics create acme-loans",
    "topics create acme-loans --message-transforms-file=mask.yaml",
    "create acme-loans",
  ],
  ["gcloud-ordering", " --enable-message-ordering", "", "create acme-guard-loans"],
  ["gcloud-no-metadata", " --push-no-wrapper-write-metadata", "", "create acme-guard-loans"],
  ["gcloud-header-size", "\\,NODE_OPTIONS=--max-http-header-size=278528", "", "deploy acme-guard"],
  ["gcloud-attempts", "--max-delivery-attempts=30", "--max-delivery-attempts=5", "create acme-guard-loans"],
  [
    "gcloud-attempts",
    "--expiration-period=never --min-retry-delay=10s --max-retry-delay=600s",
    "--expiration-period=never",
    "create acme-guard-loans",
  ],
  [
    "gcloud-expires-before-letter",
    "--message-retention-duration=7d",
    "--message-retention-duration=1h",
    "create acme-guard-loans",
  ],
  [
    "gcloud-no-dead-letter-topic",
    "--dead-letter-topic=acme-dead-letters --max-delivery-attempts=30",
    "",
    "create acme-guard-loans",
  ],
  [
    "gcloud-trigger-letters",
    " --dead-letter-topic=acme-dead-letters --max-delivery-attempts=20",
    "",
    "deploy acme-history",
  ],
  [
    "gcloud-letters-unheld",
    "create acme-letters --topic=acme-dead-letters",
    "create acme-letters --topic=acme-letters",
    "topics create acme-dead-letters",
  ],
  [
    "gcloud-letters-refused",
    binding("topics add-iam-policy-binding acme-dead-letters", "publisher"),
    "",
    "topics create acme-dead-letters",
  ],
  [
    "gcloud-letters-unacknowledged",
    binding("subscriptions add-iam-policy-binding acme-guard-loans", "subscriber"),
    "",
    "create acme-guard-loans",
  ],
  [
    "gcloud-letters-expire",
    "--message-retention-duration=31d",
    "--message-retention-duration=7d",
    "create acme-letters",
  ],
  ["gcloud-no-retry", " --retry", "", "deploy acme-history"],
  ["gcloud-function-timeout", "--timeout=30s", "--timeout=10s", "deploy acme-guard"],
  ["gcloud-memory", "--concurrency=16", "--concurrency=80", "deploy acme-guard"],
  [
    "gcloud-push-unsigned",
    "--push-auth-service-account=acme-push@p1.iam.gserviceaccount.com ",
    "",
    "create acme-guard-loans",
  ],
  [
    "gcloud-push-refused",
    "--member=serviceAccount:acme-push@p1",
    "--member=serviceAccount:another@p1",
    "create acme-guard-loans",
  ],
  ["gcloud-no-relay", "/~relay", "/", "deploy acme-guard"],
  ["gcloud-open-function", "--no-allow-unauthenticated", "--allow-unauthenticated", "deploy acme-guard"],
  [
    "gcloud-rights-to-everything",
    "--role=roles/datastore.user",
    "--role=roles/editor",
    "projects add-iam-policy-binding",
  ],
  [
    "gcloud-database-rights",
    '--condition=expression=resource.name==\\"projects/p1/databases/acme-ledger\\"\\,title=acme-ledger',
    "--condition=None",
    "projects add-iam-policy-binding",
  ],
  ["gcloud-default-account", "--run-service-account=acme-guard@p1.iam.gserviceaccount.com ", "", "deploy acme-guard"],
  ["gcloud-ledger-without-ttl", "--enable-ttl", "--disable-ttl", "databases create"],
];

const IN_DESCRIPTIONS: Broken = [
  [
    "gcloud-ack-deadline",
    '"topic": "projects/p1/topics/acme-loans",\n    "ackDeadlineSeconds": 60',
    '"topic": "projects/p1/topics/acme-loans",\n    "ackDeadlineSeconds": 10',
    "ackDeadlineSeconds",
  ],
  [
    "gcloud-expires",
    '"messageRetentionDuration": "604800s",\n    "expirationPolicy": {}',
    '"messageRetentionDuration": "604800s",\n    "expirationPolicy": { "ttl": "2678400s" }',
    "expirationPolicy",
  ],
  ["gcloud-topic-deleted", "projects/p1/topics/acme-loans", "_deleted-topic_", '"topic"'],
  [
    "gcloud-filter",
    '"expirationPolicy": {},\n    "retryPolicy"',
    '"expirationPolicy": {},\n    "filter": "attributes:type",\n    "retryPolicy"',
    '"filter"',
  ],
  [
    "gcloud-transform",
    '"expirationPolicy": {},\n    "retryPolicy"',
    '"expirationPolicy": {},\n    "messageTransforms": [{ "javascriptUdf": { "functionName": "mask" } }],\n    "retryPolicy"',
    '"messageTransforms"',
  ],
  ["gcloud-attempts", '"maxDeliveryAttempts": 30', '"maxDeliveryAttempts": 5', "maxDeliveryAttempts"],
  [
    "gcloud-letters-unheld",
    '"topic": "projects/p1/topics/acme-dead-letters"',
    '"topic": "projects/p1/topics/acme-letters"',
    "{",
  ],
  ["gcloud-letters-expire", "2678400s", "604800s", "messageRetentionDuration"],
  ["gcloud-no-metadata", '"writeMetadata": true', '"writeMetadata": false', "noWrapper"],
  ["gcloud-no-retry", "RETRY_POLICY_RETRY", "RETRY_POLICY_DO_NOT_RETRY", "retryPolicy"],
  ["gcloud-memory", '"maxInstanceRequestConcurrency": 16', '"maxInstanceRequestConcurrency": 80', "availableMemory"],
  [
    "gcloud-default-account",
    "acme-history@p1.iam.gserviceaccount.com",
    "1-compute@developer.gserviceaccount.com",
    "serviceAccountEmail",
  ],
  [
    "gcloud-rights-to-everything",
    "user:somebody@example.com",
    "serviceAccount:acme-guard@p1.iam.gserviceaccount.com",
    "{",
  ],
];

/** What is deployed need only be there. */
const dist = mkdtempSync(join(tmpdir(), "loosely-gcf-"));
for (const { name } of [...system.functions, { name: "edge" }]) mkdirSync(join(dist, name));
afterAll(() => rmSync(dist, { recursive: true }));
const planned = (...options: readonly string[]) =>
  execFileSync(
    "bash",
    [
      join(import.meta.dirname, "../../gcloud/deploy.sh"),
      "--project",
      "p1",
      "--region",
      "r1",
      "--dist",
      dist,
      "--dry-run",
      ...options,
    ],
    { encoding: "utf8" },
  );

describe("the rules of Google Cloud", () => {
  it("are silent about what is well", () => {
    expect([said(plan), said(described)]).toEqual([[], []]);
  });

  it.each([
    ...IN_PLANS.map((broken) => [...broken, plan] as const),
    ...IN_DESCRIPTIONS.map((broken) => [...broken, described] as const),
  ])("%s is found where it is broken, and nothing else", (id, from, to, at, good) => {
    expect(good.split(from)).toHaveLength(2);
    const bad = good.replace(from, () => to);
    const found = findings(bad);
    expect([...new Set(found.map(({ rule }) => rule.id))], said(bad).join("\n")).toEqual([id]);
    expect(bad.split("\n")[(found[0]?.line ?? 0) - 1]).toContain(at);
  });

  it("have each a good and a bad text here", () => {
    const broken = [...IN_PLANS, ...IN_DESCRIPTIONS].map(([id]) => id);
    expect([...new Set(broken)].sort()).toEqual(check.rules.map(({ id }) => id).sort());
  });

  it.each([
    [[]],
    [["--triggers"]],
    [["--ordered"]],
    [["--public", "--demo"]],
    [["--only", "billing"]],
    [["--prefix", "x-"]],
  ])("find nothing in what deploy.sh %j would run", (options) => {
    const text = planned(...options);
    expect(check.isFor({ file: "t", text })).toBe(true);
    expect(said(text)).toEqual([]);
  });

  it("read commands as a person writes them: over several lines, with blanks for equals signs, in quotes", () => {
    const text = [
      "#!/bin/sh",
      "gcloud pubsub subscriptions create loans \\",
      "  --topic loans --push-endpoint 'https://guard.example/loans' \\",
      '  --dead-letter-topic "dead-letters" --max-delivery-attempts 5 --expiration-period never',
      "gcloud pubsub subscriptions add-iam-policy-binding loans --member $AGENT --role roles/pubsub.subscriber",
    ].join("\n");
    expect(said(text)).toEqual(["2: gcloud-attempts: loans gives up after 5 attempts that follow at once"]);
  });

  it.each([
    ["a script that takes options", readFileSync(join(import.meta.dirname, "../../gcloud/deploy.sh"), "utf8")],
    ["a manifest", '{"kind":"List","items":[{"kind":"ConfigMap","metadata":{"name":"topics"}}]}'],
    ["a plan of AWS", "aws sqs create-queue --queue-name q"],
  ])("are not asked about %s", (_what, text) => {
    expect(check.isFor({ file: "t", text })).toBe(false);
  });
});

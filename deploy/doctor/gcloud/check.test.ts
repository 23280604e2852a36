import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { system } from "../../../functions/index.ts";
import { IN_DESCRIPTIONS, IN_PLANS } from "../fixtures/gcloud/cases.ts";
import { gcloudCheck as check } from "./check.ts";

const FIXTURES = join(import.meta.dirname, "../fixtures/gcloud");
const plan = readFileSync(join(FIXTURES, "plan.txt"), "utf8");
const described = readFileSync(join(FIXTURES, "described.txt"), "utf8");

const findings = (text: string) => check.check({ file: "t", text });
const said = (text: string) => findings(text).map(({ rule, what, line }) => `${line}: ${rule.id}: ${what}`);
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

  it.each(["|| true", "2>&1 | tee log", "> /dev/null", "&& echo done", "# for tests"])(
    "read a command as far as it goes, and no %s",
    (rest) => {
      const text = `gcloud pubsub subscriptions create loans --topic=loans ${rest}\r\n`;
      expect(said(text)).toEqual(["1: gcloud-expires: loans is deleted after 31 idle days"]);
    },
  );

  it.each([
    ["a script that takes options", readFileSync(join(import.meta.dirname, "../../gcloud/deploy.sh"), "utf8")],
    ["a manifest", '{"kind":"List","items":[{"kind":"ConfigMap","metadata":{"name":"topics"}}]}'],
    ["a plan of AWS", "aws sqs create-queue --queue-name q"],
  ])("are not asked about %s", (_what, text) => {
    expect(check.isFor({ file: "t", text })).toBe(false);
  });
});

import { expect, it } from "vitest";
import { check } from "./check.ts";
import { textChecks } from "./checks.ts";
import { readOwnPlans } from "./own-plans.ts";

it("what ships for AWS and Google Cloud has no fault: the template, and what the scripts would call", () => {
  const sources = readOwnPlans();
  expect(sources.map(({ file }) => file)).toEqual([
    "deploy/aws/template.yaml",
    "deploy/aws/upload.sh --dry-run",
    "deploy/gcloud/deploy.sh --dry-run",
  ]);
  const recognised = sources.map((source) => textChecks.findIndex((each) => each.isFor(source)));
  expect(recognised).toEqual([0, 0, 1]);
  expect(check({ deployments: [], sources })).toEqual([]);
});

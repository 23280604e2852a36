import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { system } from "../../functions/index.ts";
import { EDGE } from "../generate/wiring.ts";
import type { Source } from "./checks.ts";
import { show } from "./kustomize.ts";

const DEPLOY = join(import.meta.dirname, "..");
const TEMPLATE = join(DEPLOY, "aws/template.yaml");

/** What brings this project to AWS and Google Cloud: the template, and what the scripts would call. */
export function readOwnPlans(): readonly Source[] {
  // What is deployed need only be there.
  const dist = mkdtempSync(join(tmpdir(), "loosely-doctor-"));
  try {
    for (const name of [...system.functions.map((fn) => fn.name), EDGE]) {
      mkdirSync(join(dist, name));
      writeFileSync(join(dist, `${name}.zip`), "");
    }
    return [
      { file: show(TEMPLATE), text: readFileSync(TEMPLATE, "utf8") },
      plan("aws/upload.sh", ["--dist", dist]),
      plan("gcloud/deploy.sh", ["--dist", dist, "--project", "project", "--region", "region"]),
    ];
  } finally {
    rmSync(dist, { recursive: true });
  }
}

function plan(script: string, options: readonly string[]): Source {
  const path = join(DEPLOY, script);
  const text = execFileSync("bash", [path, "--dry-run", ...options], {
    encoding: "utf8",
    env: { ...process.env, AWS_REGION: "eu-west-1" },
  });
  return { file: `${show(path)} --dry-run`, text };
}

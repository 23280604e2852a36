import { readdirSync } from "node:fs";
import { join } from "node:path";
import type { Input } from "./check.ts";
import { render, show } from "./kustomize.ts";
import { readOwnPlans } from "./own-plans.ts";
import { InputError, type Resource } from "./resource.ts";
import { readRun } from "./run-file.ts";

const DEPLOY = join(import.meta.dirname, "..");
const OVERLAYS = join(DEPLOY, "kubernetes/overlays");
const DAPR = join(DEPLOY, "dapr");

/** All that this project deploys. throws: InputError where there is no kubectl, or something cannot be rendered */
export function readOwn(): Input {
  return { deployments: [...overlays(), ...underDaprCli()], sources: readOwnPlans() };
}

function overlays(): readonly (readonly Resource[])[] {
  return readdirSync(OVERLAYS).map((name) => {
    const rendered = render(join(OVERLAYS, name));
    if (!rendered) throw new InputError(`${show(OVERLAYS)}: needs kubectl to be rendered`);
    return rendered;
  });
}

/** With each of the brokers. */
export function underDaprCli(): readonly (readonly Resource[])[] {
  const brokers = readdirSync(join(DAPR, "brokers"));
  return brokers.map(
    (broker) => readRun(join(DAPR, "dapr.yaml"), [join(DAPR, "resources"), join(DAPR, "brokers", broker)]).resources,
  );
}

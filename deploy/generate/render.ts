import type { System } from "../../functions/kernel/system.ts";
import { renderAlerts } from "./alerts.ts";
import { renderAws } from "./aws/aws.ts";
import { renderDapr } from "./dapr.ts";
import { renderGcloud } from "./gcloud.ts";
import { keep } from "./kept.ts";
import { renderKubernetes } from "./kubernetes.ts";
import type { Files, Renderer } from "./rendered.ts";

/** One for each kind of place that something is deployed to. */
const RENDERERS: readonly Renderer[] = [renderAlerts, renderAws, renderDapr, renderGcloud, renderKubernetes];

/** All that is rendered of a system. throws: Error for a file that two want to make */
export function render(system: System<never>): Files {
  const files = new Map<string, string>();
  for (const renderer of RENDERERS)
    for (const [path, text] of renderer(system)) {
      if (files.has(path)) throw new Error(`${path}: is made twice`);
      files.set(path, text);
    }
  return files;
}

/** That, and the files written by hand in which a value is the system's. in root: of the project, whose files are read */
export const renderInto = (root: string, system: System<never>): Files =>
  new Map([...keep(root, system), ...render(system)]);
